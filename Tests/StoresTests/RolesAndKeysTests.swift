import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing

func emptyDatabase() async throws -> ConnectionPool {
    let url = try await PrivatePostgres.shared().createDatabase()
    let pool = ConnectionPool(settings: try PostgresSettings(url: url), logger: Logger(label: "test"))
    _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
    return pool
}

@Suite("Roles and keys in PostgreSQL", .serialized, .timeLimit(.minutes(2)))
struct RolesAndKeysTests {
    func permissions(_ role: String, _ pool: ConnectionPool) async throws -> Set<String> {
        Set(try await pool.query("SELECT permission FROM helpdesk.role_permissions WHERE role = \(role)").map { try $0.decode(at: 0) })
    }

    @Test("Seeding twice changes nothing the second time")
    func seeding() async throws {
        let pool = try await emptyDatabase()
        let first = try await Roles(pool).seed()
        #expect(first.newRoles == ["admin", "agent", "end_user"])
        let second = try await Roles(pool).seed()
        #expect(second.newRoles.isEmpty && second.newPermissions == 0)
        for role in Role.allCases {
            #expect(try await permissions(role.rawValue, pool) == Set(role.defaultPermissions.map(\.rawValue)))
        }
        await pool.close()
    }

    @Test("What an administrator took away stays away, but not from admin, and comes back when asked for")
    func restoring() async throws {
        let pool = try await emptyDatabase()
        _ = try await Roles(pool).seed()
        try await pool.execute("DELETE FROM helpdesk.role_permissions WHERE permission = 'tickets.submit'")
        #expect(try await Roles(pool).seed().newPermissions == 1)
        #expect(try await !permissions("agent", pool).contains("tickets.submit"))
        #expect(try await Roles(pool).seed(restoring: true).newPermissions == 2)
        #expect(try await permissions("agent", pool).contains("tickets.submit"))
        await pool.close()
    }

    @Test("A key grants what its role holds, until it is revoked or expires")
    func keys() async throws {
        let pool = try await emptyDatabase()
        _ = try await Roles(pool).seed()
        let keys = ApiKeys(pool)
        let good = ApiKey(name: "good", role: "end_user", requesterID: "ada", persona: .operator, expiresAt: Date(timeIntervalSinceNow: 3600))
        let old = ApiKey(name: "old", role: "agent", requesterID: "bob", persona: .trainee, expiresAt: Date(timeIntervalSinceNow: -1))
        try await keys.insert(good, hash: [1], by: Origin(actor: "test"))
        try await keys.insert(old, hash: [2], by: Origin(actor: "test"))
        var grants = try await keys.grants(for: [[1], [2], [3]])
        #expect(grants.keys.sorted { $0[0] < $1[0] } == [[1]])
        #expect(grants[[1]]?.permissions == Role.endUser.defaultPermissions && grants[[1]]?.key.id == good.id)
        try await pool.execute("INSERT INTO helpdesk.role_permissions VALUES ('end_user', 'from.the.future')")
        #expect(try await keys.grants(for: [[1]])[[1]]?.permissions == Role.endUser.defaultPermissions)
        try await keys.noteUsed([good.id])
        #expect(try await keys.list().first { $0.id == good.id }?.lastUsedAt != nil)
        #expect(try await keys.revoke(good.id, by: Origin(actor: "test")))
        #expect(try await !keys.revoke(good.id, by: Origin(actor: "test")))
        grants = try await keys.grants(for: [[1], [2]])
        #expect(grants.isEmpty)
        #expect(try await keys.list().map(\.name).sorted() == ["good", "old"])
        await pool.close()
    }

    @Test("A key of a role that does not exist is refused by the database")
    func unknownRole() async throws {
        let pool = try await emptyDatabase()
        let key = ApiKey(name: "k", role: "ghost", requesterID: "ada", persona: .trainee)
        await #expect(
            performing: { try await ApiKeys(pool).insert(key, hash: [1], by: Origin(actor: "test")) },
            throws: { $0 as? IdentityRefusal == .unknownRole("ghost") })
        await pool.close()
    }
}
