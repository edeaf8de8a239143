public import Logging
public import Observability

extension Logger.Level {
    fileprivate static let names = allCases.map(\.rawValue).joined(separator: ", ")
}

/// The settings that every executable has.
public enum CommonKeys {
    public static let logLevel = ConfigurationKey(
        "log.level", .level, default: .info, "Least severe log line written.")
    public static let logFormat = ConfigurationKey(
        optional: "log.format", .choice(LogFormat.self),
        "json or text; without it text at a terminal, json elsewhere.")
    public static let healthHost = ConfigurationKey(
        "health.host", .text, default: "127.0.0.1", "Address of /healthz, /readyz and /metrics.")
    public static let healthPort = ConfigurationKey(
        "health.port", .int(0...65535), default: 0, "Port of the same; 0 takes any free one and logs it.")

    /// For processes that write logs.
    public static let logging: [any DeclaredKey] = [logLevel, logFormat]
    /// For processes that serve their own health.
    public static let health: [any DeclaredKey] = [healthHost, healthPort]
}

extension ConfigurationType<Logger.Level> {
    /// A log level by its name.
    static var level: ConfigurationType {
        .custom(expected: "one of \(Logger.Level.names)", placeholder: "LEVEL", format: \.rawValue) {
            Logger.Level(rawValue: $0.lowercased())
        }
    }
}

extension LaunchConfiguration {
    /// Starts logging as `log.level` and `log.format` say. Once per process.
    public func startLogging() {
        Observability.startLogging(level: self[CommonKeys.logLevel], format: self[CommonKeys.logFormat] ?? .automatic)
    }
}
