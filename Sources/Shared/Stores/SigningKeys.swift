public import Foundation
public import Postgres

/// A key that access tokens are signed with.
public struct StoredSigningKey: Sendable, Hashable {
    /// The `kid` of the tokens.
    public var id: String
    public var algorithm: String
    public var privateKey: [UInt8]
    public var signsFrom: Date
    public var signsUntil: Date
    public var verifiesUntil: Date

    public init(id: String, algorithm: String, privateKey: [UInt8], signsFrom: Date, signsUntil: Date, verifiesUntil: Date) {
        self.id = id
        self.algorithm = algorithm
        self.privateKey = privateKey
        self.signsFrom = signsFrom
        self.signsUntil = signsUntil
        self.verifiesUntil = verifiesUntil
    }
}

/// Signing keys as rows: the one place that all gateways agree on. Errors are the pool's and `PostgresError`.
public struct SigningKeys: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// The keys that still verify, the longest-signing last.
    public func inForce() async throws -> [StoredSigningKey] {
        try await pool.withConnection(Self.read)
    }

    /// Adds the key that `make` decides on, one gateway at a time.
    /// - Parameter make: sees the keys in force and the database's clock, and answers nil when nothing is missing.
    /// - Returns: the keys in force afterwards.
    public func extend(_ make: @Sendable ([StoredSigningKey], Date) throws -> StoredSigningKey?) async throws -> [StoredSigningKey] {
        try await pool.deciding { connection in
            let now = try Self.lock(connection)
            let keys = try Self.read(connection)
            guard let new = try make(keys, now) else { return keys }
            try Self.insert(new, connection)
            return keys + [new]
        }
    }

    /// Ends every key at once and adds a new one: every access token out there is refused from now on, refresh tokens go on.
    public func renew(by origin: Origin, _ make: @Sendable (Date) throws -> StoredSigningKey) async throws {
        try await pool.deciding { connection in
            let now = try Self.lock(connection)
            let old = try Self.read(connection).map(\.id)
            try connection.execute("DELETE FROM helpdesk.signing_keys")
            let new = try make(now)
            try Self.insert(new, connection)
            try AuditLog.append(
                AuditEntry(.signingKeysRenewed, "signing_keys", by: origin, before: ["keys": .list(old)], after: ["keys": .list([new.id])]),
                connection)
        }
    }

    private static func lock(_ connection: Connection) throws -> Date {
        _ = try connection.query("SELECT pg_advisory_xact_lock(hashtextextended('helpdesk.signing_keys', 0))")
        return try connection.query("SELECT clock_timestamp()").scalar(Date.self)
    }

    private static func read(_ connection: Connection) throws -> [StoredSigningKey] {
        try connection.query(
            """
            SELECT id, algorithm, private_key, signs_from, signs_until, verifies_until FROM helpdesk.signing_keys
            WHERE verifies_until > clock_timestamp() ORDER BY signs_from, id
            """
        ).map { row in
            StoredSigningKey(
                id: try row.decode(at: 0), algorithm: try row.decode(at: 1), privateKey: try row.decode(at: 2), signsFrom: try row.decode(at: 3),
                signsUntil: try row.decode(at: 4), verifiesUntil: try row.decode(at: 5))
        }
    }

    private static func insert(_ key: StoredSigningKey, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO helpdesk.signing_keys (id, algorithm, private_key, signs_from, signs_until, verifies_until)
            VALUES (\(key.id), \(key.algorithm), \(key.privateKey), \(key.signsFrom), \(key.signsUntil), \(key.verifiesUntil))
            """)
        // Keys that verify nothing any more are secrets without a use.
        try connection.execute("DELETE FROM helpdesk.signing_keys WHERE verifies_until < clock_timestamp() - interval '1 day'")
    }
}
