public import Domain
public import Foundation
public import Postgres

/// An API key as it is kept: without the key.
public struct ApiKey: Sendable, Hashable {
    public var id: UUID
    public var name: String
    /// The name of its role.
    public var role: String
    /// Whom it stands for as a requester.
    public var requesterID: String
    public var persona: Persona
    public var createdAt: Date
    public var expiresAt: Date?
    public var revokedAt: Date?
    public var lastUsedAt: Date?

    public init(
        id: UUID = .v7(), name: String, role: String, requesterID: String, persona: Persona, createdAt: Date = Date(),
        expiresAt: Date? = nil, revokedAt: Date? = nil, lastUsedAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.requesterID = requesterID
        self.persona = persona
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
    }
}

/// A key in force, with what its role may do now.
public struct ApiKeyGrant: Sendable, Hashable {
    public var key: ApiKey
    public var permissions: Set<Permission>

    public init(key: ApiKey, permissions: Set<Permission>) {
        self.key = key
        self.permissions = permissions
    }
}

/// API keys as rows.
public struct ApiKeys: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// - Parameter hash: SHA-256 of the key.
    public func insert(_ key: ApiKey, hash: [UInt8]) async throws {
        try await pool.execute(
            """
            INSERT INTO helpdesk.api_keys (id, name, hash, role, requester_id, persona, created_at, expires_at)
            VALUES (\(key.id), \(key.name), \(hash), \(key.role), \(key.requesterID), \(key.persona.rawValue), \(key.createdAt), \
            \(key.expiresAt as Date?))
            """)
    }

    /// All keys, newest first.
    public func list() async throws -> [ApiKey] {
        try await pool.query("SELECT \(Self.columns) FROM helpdesk.api_keys AS k ORDER BY created_at DESC, id DESC").map(Self.decode)
    }

    /// Ends a key for good. False when there is none with this id that is still in force.
    public func revoke(_ id: UUID) async throws -> Bool {
        try await pool.execute(
            "UPDATE helpdesk.api_keys SET revoked_at = clock_timestamp() WHERE id = \(id) AND revoked_at IS NULL") > 0
    }

    /// The keys with these hashes that are neither revoked nor expired.
    public func grants(for hashes: [[UInt8]]) async throws -> [[UInt8]: ApiKeyGrant] {
        let rows = try await pool.query(
            """
            SELECT \(Self.columns), k.hash, ARRAY(SELECT p.permission FROM helpdesk.role_permissions AS p WHERE p.role = k.role)
            FROM helpdesk.api_keys AS k
            WHERE k.hash = ANY(\(hashes)) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
            """)
        var grants: [[UInt8]: ApiKeyGrant] = [:]
        for row in rows {
            // A permission that this version does not know was granted by a newer one, and allows nothing here.
            let permissions = try row.decode([String].self, at: 10).compactMap(Permission.init)
            grants[try row.decode(at: 9)] = ApiKeyGrant(key: try Self.decode(row), permissions: Set(permissions))
        }
        return grants
    }

    /// Notes that these keys were used just now.
    public func noteUsed(_ ids: [UUID]) async throws {
        let ids = ids.sorted { $0.isBefore($1) }
        try await pool.execute("UPDATE helpdesk.api_keys SET last_used_at = clock_timestamp() WHERE id = ANY(\(ids))")
    }

    private static let columns: SQL = """
        k.id, k.name, k.role, k.requester_id, k.persona, k.created_at, k.expires_at, k.revoked_at, k.last_used_at
        """

    private static func decode(_ row: Row) throws -> ApiKey {
        ApiKey(
            id: try row.decode(at: 0), name: try row.decode(at: 1), role: try row.decode(at: 2), requesterID: try row.decode(at: 3),
            persona: try TicketRow.known(row.decode(at: 4)), createdAt: try row.decode(at: 5), expiresAt: try row.decode(at: 6),
            revokedAt: try row.decode(at: 7), lastUsedAt: try row.decode(at: 8))
    }
}
