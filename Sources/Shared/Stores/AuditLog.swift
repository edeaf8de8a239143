public import Foundation
public import Postgres

/// Who does something, and from where, as the audit log keeps it.
public struct Origin: Sendable, Hashable {
    /// The principal's id (`account:...`, `key:...`), `command:` and the user of a command, or `nobody` before it is known who asks.
    public var actor: String
    /// The client's network address; empty for commands.
    public var address: String
    /// The id of the request that did it; empty for commands.
    public var requestID: String

    public init(actor: String, address: String = "", requestID: String = "") {
        self.actor = actor
        self.address = address
        self.requestID = requestID
    }
}

/// What stood, or stands, in a field that an act changed.
public enum AuditValue: Codable, Sendable, Hashable, ExpressibleByStringLiteral {
    case text(String)
    case list([String])

    public init(stringLiteral value: String) { self = .text(value) }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let list = try? container.decode([String].self) { self = .list(list) } else { self = .text(try container.decode(String.self)) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        }
    }
}

/// One act of administration or security. Never holds a password, a key or a token.
public struct AuditEntry: Sendable, Hashable {
    /// Its place in the log; 0 before it is written.
    public var number: Int64 = 0
    public var at = Date()
    public var origin: Origin
    /// In words from a closed list, such as `account.created`.
    public var action: AuditAction
    /// What it was done to, such as `account:...`, `role:agent`, `key:...`.
    public var subject: String
    public var before: [String: AuditValue]?
    public var after: [String: AuditValue]?

    public init(
        _ action: AuditAction, _ subject: String, by origin: Origin, before: [String: AuditValue]? = nil, after: [String: AuditValue]? = nil
    ) {
        self.action = action
        self.subject = subject
        self.origin = origin
        self.before = before
        self.after = after
    }
}

/// The acts that are logged.
public enum AuditAction: String, Sendable, CaseIterable {
    case accountCreated = "account.created"
    case accountRegistered = "account.registered"
    case accountChanged = "account.changed"
    case accountActivated = "account.activated"
    case accountDeactivated = "account.deactivated"
    case passwordSet = "account.password_set"
    case passwordChanged = "account.password_changed"
    case passwordReset = "account.password_reset"
    case roleGranted = "account.role_granted"
    case roleRevoked = "account.role_revoked"
    case signedIn = "session.started"
    case signInRefused = "session.refused"
    case lockedOut = "session.locked_out"
    case sessionEnded = "session.ended"
    case refreshReused = "session.refresh_reused"
    case roleCreated = "role.created"
    case roleDeleted = "role.deleted"
    case permissionGranted = "role.permission_granted"
    case permissionRevoked = "role.permission_revoked"
    case keyCreated = "key.created"
    case keyRevoked = "key.revoked"
    case signingKeysRenewed = "signing_keys.renewed"
    case actRefused = "access.refused"
}

/// The log of acts: added to, read, never changed.
public struct AuditLog: Sendable {
    /// What a page is narrowed to. Absent means any.
    public struct Filter: Sendable, Hashable {
        public var actor: String?
        public var action: AuditAction?
        public var subject: String?

        public init(actor: String? = nil, action: AuditAction? = nil, subject: String? = nil) {
            self.actor = actor
            self.action = action
            self.subject = subject
        }
    }

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Newest first.
    /// - Parameter number: only entries before this one.
    public func page(_ filter: Filter = Filter(), before number: Int64? = nil, limit: Int) async throws -> [AuditEntry] {
        var conditions: [SQL] = ["true"]
        if let number { conditions.append("seq < \(number)") }
        if let actor = filter.actor { conditions.append("actor = \(actor)") }
        if let action = filter.action { conditions.append("action = \(action.rawValue)") }
        if let subject = filter.subject { conditions.append("subject = \(subject)") }
        return try await pool.query(
            """
            SELECT seq, at, actor, action, subject, address, request_id, before, after FROM helpdesk.audit_log
            WHERE \(.joined(conditions, separator: " AND ")) ORDER BY seq DESC LIMIT \(limit)
            """
        ).map { row in
            let origin = Origin(actor: try row.decode(at: 2), address: try row.decode(at: 5), requestID: try row.decode(at: 6))
            var entry = AuditEntry(
                try TicketRow.known(row.decode(at: 3)), try row.decode(at: 4), by: origin, before: try Self.fields(row, 7),
                after: try Self.fields(row, 8))
            entry.number = try row.decode(at: 0)
            entry.at = try row.decode(at: 1)
            return entry
        }
    }

    /// Adds an entry about what changed nothing.
    public func note(_ entry: AuditEntry) async throws {
        try await pool.deciding { try Self.append(entry, $0) }
    }

    /// Adds entries in the transaction that does what they tell.
    static func append(_ entries: [AuditEntry], _ connection: Connection) throws {
        guard !entries.isEmpty else { return }
        try connection.execute(
            """
            INSERT INTO helpdesk.audit_log (actor, action, subject, address, request_id, before, after)
            SELECT * FROM unnest(\(entries.map(\.origin.actor)), \(entries.map(\.action.rawValue)), \(entries.map(\.subject)), \
            \(entries.map(\.origin.address)), \(entries.map(\.origin.requestID)), \(try entries.map { try $0.before.map { try JSONB(encoding: $0) } }), \
            \(try entries.map { try $0.after.map { try JSONB(encoding: $0) } }))
            """)
    }

    static func append(_ entry: AuditEntry, _ connection: Connection) throws { try append([entry], connection) }

    private static func fields(_ row: Row, _ column: Int) throws -> [String: AuditValue]? {
        try row.decode(JSONB?.self, at: column).map { try $0.decode([String: AuditValue].self) }
    }
}
