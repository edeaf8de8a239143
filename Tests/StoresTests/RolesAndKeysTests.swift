import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing

func emptyDatabase() async throws -> ConnectionPool {
    let url = try await PrivatePostgres.shared().createDatabase()
    var settings = try PostgresSettings(url: url)
    // Some tests have many times as many callers as connections, on machines that are busy with other tests.
    settings.acquireTimeout = .seconds(60)
    let pool = ConnectionPool(settings: settings, logger: Logger(label: "test"))
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
        let first = try await Roles(pool).seed(by: Origin(actor: "test"))
        #expect(first.newRoles == ["admin", "agent", "end_user"])
        let second = try await Roles(pool).seed(by: Origin(actor: "test"))
        #expect(second.newRoles.isEmpty && second.newPermissions == 0)
        for role in Role.allCases {
            #expect(try await permissions(role.rawValue, pool) == Set(role.defaultPermissions.map(\.rawValue)))
        }
        await pool.close()
    }

    @Test("Seeding is told in the audit log with what it changed, and tells nothing when it changes nothing")
    func seedingIsAudited() async throws {
        let pool = try await emptyDatabase(), log = AuditLog(pool), origin = Origin(actor: "command:root")
        _ = try await Roles(pool).seed(by: origin)
        let made = try await log.page(limit: 10)
        #expect(made.map(\.subject).sorted() == ["role:admin", "role:agent", "role:end_user"])
        #expect(made.allSatisfy { $0.action == .roleCreated && $0.origin == origin && $0.before == nil })
        _ = try await Roles(pool).seed(restoring: true, by: origin)
        #expect(try await log.page(limit: 10) == made)
        try await pool.execute("DELETE FROM helpdesk.role_permissions WHERE permission IN ('tickets.submit', 'kb.read') AND role = 'end_user'")
        _ = try await Roles(pool).seed(by: origin)
        #expect(try await log.page(limit: 10) == made)
        _ = try await Roles(pool).seed(restoring: true, by: origin)
        let restored = try #require(try await log.page(limit: 10).first)
        #expect(restored.action == .permissionGranted && restored.subject == "role:end_user")
        let all = Set(Role.endUser.defaultPermissions.map(\.rawValue))
        #expect(restored.before == ["permissions": .list(all.subtracting(["tickets.submit", "kb.read"]).sorted())])
        #expect(restored.after == ["permissions": .list(all.sorted())])
        await pool.close()
    }

    @Test("What an administrator took away stays away, but not from admin, and comes back when asked for")
    func restoring() async throws {
        let pool = try await emptyDatabase()
        _ = try await Roles(pool).seed(by: Origin(actor: "test"))
        try await pool.execute("DELETE FROM helpdesk.role_permissions WHERE permission = 'tickets.submit'")
        #expect(try await Roles(pool).seed(by: Origin(actor: "test")).newPermissions == 1)
        #expect(try await !permissions("agent", pool).contains("tickets.submit"))
        #expect(try await Roles(pool).seed(restoring: true, by: Origin(actor: "test")).newPermissions == 2)
        #expect(try await permissions("agent", pool).contains("tickets.submit"))
        await pool.close()
    }

    @Test("A key grants what its role holds, until it is revoked or expires")
    func keys() async throws {
        let pool = try await emptyDatabase()
        _ = try await Roles(pool).seed(by: Origin(actor: "test"))
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

    @Test("A role is kept by a key in force, and goes with its keys that have ended; the log keeps which they were")
    func roleOfEndedKeys() async throws {
        let pool = try await emptyDatabase(), origin = Origin(actor: "test"), roles = Roles(pool), keys = ApiKeys(pool)
        try await roles.create(RoleGrant(name: "feed", description: "", permissions: [.ticketsSubmit]), by: origin)
        let old = ApiKey(name: "old", role: "feed", requesterID: "p", persona: .trainee, expiresAt: Date(timeIntervalSinceNow: -1))
        let good = ApiKey(name: "good", role: "feed", requesterID: "p", persona: .trainee)
        try await keys.insert(old, hash: [1], by: origin)
        try await keys.insert(good, hash: [2], by: origin)
        await #expect(throws: IdentityRefusal.roleInUse) { try await roles.delete("feed", by: origin) { _ in } }
        #expect(try await keys.list().count == 2, "what was refused left everything")
        #expect(try await keys.revoke(good.id, by: origin))
        try await roles.delete("feed", by: origin) { _ in }
        #expect(try await keys.list().isEmpty)
        #expect(try await roles.role("feed") == nil)
        let log = try await AuditLog(pool).page(limit: 10)
        #expect(log.map(\.action) == [.roleDeleted, .keyRevoked, .keyCreated, .keyCreated, .roleCreated])
        #expect(log[0].before?["endedKeys"] == .list([old, good].map { "key:" + $0.id.canonical }.sorted()))
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
