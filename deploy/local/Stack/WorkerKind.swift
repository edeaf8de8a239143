/// The workers of a stack, by the executable that they run. Any number of each may run.
package enum WorkerKind: String, Codable, CaseIterable, Sendable, CodingKeyRepresentable {
    case classifier = "classifier-worker"
    case escalation = "escalation-worker"
    case metrics = "metrics-worker"

    /// How many of one kind a stack may have.
    package static let range = 0...64

    /// By the executable's name or its first word.
    package init?(word: String) {
        guard let kind = Self.allCases.first(where: { $0.rawValue == word || $0.word == word }) else { return nil }
        self = kind
    }

    /// The first word of the executable's name.
    package var word: String { String(rawValue.prefix { $0 != "-" }) }

    package static let words = allCases.map(\.word).joined(separator: ", ")
}

/// How many workers of each kind.
package struct WorkerCounts: Codable, Sendable, Hashable, CustomStringConvertible {
    private var counts: [WorkerKind: Int]

    package init(classifier: Int = 1, escalation: Int = 1, metrics: Int = 1) {
        counts = [.classifier: classifier, .escalation: escalation, .metrics: metrics]
    }

    subscript(kind: WorkerKind) -> Int {
        get { counts[kind] ?? 0 }
        set { counts[kind] = newValue }
    }

    package var description: String { WorkerKind.allCases.map { "\(self[$0]) \($0.word)" }.joined(separator: ", ") }
}
