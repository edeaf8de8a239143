public import Foundation
public import Postgres

/// What is needed to check a password.
public struct StoredPassword: Sendable, Hashable {
    public var account: Account
    /// As `Password` keeps it; nil for one who cannot sign in.
    public var password: String?
}

/// Passwords as rows, always as hashes. Errors are `IdentityRefusal`, the pool's and `PostgresError`.
public struct Passwords: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    public func stored(login: String) async throws -> StoredPassword? {
        try await stored("p.login_key = \(Account.key(forLogin: login))")
    }

    public func stored(account id: UUID) async throws -> StoredPassword? {
        try await stored("p.id = \(id)")
    }

    private func stored(_ condition: SQL) async throws -> StoredPassword? {
        try await pool.query(
            """
            SELECT s.*, p.password FROM helpdesk.accounts AS p CROSS JOIN LATERAL (\(Accounts.select) WHERE a.id = p.id) AS s WHERE \(condition)
            """
        ).first.map { StoredPassword(account: try Accounts.decode($0), password: try $0.decode(at: 10)) }
    }

    /// Whose one-time token this is, while it is good.
    public func account(forToken hash: [UInt8]) async throws -> Account? {
        try await pool.query(
            """
            \(Accounts.select) JOIN helpdesk.one_time_tokens AS t ON t.account_id = a.id
            WHERE t.hash = \(hash) AND t.expires_at > clock_timestamp() AND a.state = 'active'
            """
        ).first.map(Accounts.decode)
    }

    /// Sets the password with a one-time token, which is spent, with all others of the account; sessions end.
    /// - Returns: the account.
    /// - Throws: `IdentityRefusal.tokenRefused`.
    public func set(_ password: String, token hash: [UInt8], by origin: Origin) async throws -> UUID {
        try await pool.deciding { connection in
            let owner = try connection.query(
                "SELECT account_id FROM helpdesk.one_time_tokens WHERE hash = \(hash) AND expires_at > clock_timestamp()"
            ).first.map { try $0.decode(UUID.self, at: 0) }
            guard let owner else { throw IdentityRefusal.tokenRefused }
            let account = try Accounts.locked(owner, connection) { target in
                guard target.account.state == .active else { throw IdentityRefusal.tokenRefused }
            }
            // Under the account's lock: of two who come with the same token one finds it gone.
            guard try connection.execute("DELETE FROM helpdesk.one_time_tokens WHERE hash = \(hash) AND account_id = \(owner)") == 1 else {
                throw IdentityRefusal.tokenRefused
            }
            try connection.execute("DELETE FROM helpdesk.one_time_tokens WHERE account_id = \(owner)")
            try Self.write(password, owner, connection)
            try Sessions.endAll(of: owner, reason: "password set", connection)
            var actor = origin
            actor.actor = account.reference
            try AuditLog.append(AuditEntry(.passwordSet, account.reference, by: actor), connection)
            return owner
        }
    }

    /// Replaces the password if it is still the one that was checked; every session but one ends.
    /// - Returns: false when it has been changed meanwhile.
    public func replace(_ old: String, with new: String, account id: UUID, keeping session: UUID, by origin: Origin) async throws -> Bool {
        try await pool.deciding { connection in
            let isOld = try connection.query("SELECT FROM helpdesk.accounts WHERE id = \(id) AND password = \(old) AND state = 'active' FOR UPDATE")
            guard !isOld.isEmpty else { return false }
            try Self.write(new, id, connection)
            try connection.execute("DELETE FROM helpdesk.one_time_tokens WHERE account_id = \(id)")
            try Sessions.endAll(of: id, but: session, reason: "password changed", connection)
            try AuditLog.append(AuditEntry(.passwordChanged, Account.reference(id), by: origin), connection)
            return true
        }
    }

    /// Writes a hash of the same password made with today's cost, if the password is still what it was.
    public func rehash(_ old: String, as new: String, account id: UUID) async throws {
        try await pool.execute("UPDATE helpdesk.accounts SET password = \(new) WHERE id = \(id) AND password = \(old)")
    }

    private static func write(_ password: String, _ id: UUID, _ connection: Connection) throws {
        try connection.execute(
            """
            UPDATE helpdesk.accounts SET password = \(password), password_set_at = clock_timestamp(), updated_at = clock_timestamp(),
                version = version + (password IS NULL)::int
            WHERE id = \(id)
            """)
    }
}
