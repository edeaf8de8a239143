public import Domain
public import Foundation
public import Postgres

/// One sign-in of one person.
public struct Session: Sendable, Hashable {
    public var id: UUID
    public var account: UUID
    public var createdAt: Date
    public var lastUsedAt: Date
    /// When it ends whatever happens.
    public var expiresAt: Date
    public var address: String
    public var userAgent: String

    public init(id: UUID = .v7(), account: UUID, createdAt: Date = Date(), expiresAt: Date, address: String, userAgent: String) {
        self.id = id
        self.account = account
        self.createdAt = createdAt
        lastUsedAt = createdAt
        self.expiresAt = expiresAt
        self.address = address
        self.userAgent = userAgent
    }
}

/// A session in force, with what its account may do now.
public struct SessionGrant: Sendable, Hashable {
    public var session: UUID
    public var account: Account
    public var permissions: Set<Permission>
    public var expiresAt: Date

    public init(session: UUID, account: Account, permissions: Set<Permission>, expiresAt: Date) {
        self.session = session
        self.account = account
        self.permissions = permissions
        self.expiresAt = expiresAt
    }
}

/// A refresh token as it is kept.
public struct RefreshToken: Sendable, Hashable {
    /// SHA-256 of the token.
    public var hash: [UInt8]
    public var expiresAt: Date

    public init(hash: [UInt8], expiresAt: Date) {
        self.hash = hash
        self.expiresAt = expiresAt
    }
}

/// Sessions and their refresh tokens as rows. Errors are `IdentityRefusal`, the pool's and `PostgresError`.
public struct Sessions: Sendable {
    /// What came of a refresh token.
    public enum Refreshed: Sendable, Hashable {
        case rotated(SessionGrant)
        /// Unknown, expired, or of a session that has ended.
        case refused
        /// It had been used before: somebody has a copy, and the session has ended for both.
        case reused
    }

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Starts a session, if the account's password is still the one that was checked.
    /// - Returns: nil when it is not, or the account was deactivated.
    public func start(_ session: Session, password: String, with token: RefreshToken, by origin: Origin) async throws -> SessionGrant? {
        try await pool.deciding { connection in
            let isSame = try connection.query(
                "SELECT FROM helpdesk.accounts WHERE id = \(session.account) AND password = \(password) AND state = 'active' FOR SHARE")
            guard !isSame.isEmpty else { return nil }
            try connection.execute(
                """
                INSERT INTO helpdesk.sessions (id, account_id, created_at, last_used_at, expires_at, address, user_agent)
                VALUES (\(session.id), \(session.account), \(session.createdAt), \(session.createdAt), \(session.expiresAt), \(session.address), \
                \(session.userAgent))
                """)
            try Self.insert(token, session.id, connection)
            try AuditLog.append(
                AuditEntry(.signedIn, Account.reference(session.account), by: origin, after: ["session": .text(session.id.canonical)]), connection)
            return try Self.grants([session.id], connection)[session.id]
        }
    }

    /// Exchanges a refresh token for the next one.
    public func refresh(_ hash: [UInt8], to next: RefreshToken, by origin: Origin) async throws -> Refreshed {
        try await pool.deciding { connection in
            let row = try connection.query(
                """
                SELECT t.session_id, s.account_id, t.used_at IS NOT NULL, t.expires_at > clock_timestamp(), s.ended_at IS NULL
                FROM helpdesk.refresh_tokens AS t JOIN helpdesk.sessions AS s ON s.id = t.session_id WHERE t.hash = \(hash) FOR UPDATE
                """
            ).first
            guard let row else { return .refused }
            let (session, account, isUsed, isFresh, isOpen) = try row.decode(UUID.self, UUID.self, Bool.self, Bool.self, Bool.self)
            var origin = origin
            origin.actor = Account.reference(account)
            if isUsed {
                guard isOpen else { return .refused }
                try connection.execute(
                    "UPDATE helpdesk.sessions SET ended_at = clock_timestamp(), end_reason = 'refresh token reused' WHERE id = \(session)")
                try AuditLog.append(
                    AuditEntry(.refreshReused, Account.reference(account), by: origin, before: ["session": .text(session.canonical)]), connection)
                return .reused
            }
            guard isFresh, isOpen, let grant = try Self.grants([session], connection)[session] else { return .refused }
            try connection.execute("UPDATE helpdesk.refresh_tokens SET used_at = clock_timestamp() WHERE hash = \(hash)")
            let end = min(next.expiresAt, grant.expiresAt)
            try Self.insert(RefreshToken(hash: next.hash, expiresAt: end), session, connection)
            try connection.execute(
                "UPDATE helpdesk.sessions SET last_used_at = clock_timestamp(), address = \(origin.address) WHERE id = \(session)")
            return .rotated(grant)
        }
    }

    // MARK: Ending

    /// Ends one session of an account.
    /// - Throws: `IdentityRefusal.notFound` when it has none in force by this id.
    public func end(_ session: UUID, of account: UUID, by origin: Origin) async throws {
        try await pool.deciding { connection in
            let ended = try connection.execute(
                """
                UPDATE helpdesk.sessions SET ended_at = clock_timestamp(), end_reason = 'signed out'
                WHERE id = \(session) AND account_id = \(account) AND ended_at IS NULL AND expires_at > clock_timestamp()
                """)
            guard ended == 1 else { throw IdentityRefusal.notFound }
            try AuditLog.append(
                AuditEntry(.sessionEnded, Account.reference(account), by: origin, before: ["session": .text(session.canonical)]), connection)
        }
    }

    /// Ends every session of an account.
    /// - Parameter rule: sees the account.
    public func endAll(of account: UUID, by origin: Origin, rule: Accounts.Rule) async throws {
        try await pool.deciding { connection in
            _ = try Accounts.locked(account, connection, rule)
            try Self.endAll(of: account, reason: "signed out everywhere", connection)
            try AuditLog.append(AuditEntry(.sessionEnded, Account.reference(account), by: origin, before: ["session": "all"]), connection)
        }
    }

    static func endAll(of account: UUID, but kept: UUID? = nil, reason: String, _ connection: Connection) throws {
        try connection.execute(
            """
            UPDATE helpdesk.sessions SET ended_at = clock_timestamp(), end_reason = \(reason)
            WHERE account_id = \(account) AND ended_at IS NULL AND id IS DISTINCT FROM \(kept as UUID?)
            """)
    }

    // MARK: Reading

    /// The sessions of an account that are in force, newest first, at most `limit`.
    public func list(of account: UUID, limit: Int = 100) async throws -> [Session] {
        try await pool.query(
            """
            SELECT id, account_id, created_at, last_used_at, expires_at, address, user_agent FROM helpdesk.sessions
            WHERE account_id = \(account) AND ended_at IS NULL AND expires_at > clock_timestamp() ORDER BY created_at DESC, id DESC LIMIT \(limit)
            """
        ).map { row in
            var session = Session(
                id: try row.decode(at: 0), account: try row.decode(at: 1), createdAt: try row.decode(at: 2), expiresAt: try row.decode(at: 4),
                address: try row.decode(at: 5), userAgent: try row.decode(at: 6))
            session.lastUsedAt = try row.decode(at: 3)
            return session
        }
    }

    /// Those of these sessions that are in force.
    public func grants(for sessions: [UUID]) async throws -> [UUID: SessionGrant] {
        try await pool.withConnection { try Self.grants(sessions, $0) }
    }

    /// Notes that these sessions were used just now.
    public func noteUsed(_ sessions: [UUID]) async throws {
        let sessions = sessions.sorted { $0.isBefore($1) }
        try await pool.execute("UPDATE helpdesk.sessions SET last_used_at = clock_timestamp() WHERE id = ANY(\(sessions))")
    }

    private static func grants(_ sessions: [UUID], _ connection: Connection) throws -> [UUID: SessionGrant] {
        let rows = try connection.query(
            """
            SELECT a.*, s.id, s.expires_at, ARRAY(
                SELECT DISTINCT p.permission FROM helpdesk.account_roles AS r JOIN helpdesk.role_permissions AS p ON p.role = r.role
                WHERE r.account_id = s.account_id)
            FROM helpdesk.sessions AS s CROSS JOIN LATERAL (\(Accounts.select) WHERE a.id = s.account_id AND a.state = 'active') AS a
            WHERE s.id = ANY(\(sessions)) AND s.ended_at IS NULL AND s.expires_at > clock_timestamp()
            """)
        var grants: [UUID: SessionGrant] = [:]
        for row in rows {
            // A permission that this version does not know was granted by a newer one, and allows nothing here.
            let permissions = try row.decode([String].self, at: 12).compactMap(Permission.init)
            let session: UUID = try row.decode(at: 10)
            grants[session] = SessionGrant(
                session: session, account: try Accounts.decode(row), permissions: Set(permissions), expiresAt: try row.decode(at: 11))
        }
        return grants
    }

    private static func insert(_ token: RefreshToken, _ session: UUID, _ connection: Connection) throws {
        try connection.execute(
            "INSERT INTO helpdesk.refresh_tokens (hash, session_id, expires_at) VALUES (\(token.hash), \(session), \(token.expiresAt))")
    }

    // MARK: Housekeeping

    /// Forgets sessions, one-time tokens and attempts that are over since `age`, some at a time.
    public func prune(olderThan age: Duration = .seconds(30 * 86_400), limit: Int = 1000) async throws {
        let before = Date(timeIntervalSinceNow: -Double(age.components.seconds))
        try await pool.withConnection { connection in
            try connection.execute(
                """
                DELETE FROM helpdesk.sessions WHERE id = ANY(ARRAY(
                    SELECT id FROM helpdesk.sessions WHERE expires_at < \(before) LIMIT \(limit) FOR UPDATE SKIP LOCKED))
                """)
            try connection.execute(
                """
                DELETE FROM helpdesk.login_attempts WHERE subject = ANY(ARRAY(
                    SELECT subject FROM helpdesk.login_attempts WHERE last_at < clock_timestamp() - interval '2 days' LIMIT \(limit)
                    FOR UPDATE SKIP LOCKED))
                """)
            try connection.execute(
                """
                DELETE FROM helpdesk.one_time_tokens WHERE hash = ANY(ARRAY(
                    SELECT hash FROM helpdesk.one_time_tokens WHERE expires_at < \(before) LIMIT \(limit) FOR UPDATE SKIP LOCKED))
                """)
        }
    }
}
