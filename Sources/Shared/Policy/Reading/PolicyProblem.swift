import YAML

/// One mistake in a policy file, exact to the line.
public struct PolicyProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What sort of mistake. Stable; tools may switch on it.
    public enum Code: String, Sendable {
        case syntax, missing, duplicate, invalid
        case unknownKey = "unknown_key"
        case unknownReference = "unknown_reference"
        /// A condition that no ticket meets.
        case impossible
        /// A rule that an earlier one keeps from ever being looked at, or that repeats one.
        case unreachable
        /// A rule that nobody may leave out or weaken.
        case unsafe
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

/// A policy file that cannot be used, with everything that is wrong with it, in the order of the lines.
public struct InvalidPolicy: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [PolicyProblem]

    public init(problems: [PolicyProblem]) {
        self.problems = problems
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
