import Yams

/// Why a text is not read as YAML. Short whatever the text is, and without its lines, which may hold secrets.
public struct NotYAML: Error, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    /// The key that stands twice in one mapping, when that is what is wrong.
    public let repeatedKey: String?
    /// What was found.
    public let problem: String

    init(line: Int, repeatedKey: String? = nil, problem: String) {
        self.line = line
        self.repeatedKey = repeatedKey
        self.problem = problem
    }

    init(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            self.init(line: mark.line, problem: problem.shown)
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.sorted().map(\.shown)
            let more = names.count > Self.mostKeys ? " and \(names.count - Self.mostKeys) more" : ""
            self.init(
                line: context.mark.line, repeatedKey: names.first,
                problem: names.prefix(Self.mostKeys).map { "`\($0)`" }.joined(separator: ", ") + more + " twice in one mapping")
        case .reader(let problem, let offset, let value, let text):
            let character = value < 0 ? "" : " (character \(value))"
            self.init(line: 1 + text.prefix(offset ?? 0).count { $0.isNewline }, problem: problem.shown + character)
        default:
            self.init(line: 1, problem: String(describing: error).shown)
        }
    }

    public var description: String { "line \(line): \(problem)" }

    /// Of keys that stand twice, in one message.
    private static let mostKeys = 5
}

extension String {
    /// The text as it goes into a message about a file: its beginning, when it is long.
    public var shown: String {
        let most = 120
        return unicodeScalars.count > most ? String(String.UnicodeScalarView(unicodeScalars.prefix(most))) + "…" : self
    }
}
