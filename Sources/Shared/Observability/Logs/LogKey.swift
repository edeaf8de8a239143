public import Logging

/// Every key that a log line of ours may carry. Values are codes, numbers and identifiers, never text that a user wrote.
public enum LogKey: String, Sendable, CaseIterable {
    // Where in the log.
    case topic, partition, offset, generation, group
    // Which piece of work.
    case eventID = "event_id"
    case eventType = "event_type"
    case ticketID = "ticket_id"
    case ticketVersion = "ticket_version"
    case stage, outcome, attempt, attempts, count, bytes
    case correlationID = "correlation_id"
    case traceID = "trace_id"
    // What went wrong.
    case errorCode = "error_code"
    case error, reason, sqlstate, problems
    // Who and where.
    case component, service, worker, host, port, address, method, route, status, principal, role, signal, version, path
    // How long and how much.
    case durationMilliseconds = "duration_ms"
    case waitMilliseconds = "wait_ms"
    case limit, depth, lag
    // Decisions.
    case model, rule, policyVersion = "policy_version", category, severity, tier, language, article, incident, target
    // Configuration and migrations.
    case key, origin, file, migration, state, until
}

extension Logger {
    public func log(
        _ level: Logger.Level, _ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        log(
            level: level, "\(message)",
            metadata: Dictionary(uniqueKeysWithValues: fields().map { ($0.key.rawValue, $0.value) }),
            source: nil, file: file, function: function, line: line)
    }

    public func trace(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.trace, message, fields())
    }

    public func debug(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.debug, message, fields())
    }

    public func info(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.info, message, fields())
    }

    public func notice(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.notice, message, fields())
    }

    public func warning(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.warning, message, fields())
    }

    public func error(_ message: StaticString, _ fields: @autoclosure () -> [LogKey: MetadataValue]) {
        log(.error, message, fields())
    }

    /// Metadata that every later line of this logger carries.
    public subscript(key: LogKey) -> MetadataValue? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }
}
