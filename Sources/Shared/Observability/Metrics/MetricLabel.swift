/// A label's name and the bound on its values, declared before the first observation, so that no input can make series without end.
public struct MetricLabel: Sendable, Hashable {
    enum Bound: Sendable, Hashable {
        case values(Set<String>)
        case limit(Int)
    }

    /// The value that stands for everything outside the bound.
    public static let other = "other"

    public let name: String
    let bound: Bound

    /// A label whose values are known; any other value is reported as `other`.
    public static func oneOf(_ name: String, _ values: some Sequence<String>) -> MetricLabel {
        MetricLabel(name: name, bound: .values(Set(values)))
    }

    /// A label that takes an enum's raw values.
    public static func of<Value: CaseIterable & RawRepresentable<String>>(
        _ name: String, _ type: Value.Type
    ) -> MetricLabel {
        oneOf(name, type.allCases.map(\.rawValue))
    }

    /// A label that keeps the first `limit` values it meets (topics, partitions, models) and reports later ones as `other`.
    public static func first(_ limit: Int, _ name: String) -> MetricLabel {
        MetricLabel(name: name, bound: .limit(limit))
    }
}

/// Applies the bounds of a family's labels. Remembers the values that a limited label has met.
struct LabelBounds: Sendable {
    let labels: [MetricLabel]
    private var met: [Set<String>]

    init(_ labels: [MetricLabel]) {
        self.labels = labels
        met = labels.map { _ in [] }
    }

    mutating func bounded(_ values: [String]) -> [String] {
        precondition(
            values.count == labels.count,
            "expected a value for each of the labels \(labels.map(\.name)), got \(values.count): pass them in that order")
        var bounded = values
        for (index, label) in labels.enumerated() {
            switch label.bound {
            case .values(let known):
                if !known.contains(values[index]) { bounded[index] = MetricLabel.other }
            case .limit(let limit):
                if met[index].contains(values[index]) { continue }
                if met[index].count < limit {
                    met[index].insert(values[index])
                } else {
                    bounded[index] = MetricLabel.other
                }
            }
        }
        return bounded
    }
}
