import YAML

/// One mistake in a configuration file, exact to the line.
public struct ConfigurationProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case syntax, missing, unknownKey = "unknown_key", duplicate, invalid, unknownReference = "unknown_reference"
    }

    public var code: Code
    /// The name of the file as it was given.
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// The key, for instance `rules[2].then.tier`.
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

/// A configuration file that cannot be used, with everything that is wrong with it, in the order of the lines.
public struct InvalidConfiguration: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [ConfigurationProblem]

    public init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
