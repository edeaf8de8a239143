/// Writes metrics in the Prometheus text format.
///
/// Source: prometheus.io, "Exposition formats", text format 0.0.4.
struct PrometheusText {
    /// What a response with this text says it is.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var output = ""

    mutating func append(_ entry: MetricRegistry.Entry) {
        let description = entry.description
        switch entry.source {
        case .counters(let family):
            append(description, family.snapshot().map { ($0.values, $0.series.value) })
        case .gauges(let family):
            append(description, family.snapshot().map { ($0.values, $0.series.value) })
        case .histograms(let family):
            append(description, family.snapshot())
        case .callbacks(let reads):
            // A fresh bound for each scrape: yesterday's partitions must not use up today's room.
            var bounds = LabelBounds(description.labels)
            var samples: [[String]: Double] = [:]
            for sample in reads.flatMap({ $0() }) { samples[bounds.bounded(sample.labels)] = sample.value }
            append(description, samples.map { ($0.key, $0.value) })
        }
    }

    private mutating func append(_ description: MetricDescription, _ samples: [([String], Double)]) {
        guard !samples.isEmpty else { return }
        header(description)
        for (values, value) in samples.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) {
            line(description.name, pairs(description, values), value)
        }
    }

    private mutating func append(
        _ description: MetricDescription, _ samples: [(values: [String], series: Histogram)]
    ) {
        guard !samples.isEmpty else { return }
        header(description)
        for (values, histogram) in samples.sorted(by: { $0.values.lexicographicallyPrecedes($1.values) }) {
            let labels = pairs(description, values)
            let state = histogram.snapshot()
            var cumulative = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], state.counts) {
                cumulative += count
                line(description.name + "_bucket", labels + [("le", Self.number(bound))], Double(cumulative))
            }
            line(description.name + "_sum", labels, state.sum)
            line(description.name + "_count", labels, Double(cumulative))
        }
    }

    private func pairs(_ description: MetricDescription, _ values: [String]) -> [(String, String)] {
        zip(description.labels, values).map { ($0.name, $1) }
    }

    private mutating func header(_ description: MetricDescription) {
        output += "# HELP \(description.name) "
        escape(description.help, quotes: false)
        output += "\n# TYPE \(description.name) \(description.kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        output += name
        if !labels.isEmpty {
            output += "{"
            for (index, (name, value)) in labels.enumerated() {
                output += index == 0 ? "\(name)=\"" : ",\(name)=\""
                escape(value, quotes: true)
                output += "\""
            }
            output += "}"
        }
        output += " \(Self.number(value))\n"
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\"" where quotes: output += "\\\""
            default: output.unicodeScalars.append(scalar)
            }
        }
    }

    /// A number as the format wants it: whole ones without a fraction, and `NaN`, `+Inf`, `-Inf`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        return "\(value)"
    }
}
