import Synchronization

/// The series of one metric name, one per combination of label values.
///
/// Resolve a series once (`let failures = family.labels("timeout")`) and keep it: counting on it then takes no lock and no lookup.
public final class MetricFamily<Series: Sendable>: Sendable {
    struct State {
        var bounds: LabelBounds
        var series: [[String]: Series] = [:]
    }

    let description: MetricDescription
    private let make: @Sendable () -> Series
    private let state: Mutex<State>

    init(_ description: MetricDescription, make: @escaping @Sendable () -> Series) {
        self.description = description
        self.make = make
        state = Mutex(State(bounds: LabelBounds(description.labels)))
    }

    /// The series with these label values, in the order in which the labels were declared. Values outside a label's
    /// bound share the series `other`.
    public func labels(_ values: String...) -> Series {
        labels(values)
    }

    public func labels(_ values: [String]) -> Series {
        state.withLock { state in
            if let known = state.series[values] { return known }
            let bounded = state.bounds.bounded(values)
            if let known = state.series[bounded] { return known }
            let made = make()
            state.series[bounded] = made
            return made
        }
    }

    func snapshot() -> [(values: [String], series: Series)] {
        state.withLock { $0.series.map { ($0.key, $0.value) } }
    }
}

/// What kind of metric it is, as `# TYPE` spells it.
public enum MetricKind: String, Sendable {
    case counter, gauge, histogram
}

/// Everything about a metric but its values. Two registrations under one name must agree in it.
struct MetricDescription: Sendable, Hashable {
    let name: String
    let kind: MetricKind
    let help: String
    let labels: [MetricLabel]
    var buckets: HistogramBuckets?

    /// Programming errors, so they trap: a name that Prometheus refuses would make the whole scrape fail.
    func check() {
        precondition(Self.isName(name, colon: true), "metric name \"\(name)\": expected [a-zA-Z_:][a-zA-Z0-9_:]*")
        for label in labels {
            precondition(
                Self.isName(label.name, colon: false) && label.name != "le" && !label.name.hasPrefix("__"),
                "label \"\(label.name)\" of \(name): expected [a-zA-Z_][a-zA-Z0-9_]*, not le, not starting with __")
        }
        precondition(Set(labels.map(\.name)).count == labels.count, "\(name) declares a label twice")
        precondition(
            kind != .counter || name.hasSuffix("_total"), "counter \(name): expected a name that ends in _total")
    }

    private static func isName(_ name: String, colon: Bool) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 95, 97...122: true
            case 58: colon
            default: false
            }
        }
    }
}
