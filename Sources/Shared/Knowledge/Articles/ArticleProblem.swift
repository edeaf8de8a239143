import YAML

/// One mistake in an article, exact to the line.
public struct ArticleProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        case syntax, missing, unknownKey = "unknown_key", duplicate, invalid, unknownReference = "unknown_reference"
        /// Articles that supersede one another without an end, or a chain without exactly one current article.
        case succession
    }

    public var code: Code
    /// The name of the file as it was given.
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// The key of the front matter, for instance `audience[1]`; `body` or `file` for the rest.
    public var key: String
    public var expected: String
    public var found: String

    public init(code: Code, file: String, line: Int, key: String, expected: String, found: String) {
        self.code = code
        self.file = file
        self.line = line
        self.key = key.shown()
        self.expected = expected.shown(1000)
        self.found = found.shown(1000)
    }

    public var description: String { "\(file):\(line): \(key): expected \(expected), found \(found)" }
}

/// Articles that cannot be used, with everything that is wrong with them, by file and line.
public struct InvalidArticles: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [ArticleProblem]

    public init(problems: [ArticleProblem]) {
        self.problems = problems.sorted { ($0.file, $0.line, $0.key, $0.expected) < ($1.file, $1.line, $1.key, $1.expected) }
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
