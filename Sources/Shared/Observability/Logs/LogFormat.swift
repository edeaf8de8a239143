public import Logging
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for collectors.
    case json
    /// One readable line, for people.
    case text

    /// `text` when standard error is a terminal, else `json`.
    public static var automatic: LogFormat { isatty(2) == 1 ? .text : .json }
}

/// Sends every logger of the process to `sink`. Call once, before the first logger is made: swift-log allows no second time.
public func startLogging(
    level: Logger.Level, format: LogFormat = .automatic, sink: LogSink = .standardError
) {
    LoggingSystem.bootstrap { label in
        switch format {
        case .json: JSONLogHandler(label: label, level: level, sink: sink)
        case .text: TextLogHandler(label: label, level: level, sink: sink)
        }
    }
}
