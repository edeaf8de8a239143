import Yams

/// Why a text is not read as YAML. Short whatever the text is, and without its lines.
public struct NotYAML: Error, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// The first text that stands twice as key in one mapping, when that is what is wrong.
    public let repeatedKey: String?
    /// What was found.
    public let problem: String

    init(line: Int, repeatedKey: String? = nil, problem: String) {
        self.line = line
        self.repeatedKey = repeatedKey
        self.problem = problem
    }

    /// - Parameter text: what was read.
    init(_ error: any Error, in text: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(line: mark.line, problem: problem.shown())
        case .duplicatedKeysInMapping(let keys, let context):
            // The line is that of the first.
            let names = keys.map { $0 == Self.noText ? "a list or mapping" : "`\($0.shown())`" }
            let more = names.count > Self.mostKeys ? " and \(names.count - Self.mostKeys) more" : ""
            self.init(
                line: context.mark.line, repeatedKey: keys.first { $0 != Self.noText }?.shown(),
                problem: names.prefix(Self.mostKeys).joined(separator: ", ") + more + " twice as key in one mapping")
        case .reader(let problem, _, let value, _) where value >= 0:
            let before = text.unicodeScalars.prefix { $0.value != value }
            self.init(line: 1 + before.count { $0 == "\n" }, problem: "\(problem.shown()) (character \(value))")
        default:
            self.init(line: 1, problem: String(describing: error).shown())
        }
    }

    /// What there should be instead.
    public var expected: String { repeatedKey == nil ? "YAML" : "each key once" }

    public var description: String { "line \(line): \(problem)" }

    /// Of keys that stand twice, in one message.
    private static let mostKeys = 5
    /// What Yams calls a key that is a list or a mapping.
    private static let noText = "<uncovertable>"
}
