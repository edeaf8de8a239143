import Domain
public import Postgres

/// Roles and what each may do, as rows.
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
    public func seed(restoring: Bool = false) async throws -> Seeded {
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
            let granted = try connection.execute(
                """
                INSERT INTO helpdesk.role_permissions (role, permission) SELECT * FROM unnest(\(roles), \(permissions))
                ON CONFLICT DO NOTHING
                """)
            return Seeded(newRoles: made.sorted(), newPermissions: granted)
        }
    }

    /// The names of all roles, sorted.
    public func names() async throws -> [String] {
        try await pool.query("SELECT name FROM helpdesk.roles ORDER BY name").map { try $0.decode(at: 0) }
    }

    private static func description(_ role: Role) -> String {
        switch role {
        case .admin: "Everything an agent may, and the system's own settings and keys"
        case .agent: "Sees and works every ticket"
        case .endUser: "Submits tickets, follows and answers its own"
        }
    }
}
