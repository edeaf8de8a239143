import Synchronization

/// The metrics of one process. Declaring the same metric twice gives the same series; declaring it differently traps.
public final class MetricRegistry: Sendable {
    /// A value read at scrape time, with its label values in the order of declaration.
    public struct Sample: Sendable {
        public let labels: [String]
        public let value: Double

        public init(_ labels: [String] = [], _ value: Double) {
            self.labels = labels
            self.value = value
        }
    }

    enum Source: Sendable {
        case counters(MetricFamily<Counter>)
        case gauges(MetricFamily<Gauge>)
        case histograms(MetricFamily<Histogram>)
        case callbacks([@Sendable () -> [Sample]])
    }

    struct Entry: Sendable {
        let description: MetricDescription
        var source: Source
    }

    private let entries = Mutex<[String: Entry]>([:])

    public init() {}

    /// A counter without labels. The name ends in `_total`.
    public func counter(_ name: String, _ help: String) -> Counter {
        counter(name, help, labels: []).labels([])
    }

    public func counter(_ name: String, _ help: String, labels: [MetricLabel]) -> MetricFamily<Counter> {
        let description = MetricDescription(name: name, kind: .counter, help: help, labels: labels)
        let entry = declare(description) { .counters(MetricFamily(description) { Counter() }) }
        guard case .counters(let family) = entry.source else { preconditionFailure(Self.clash(name)) }
        return family
    }

    /// A gauge without labels.
    public func gauge(_ name: String, _ help: String) -> Gauge {
        gauge(name, help, labels: []).labels([])
    }

    public func gauge(_ name: String, _ help: String, labels: [MetricLabel]) -> MetricFamily<Gauge> {
        let description = MetricDescription(name: name, kind: .gauge, help: help, labels: labels)
        let entry = declare(description) { .gauges(MetricFamily(description) { Gauge() }) }
        guard case .gauges(let family) = entry.source else { preconditionFailure(Self.clash(name)) }
        return family
    }

    /// A histogram without labels. The name ends in its unit (`_seconds`, `_bytes`).
    public func histogram(_ name: String, _ help: String, buckets: HistogramBuckets = .seconds) -> Histogram {
        histogram(name, help, buckets: buckets, labels: []).labels([])
    }

    public func histogram(
        _ name: String, _ help: String, buckets: HistogramBuckets = .seconds, labels: [MetricLabel]
    ) -> MetricFamily<Histogram> {
        let description = MetricDescription(
            name: name, kind: .histogram, help: help, labels: labels, buckets: buckets)
        let entry = declare(description) { .histograms(MetricFamily(description) { Histogram(buckets: buckets) }) }
        guard case .histograms(let family) = entry.source else { preconditionFailure(Self.clash(name)) }
        return family
    }

    /// A gauge or counter whose samples are read at each scrape. `read` must be quick and must not call the registry. Several
    /// parts may report under one name with different label values; for the same label values the last one counts.
    public func callback(
        _ name: String, _ help: String, kind: MetricKind = .gauge, labels: [MetricLabel] = [],
        read: @escaping @Sendable () -> [Sample]
    ) {
        precondition(kind != .histogram, "\(name): a callback reports a gauge or a counter")
        let description = MetricDescription(name: name, kind: kind, help: help, labels: labels)
        _ = declare(description) { .callbacks([]) }
        entries.withLock { entries in
            guard case .callbacks(let known) = entries[name]?.source else { preconditionFailure(Self.clash(name)) }
            entries[name]?.source = .callbacks(known + [read])
        }
    }

    /// A gauge without labels, read at each scrape.
    public func callback(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
        callback(name, help, kind: .gauge) { [Sample([], read())] }
    }

    /// All metrics in the Prometheus text format, version 0.0.4, sorted by name and label values.
    public func exposition() -> String {
        // Callbacks run outside the lock: they may take locks of their own.
        var text = PrometheusText()
        for entry in entries.withLock({ Array($0.values) }).sorted(by: { $0.description.name < $1.description.name }) {
            text.append(entry)
        }
        return text.output
    }

    private func declare(_ description: MetricDescription, source: () -> Source) -> Entry {
        description.check()
        return entries.withLock { entries in
            if let known = entries[description.name] {
                precondition(known.description == description, Self.clash(description.name))
                return known
            }
            let entry = Entry(description: description, source: source())
            entries[description.name] = entry
            return entry
        }
    }

    private static func clash(_ name: String) -> String {
        "metric \(name) is already declared with another kind, help, labels or buckets: share one declaration"
    }
}
