public import Domain
import Foundation
public import Postgres

/// A role with what it allows.
public struct RoleGrant: Sendable, Hashable {
    public var name: String
    public var description: String
    public var permissions: Set<Permission>

    public init(name: String, description: String, permissions: Set<Permission>) {
        self.name = name
        self.description = description
        self.permissions = permissions
    }

    public var isBuiltIn: Bool { Role(rawValue: name) != nil }
}

/// Roles and what each may do, as rows. Changes are refused with `IdentityRefusal`.
public struct Roles: Sendable {
    /// What seeding changed.
    public struct Seeded: Sendable, Hashable {
        public var newRoles: [String]
        public var newPermissions: Int
    }

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Makes the built-in roles that are absent, with their permissions. A role that exists keeps what an administrator made of it,
    /// but for `admin`, which always has everything; `restoring` gives the others back what they lack.
    /// What changes is logged.
    public func seed(restoring: Bool = false, by origin: Origin) async throws -> Seeded {
        try await pool.transaction { connection in
            let names = Role.allCases.map(\.rawValue), descriptions = Role.allCases.map(Self.description)
            let made = try connection.query(
                """
                INSERT INTO helpdesk.roles (name, description) SELECT * FROM unnest(\(names), \(descriptions))
                ON CONFLICT (name) DO NOTHING RETURNING name
                """
            ).map { try $0.decode(String.self, at: 0) }
            var roles: [String] = [], permissions: [String] = []
            for role in Role.allCases where restoring || role == .admin || made.contains(role.rawValue) {
                for permission in role.defaultPermissions {
                    roles.append(role.rawValue)
                    permissions.append(permission.rawValue)
                }
            }
            let granted = try connection.query(
                """
                INSERT INTO helpdesk.role_permissions (role, permission) SELECT * FROM unnest(\(roles), \(permissions))
                ON CONFLICT DO NOTHING RETURNING role, permission
                """
            ).map { try $0.decode(String.self, String.self) }
            let new = Dictionary(grouping: granted, by: \.0).mapValues { Set($0.map(\.1)) }
            try AuditLog.append(
                try Set(made).union(new.keys).sorted().map { name in
                    let role = try Self.stored(name, connection), all = Set(role.permissions.map(\.rawValue))
                    let after: [String: AuditValue] = ["permissions": .list(all.sorted())]
                    guard !made.contains(name) else {
                        return AuditEntry(
                            .roleCreated, "role:" + name, by: origin,
                            after: after.merging(["description": .text(role.description)]) { first, _ in first })
                    }
                    let before: [String: AuditValue] = ["permissions": .list(all.subtracting(new[name] ?? []).sorted())]
                    return AuditEntry(.permissionGranted, "role:" + name, by: origin, before: before, after: after)
                }, connection)
            return Seeded(newRoles: made.sorted(), newPermissions: granted.count)
        }
    }

    /// The names of all roles, sorted.
    public func names() async throws -> [String] {
        try await pool.query("SELECT name FROM helpdesk.roles ORDER BY name").map { try $0.decode(at: 0) }
    }

    /// All roles, by name.
    public func all() async throws -> [RoleGrant] {
        try await pool.query("\(Self.select) ORDER BY r.name COLLATE \"C\"").map(Self.decode)
    }

    public func role(_ name: String) async throws -> RoleGrant? {
        try await pool.query("\(Self.select) WHERE r.name = \(name)").first.map(Self.decode)
    }

    /// - Parameter keyed: the request's own key, when it has one.
    /// - Returns: the role.
    @discardableResult
    public func create(_ role: RoleGrant, by origin: Origin, keyed: Keyed<RoleGrant>? = nil) async throws -> RoleGrant {
        try await pool.deciding(keyed) { connection in
            try connection.execute("INSERT INTO helpdesk.roles (name, description) VALUES (\(role.name), \(role.description))")
            let permissions = role.permissions.map(\.rawValue).sorted()
            try connection.execute(
                "INSERT INTO helpdesk.role_permissions (role, permission) SELECT \(role.name), * FROM unnest(\(permissions))")
            try AuditLog.append(
                AuditEntry(
                    .roleCreated, "role:" + role.name, by: origin,
                    after: ["description": .text(role.description), "permissions": .list(permissions)]), connection)
            return role
        }
    }

    /// Removes a role that nobody has. Keys of it that were revoked or have expired go with it: the audit log keeps which they were.
    /// - Parameter rule: sees what it allows.
    public func delete(_ name: String, by origin: Origin, rule: @Sendable (Set<Permission>) throws -> Void) async throws {
        guard Role(rawValue: name) == nil else { throw IdentityRefusal.builtInRole }
        try await pool.deciding { connection in
            let role = try Self.locked(name, connection)
            try rule(role.permissions)
            let isUsed = try connection.query(
                """
                SELECT EXISTS (SELECT FROM helpdesk.account_roles WHERE role = \(name)) OR EXISTS (
                    SELECT FROM helpdesk.api_keys
                    WHERE role = \(name) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp()))
                """
            ).scalar(Bool.self)
            if isUsed { throw IdentityRefusal.roleInUse }
            // Under the role's lock: a key being made holds it too, so that all that are there have ended.
            let keys = try connection.query("DELETE FROM helpdesk.api_keys WHERE role = \(name) RETURNING id").map { try $0.decode(UUID.self, at: 0) }
            try connection.execute("DELETE FROM helpdesk.roles WHERE name = \(name)")
            var before: [String: AuditValue] = ["permissions": .list(role.permissions.map(\.rawValue).sorted())]
            if !keys.isEmpty { before["endedKeys"] = .list(keys.map { "key:" + $0.canonical }.sorted()) }
            try AuditLog.append(AuditEntry(.roleDeleted, "role:" + name, by: origin, before: before), connection)
        }
    }

    /// Grants or takes a permission. Repeating it does nothing. `admin` keeps every permission.
    public func set(_ permission: Permission, of name: String, granted: Bool, by origin: Origin) async throws -> RoleGrant {
        if name == Role.admin.rawValue && !granted { throw IdentityRefusal.builtInRole }
        return try await pool.deciding { connection in
            var role = try Self.locked(name, connection)
            guard role.permissions.contains(permission) != granted else { return role }
            let before = role.permissions.map(\.rawValue).sorted()
            if granted {
                role.permissions.insert(permission)
                try connection.execute(
                    "INSERT INTO helpdesk.role_permissions (role, permission) VALUES (\(name), \(permission.rawValue)) ON CONFLICT DO NOTHING")
            } else {
                role.permissions.remove(permission)
                try connection.execute("DELETE FROM helpdesk.role_permissions WHERE role = \(name) AND permission = \(permission.rawValue)")
            }
            try AuditLog.append(
                AuditEntry(
                    granted ? .permissionGranted : .permissionRevoked, "role:" + name, by: origin, before: ["permissions": .list(before)],
                    after: ["permissions": .list(role.permissions.map(\.rawValue).sorted())]), connection)
            return role
        }
    }

    private static func locked(_ name: String, _ connection: Connection) throws -> RoleGrant {
        guard try !connection.query("SELECT FROM helpdesk.roles WHERE name = \(name) FOR UPDATE").isEmpty else { throw IdentityRefusal.notFound }
        return try stored(name, connection)
    }

    private static func stored(_ name: String, _ connection: Connection) throws -> RoleGrant {
        guard let role = try connection.query("\(select) WHERE r.name = \(name)").first.map(decode) else { throw IdentityRefusal.notFound }
        return role
    }

    private static let select: SQL = """
        SELECT r.name, r.description, ARRAY(SELECT p.permission FROM helpdesk.role_permissions AS p WHERE p.role = r.name) FROM helpdesk.roles AS r
        """

    private static func decode(_ row: Row) throws -> RoleGrant {
        // A permission that this version does not know was granted by a newer one, and allows nothing here.
        let permissions = try row.decode([String].self, at: 2).compactMap(Permission.init)
        return RoleGrant(name: try row.decode(at: 0), description: try row.decode(at: 1), permissions: Set(permissions))
    }

    private static func description(_ role: Role) -> String {
        switch role {
        case .admin: "Everything an agent may, and the system's own settings and keys"
        case .agent: "Sees and works every ticket"
        case .endUser: "Submits tickets, follows and answers its own"
        }
    }
}
