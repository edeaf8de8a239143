/// What went wrong between us and PostgreSQL.
///
/// `description` is fit for logs: it never holds bound values. The server's own message may quote a value for some
/// errors (class 22, raised exceptions); `message` and `String(reflecting:)` show it.
public struct PostgresError: Error, Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// The connection could not be made or was lost; whether the statement ran is unknown.
        case connection
        /// The server refused a statement.
        case server
        /// A value could not be bound; nothing was sent.
        case encoding
        /// A result did not have the shape that was asked for.
        case decoding
    }

    public var kind: Kind
    /// Five characters, PostgreSQL's appendix A; nil when the server did not say.
    public var sqlState: String?
    /// ERROR, FATAL or PANIC, untranslated.
    public var severity: String?
    /// The server's or our message in full. It may quote a value: not for logs.
    public var message: String
    public var hint: String?
    public var schema: String?
    public var table: String?
    /// The column the server or the decoding named.
    public var column: String?
    public var constraint: String?
    /// The C function in the server that raised it; the one way to tell some errors apart in any language.
    var serverFunction: String?

    public init(
        kind: Kind, sqlState: String? = nil, severity: String? = nil, message: String, hint: String? = nil,
        schema: String? = nil, table: String? = nil, column: String? = nil, constraint: String? = nil
    ) {
        self.kind = kind
        self.sqlState = sqlState
        self.severity = severity
        self.message = message
        self.hint = hint
        self.schema = schema
        self.table = table
        self.column = column
        self.constraint = constraint
    }

    /// Whether the same work may succeed when tried again without change: the connection was lost, or the SQLSTATE
    /// says something about the server's state (classes 08, 40, 42, 53, 57, 58, and 25P03, 55P03) rather than about
    /// the statement's values. Class 42 counts because a schema that is not migrated yet looks like that.
    public var isTransient: Bool {
        switch kind {
        case .connection: return true
        case .encoding, .decoding: return false
        case .server: break
        }
        guard let sqlState else { return false }
        if isStaleStatement { return true }
        return Self.transientStates.contains(sqlState) || Self.transientClasses.contains(String(sqlState.prefix(2)))
    }

    /// Whether a unique constraint or index refused a row.
    public var isUniqueViolation: Bool { sqlState == "23505" }

    /// Whether the server no longer knows our prepared statement, or its result changed its columns.
    var isStaleStatement: Bool {
        sqlState == "26000" || (sqlState == "0A000" && serverFunction == "RevalidateCachedQuery")
    }

    private static let transientClasses: Set<String> = ["08", "40", "42", "53", "57", "58"]
    private static let transientStates: Set<String> = ["25P03", "55P03"]

    static func encoding(_ message: String) -> PostgresError {
        PostgresError(kind: .encoding, message: message)
    }

    static func decoding(_ message: String) -> PostgresError {
        PostgresError(kind: .decoding, message: message)
    }

    static func connection(_ message: String, sqlState: String? = nil) -> PostgresError {
        PostgresError(kind: .connection, sqlState: sqlState, message: message)
    }

    static func mismatch(expected: PostgresType, actual: PostgresType) -> PostgresError {
        .decoding("expected \(expected), found \(actual)")
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { text(showingMessage: !mayQuoteValue) }

    public var debugDescription: String { text(showingMessage: true) }

    /// Class 22 quotes the value it could not read; P0001 says what its author wrote.
    private var mayQuoteValue: Bool {
        kind == .server && (sqlState == nil || sqlState == "P0001" || sqlState?.hasPrefix("22") == true)
    }

    private func text(showingMessage: Bool) -> String {
        var parts = ["PostgreSQL \(kind.rawValue) error"]
        if let sqlState { parts[0] += " \(sqlState)" }
        parts.append(showingMessage ? message : "a value was refused (the server's message may quote it and is left out)")
        for (name, value) in [("schema", schema), ("table", table), ("column", column), ("constraint", constraint)] {
            if let value { parts.append("\(name) \(value)") }
        }
        return parts.joined(separator: ", ")
    }
}

extension Error {
    /// The PostgreSQL error this is or carries; for a failed transaction the one that decided its fate.
    public var postgresError: PostgresError? {
        switch self {
        case let error as PostgresError: error
        case let error as TransactionError: error.primary.postgresError
        default: nil
        }
    }
}
