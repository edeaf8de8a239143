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
    /// What it is narrowed to: it may what stands here and in its role. Nil is all that the role may.
    public var scope: Set<Permission>?
    /// Who made it: a principal's id.
    public var createdBy: String
    public var createdAt: Date
    public var expiresAt: Date?
    public var revokedAt: Date?
    public var lastUsedAt: Date?

    public init(
        id: UUID = .v7(), name: String, role: String, requesterID: String, persona: Persona, scope: Set<Permission>? = nil,
        createdBy: String = "", createdAt: Date = Date(), expiresAt: Date? = nil, revokedAt: Date? = nil, lastUsedAt: Date? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.requesterID = requesterID
        self.persona = persona
        self.scope = scope
        self.createdBy = createdBy
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

    /// - Parameters:
    ///   - hash: SHA-256 of the key.
    ///   - keyed: the request's own key, when it has one.
    ///   - rule: sees what the role allows, and throws what forbids making the key.
    /// - Returns: the key.
    /// - Throws: `IdentityRefusal.unknownRole`, what `rule` throws.
    @discardableResult
    public func insert(
        _ key: ApiKey, hash: [UInt8], by origin: Origin, keyed: Keyed<ApiKey>? = nil, rule: @Sendable (Set<Permission>) throws -> Void = { _ in }
    ) async throws -> ApiKey {
        try await pool.deciding(keyed) { connection in
            // The role stays what it is until the key is there.
            guard try !connection.query("SELECT FROM helpdesk.roles WHERE name = \(key.role) FOR SHARE").isEmpty else {
                throw IdentityRefusal.unknownRole(key.role)
            }
            let allowed = try Accounts.permissions(ofRoles: [key.role], connection)
            try rule(key.scope.map(allowed.intersection) ?? allowed)
            let scope = key.scope.map { $0.map(\.rawValue).sorted() }
            try connection.execute(
                """
                INSERT INTO helpdesk.api_keys (id, name, hash, role, requester_id, persona, permissions, created_by, created_at, expires_at)
                VALUES (\(key.id), \(key.name), \(hash), \(key.role), \(key.requesterID), \(key.persona.rawValue), \(scope as [String]?), \(key.createdBy), \
                \(key.createdAt), \(key.expiresAt as Date?))
                """)
            try AuditLog.append(AuditEntry(.keyCreated, "key:" + key.id.canonical, by: origin, after: key.audited), connection)
            return key
        }
    }

    /// All keys, newest first.
    public func list() async throws -> [ApiKey] {
        try await page(after: nil, limit: Int(Int32.max))
    }

    /// Newest first.
    /// - Parameter after: only keys made before this one.
    public func page(after id: UUID?, limit: Int) async throws -> [ApiKey] {
        let place: SQL = id.map { "WHERE k.id < \($0)" } ?? ""
        return try await pool.query("SELECT \(Self.columns) FROM helpdesk.api_keys AS k \(place) ORDER BY k.id DESC LIMIT \(limit)").map(Self.decode)
    }

    public func key(_ id: UUID) async throws -> ApiKey? {
        try await pool.query("SELECT \(Self.columns) FROM helpdesk.api_keys AS k WHERE k.id = \(id)").first.map(Self.decode)
    }

    /// Ends a key for good.
    /// - Parameter rule: sees what the key may, and throws what forbids ending it.
    /// - Returns: False when there is none with this id that is still in force.
    public func revoke(_ id: UUID, by origin: Origin, rule: @Sendable (Set<Permission>) throws -> Void = { _ in }) async throws -> Bool {
        try await pool.deciding { connection in
            let key = try connection.query(
                "SELECT \(Self.columns) FROM helpdesk.api_keys AS k WHERE k.id = \(id) AND k.revoked_at IS NULL FOR UPDATE"
            ).first.map(Self.decode)
            guard let key else { return false }
            let allowed = try Accounts.permissions(ofRoles: [key.role], connection)
            try rule(key.scope.map(allowed.intersection) ?? allowed)
            try connection.execute("UPDATE helpdesk.api_keys SET revoked_at = clock_timestamp() WHERE id = \(id)")
            try AuditLog.append(AuditEntry(.keyRevoked, "key:" + id.canonical, by: origin, before: key.audited), connection)
            return true
        }
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
            let permissions = try row.decode([String].self, at: 12).compactMap(Permission.init)
            let key = try Self.decode(row)
            grants[try row.decode(at: 11)] = ApiKeyGrant(key: key, permissions: key.scope.map(Set(permissions).intersection) ?? Set(permissions))
        }
        return grants
    }

    /// Notes that these keys were used just now.
    public func noteUsed(_ ids: [UUID]) async throws {
        let ids = ids.sorted { $0.isBefore($1) }
        try await pool.execute("UPDATE helpdesk.api_keys SET last_used_at = clock_timestamp() WHERE id = ANY(\(ids))")
    }

    private static let columns: SQL = """
        k.id, k.name, k.role, k.requester_id, k.persona, k.created_at, k.expires_at, k.revoked_at, k.last_used_at, \
        k.permissions, k.created_by
        """

    private static func decode(_ row: Row) throws -> ApiKey {
        ApiKey(
            id: try row.decode(at: 0), name: try row.decode(at: 1), role: try row.decode(at: 2), requesterID: try row.decode(at: 3),
            persona: try TicketRow.known(row.decode(at: 4)),
            scope: try row.decode([String]?.self, at: 9).map { Set($0.compactMap(Permission.init)) }, createdBy: try row.decode(at: 10),
            createdAt: try row.decode(at: 5), expiresAt: try row.decode(at: 6),
            revokedAt: try row.decode(at: 7), lastUsedAt: try row.decode(at: 8))
    }
}

extension ApiKey {
    /// What the audit log keeps of it.
    fileprivate var audited: [String: AuditValue] {
        var fields: [String: AuditValue] = [
            "name": .text(name), "role": .text(role), "requesterId": .text(requesterID), "persona": .text(persona.rawValue)
        ]
        if let scope { fields["permissions"] = .list(scope.map(\.rawValue).sorted()) }
        if let expiresAt { fields["expiresAt"] = .text(RFC3339.string(expiresAt)) }
        return fields
    }
}
