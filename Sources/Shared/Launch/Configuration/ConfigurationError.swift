/// Where a setting came from.
public enum ConfigurationOrigin: Sendable, Hashable, CustomStringConvertible {
    case argument(String)
    case environment(String)
    case file(path: String, line: Int?)
    case builtIn

    public var description: String {
        switch self {
        case .argument(let name): "argument \(name)"
        case .environment(let name): "environment variable \(name)"
        case .file(let path, let line?): "\(path):\(line)"
        case .file(let path, nil): path
        case .builtIn: "default"
        }
    }
}

/// Everything that is wrong with the settings, all at once.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unknown, invalid, missing, reserved, unreadable
    }

    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public let code: Code
        /// The setting's name as it is written at the origin.
        public let key: String
        /// Nil for a setting that nobody gave.
        public let origin: ConfigurationOrigin?
        /// What is wrong: what was expected and what came. Never a secret.
        public let message: String
        public let advice: String

        public var description: String {
            (origin.map { "\($0): " } ?? "") + "\(message). \(advice)"
        }
    }

    public let code = "configuration"
    public let problems: [Problem]

    /// One line for each problem.
    public var description: String {
        let lines = problems.map(\.description)
        return lines.count == 1
            ? lines[0] : "\(lines.count) settings are wrong:\n" + lines.map { "  \($0)" }.joined(separator: "\n")
    }

    public static func == (a: ConfigurationError, b: ConfigurationError) -> Bool { a.problems == b.problems }
    public func hash(into hasher: inout Hasher) { hasher.combine(problems) }
}
