import Domain
import Foundation
import Postgres
import Stores
import TestSupport
import Testing

@Suite("People and the audit log in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct PeopleStoreTests {
    let origin = Origin(actor: "command:test", address: "192.0.2.7", requestID: "r1")

    func desk() async throws -> ConnectionPool {
        let pool = try await emptyDatabase()
        _ = try await Roles(pool).seed(by: Origin(actor: "test"))
        return pool
    }

    func person(_ login: String, _ roles: [String], password: String? = "kept", _ pool: ConnectionPool) async throws -> Account {
        let account = Account(login: login, name: login, persona: .trainee, requesterID: login, roles: roles, hasPassword: password != nil)
        try await Accounts(pool).create(account, password: password, by: origin) { _ in }
        return account
    }

    func session(of account: Account, _ pool: ConnectionPool, token: [UInt8] = [1]) async throws -> SessionGrant {
        let session = Session(account: account.id, expiresAt: Date(timeIntervalSinceNow: 3600), address: "192.0.2.7", userAgent: "test")
        let grant = try await Sessions(pool).start(
            session, password: "kept", with: RefreshToken(hash: token, expiresAt: Date(timeIntervalSinceNow: 600)), by: origin)
        return try #require(grant)
    }

    @Test("An account is what it was made as, its login is its own whatever the case, and its roles exist")
    func making() async throws {
        let pool = try await desk(), accounts = Accounts(pool)
        let ada = try await person("Ada", ["agent"], pool)
        let stored = try #require(try await accounts.account(ada.id))
        #expect(stored.login == "Ada" && stored.roles == ["agent"] && stored.hasPassword && stored.state == .active)
        await #expect(throws: IdentityRefusal.loginTaken) { try await person("aDA", ["agent"], pool) }
        await #expect(throws: IdentityRefusal.unknownRole("ghost")) { try await person("bob", ["agent", "ghost"], pool) }
        let twin = Account(login: "twin", name: "t", persona: .trainee, requesterID: "Ada", roles: [])
        await #expect(throws: IdentityRefusal.requesterTaken) { try await accounts.create(twin, password: nil, by: origin) { _ in } }
        #expect(try await Passwords(pool).stored(login: "ADA")?.password == "kept")
        #expect(try await Passwords(pool).stored(account: ada.id)?.account.id == ada.id)
        #expect(try await accounts.page(after: nil, limit: 10).map(\.login) == ["Ada"], "what was refused left nothing")
        await pool.close()
    }

    @Test("A rule that throws undoes the act and comes out as it was thrown")
    func rules() async throws {
        struct Forbidden: Error {}
        let pool = try await desk(), accounts = Accounts(pool)
        let ada = try await person("ada", ["agent"], pool)
        await #expect(throws: Forbidden.self) {
            try await accounts.set(.deactivated, of: ada.id, by: origin) { target in
                #expect(target.permissions == Role.agent.defaultPermissions)
                throw Forbidden()
            }
        }
        #expect(try await accounts.account(ada.id)?.state == .active)
        await #expect(throws: IdentityRefusal.notFound) { try await accounts.set(.active, of: UUID(), by: origin) { _ in } }
        await pool.close()
    }

    @Test("Of two administrators who remove each other at once, one stays, whichever way it is done", arguments: 0..<6)
    func lastAdministrator(way: Int) async throws {
        let pool = try await desk(), accounts = Accounts(pool), origin = origin
        let both = [try await person("a", ["admin"], pool), try await person("b", ["admin"], pool)]
        _ = try await person("invited", ["admin"], password: nil, pool)
        let refusals = await withTaskGroup(of: IdentityRefusal?.self) { group in
            for (index, account) in both.enumerated() {
                group.addTask {
                    do {
                        switch (way + index) % 3 {
                        case 0: _ = try await accounts.set(.deactivated, of: account.id, by: origin) { _ in }
                        case 1: _ = try await accounts.set(role: "admin", of: account.id, granted: false, by: origin) { _, _ in }
                        default:
                            _ = try await accounts.reset(
                                account.id, with: OneTimeToken(hash: [9, UInt8(index)], purpose: .reset, expiresAt: .distantFuture), by: origin
                            ) { _ in }
                        }
                        return nil
                    } catch {
                        return error as? IdentityRefusal
                    }
                }
            }
            return await group.reduce(into: [IdentityRefusal]()) { if let refusal = $1 { $0.append(refusal) } }
        }
        #expect(refusals == [.lastAdministrator])
        await pool.close()
    }

    @Test("A session starts with the password that was checked, shows in the account's list, and ends with the account")
    func sessions() async throws {
        let pool = try await desk(), sessions = Sessions(pool)
        let ada = try await person("ada", ["agent", "end_user"], pool)
        let grant = try await session(of: ada, pool)
        #expect(grant.permissions == Role.agent.defaultPermissions && grant.account.roles == ["agent", "end_user"])
        #expect(try await sessions.list(of: ada.id).map(\.id) == [grant.session])
        let late = Session(account: ada.id, expiresAt: .distantFuture, address: "", userAgent: "")
        #expect(try await sessions.start(late, password: "old", with: RefreshToken(hash: [7], expiresAt: .distantFuture), by: origin) == nil)
        try await sessions.noteUsed([grant.session])
        await #expect(throws: IdentityRefusal.notFound) { try await sessions.end(grant.session, of: UUID(), by: origin) }
        #expect(try await sessions.grants(for: [grant.session]).count == 1)
        _ = try await Accounts(pool).set(.deactivated, of: ada.id, by: origin) { _ in }
        #expect(try await sessions.grants(for: [grant.session]).isEmpty)
        _ = try await Accounts(pool).set(.active, of: ada.id, by: origin) { _ in }
        #expect(try await sessions.grants(for: [grant.session]).isEmpty, "a session that ended does not come back with its account")
        await pool.close()
    }

    @Test("A refresh token is good once: of two who come at once, one gets the next and the session has ended for both")
    func reuse() async throws {
        let pool = try await desk(), sessions = Sessions(pool), origin = origin
        let ada = try await person("ada", ["agent"], pool)
        let grant = try await session(of: ada, pool, token: [1])
        let outcomes = try await withThrowingTaskGroup(of: Sessions.Refreshed.self) { group in
            for next in [UInt8(2), 3] {
                group.addTask {
                    try await sessions.refresh([1], to: RefreshToken(hash: [next], expiresAt: Date(timeIntervalSinceNow: 600)), by: origin)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { if case .rotated = $0 { true } else { false } } == 1 && outcomes.contains(.reused))
        #expect(try await sessions.grants(for: [grant.session]).isEmpty)
        for hash in [[2], [3], [1], [99]] as [[UInt8]] {
            #expect(try await sessions.refresh(hash, to: RefreshToken(hash: [50 + hash[0]], expiresAt: .distantFuture), by: origin) == .refused)
        }
        #expect(try await AuditLog(pool).page(.init(action: .refreshReused), limit: 10).map(\.subject) == [ada.reference])
        await pool.close()
    }

    @Test("A one-time token sets a password once, also when two come with it, and ends what was open")
    func oneTime() async throws {
        let pool = try await desk(), passwords = Passwords(pool), origin = origin
        let ada = try await person("ada", ["agent"], pool)
        let grant = try await session(of: ada, pool)
        _ = try await Accounts(pool).reset(
            ada.id, with: OneTimeToken(hash: [5], purpose: .reset, expiresAt: Date(timeIntervalSinceNow: 60)), by: origin
        ) { _ in }
        #expect(try await Sessions(pool).grants(for: [grant.session]).isEmpty)
        #expect(try await passwords.account(forToken: [5])?.id == ada.id)
        #expect(try await passwords.stored(login: "ada")?.password == nil)
        let wins = await withTaskGroup(of: Bool.self) { group in
            for word in ["one", "two"] { group.addTask { (try? await passwords.set(word, token: [5], by: origin)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        await #expect(throws: IdentityRefusal.tokenRefused) { try await passwords.set("three", token: [5], by: origin) }
        _ = try await Accounts(pool).reset(
            ada.id, with: OneTimeToken(hash: [6], purpose: .reset, expiresAt: Date(timeIntervalSinceNow: -1)), by: origin
        ) { _ in }
        await #expect(throws: IdentityRefusal.tokenRefused) { try await passwords.set("four", token: [6], by: origin) }
        await pool.close()
    }

    @Test("Attempts are counted before they are made: of fifty at once no more than the threshold go on, and the wait doubles")
    func attempts() async throws {
        let pool = try await desk(), attempts = LoginAttempts(pool)
        let subjects = [LoginAttempts.Subject(hash: [1], threshold: 5), .init(hash: [2], threshold: 100)]
        let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { try await attempts.begin(subjects) == nil } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // A second may pass meanwhile, which admits one more.
        #expect((5...6).contains(admitted))
        try await pool.execute("UPDATE helpdesk.login_attempts SET locked_until = 'epoch', attempts = 11 WHERE subject = '\\x01'")
        #expect(try await attempts.begin(subjects) == nil)
        let wait = try #require(try await attempts.begin(subjects))
        #expect((120...128).contains(wait), "twelve attempts: seven past the fifth")
        try await pool.execute("UPDATE helpdesk.login_attempts SET locked_until = 'epoch', attempts = 2000000 WHERE subject = '\\x01'")
        #expect(try await attempts.begin(subjects) == nil)
        #expect(try #require(try await attempts.begin(subjects)) <= LoginAttempts.longestWait)
        try await attempts.succeed(login: [1], address: [2])
        #expect(try await attempts.begin(subjects) == nil)
        await pool.close()
    }

    @Test("The audit log has before and after, pages by key, and can be added to by its owner but not changed")
    func audit() async throws {
        let pool = try await desk(), accounts = Accounts(pool), log = AuditLog(pool)
        let ada = try await person("ada", ["end_user"], pool)
        _ = try await accounts.set(role: "agent", of: ada.id, granted: true, by: origin) { _, _ in }
        _ = try await accounts.set(role: "agent", of: ada.id, granted: true, by: origin) { _, _ in }
        _ = try await accounts.change(ada.id, name: "Countess", persona: nil, by: origin) { _ in }
        let all = try await log.page(.init(subject: ada.reference), limit: 10)
        #expect(all.map(\.action) == [.accountChanged, .roleGranted, .accountCreated], "what changed nothing is no act")
        #expect(all[1].before == ["roles": .list(["end_user"])] && all[1].after == ["roles": .list(["agent", "end_user"])])
        #expect(all[0].before?["name"] == "ada" && all[0].after?["name"] == "Countess" && all[0].origin == origin)
        #expect(try await log.page(.init(subject: ada.reference), before: all[1].number, limit: 10).map(\.number) == [all[2].number])
        #expect(try await log.page(.init(actor: "nobody"), limit: 10).isEmpty)
        for statement in ["UPDATE helpdesk.audit_log SET actor = 'x'", "DELETE FROM helpdesk.audit_log", "TRUNCATE helpdesk.audit_log"] {
            await #expect(performing: { try await pool.execute(SQL(unescaped: statement)) }, throws: { ($0 as? PostgresError)?.sqlState == "42501" })
        }
        #expect(try await log.page(.init(subject: ada.reference), limit: 10) == all)
        await pool.close()
    }

    @Test("Roles: made, changed and removed, but not the built-in ones, and none that somebody has")
    func roles() async throws {
        let pool = try await desk(), roles = Roles(pool)
        let reviewer = RoleGrant(name: "reviewer", description: "Reads", permissions: [.ticketsReadAny, .kbRead])
        try await roles.create(reviewer, by: origin)
        await #expect(throws: IdentityRefusal.roleTaken) { try await roles.create(reviewer, by: origin) }
        #expect(try await roles.set(.metricsRead, of: "reviewer", granted: true, by: origin).permissions == [.ticketsReadAny, .kbRead, .metricsRead])
        #expect(try await roles.set(.kbRead, of: "reviewer", granted: false, by: origin).permissions == [.ticketsReadAny, .metricsRead])
        let ada = try await person("ada", ["reviewer"], pool)
        await #expect(throws: IdentityRefusal.roleInUse) { try await roles.delete("reviewer", by: origin) { _ in } }
        _ = try await Accounts(pool).set(role: "reviewer", of: ada.id, granted: false, by: origin) { _, _ in }
        try await roles.delete("reviewer", by: origin) { #expect($0 == [.ticketsReadAny, .metricsRead]) }
        for role in Role.allCases {
            await #expect(throws: IdentityRefusal.builtInRole) { try await roles.delete(role.rawValue, by: origin) { _ in } }
        }
        await #expect(throws: IdentityRefusal.builtInRole) { try await roles.set(.kbRead, of: "admin", granted: false, by: origin) }
        await #expect(throws: IdentityRefusal.notFound) { try await roles.set(.kbRead, of: "ghost", granted: true, by: origin) }
        await pool.close()
    }

    @Test("A key may what its role may and its scope has, whichever is less, also after the role has changed")
    func scopedKeys() async throws {
        let pool = try await desk(), keys = ApiKeys(pool)
        let key = ApiKey(name: "feed", role: "agent", requesterID: "portal", persona: .trainee, scope: [.ticketsSubmit, .ticketsReadAny, .auditRead])
        try await keys.insert(key, hash: [4], by: origin) { #expect($0 == [.ticketsSubmit, .ticketsReadAny]) }
        #expect(try await keys.grants(for: [[4]])[[4]]?.permissions == [.ticketsSubmit, .ticketsReadAny])
        _ = try await Roles(pool).set(.ticketsReadAny, of: "agent", granted: false, by: origin)
        #expect(try await keys.grants(for: [[4]])[[4]]?.permissions == [.ticketsSubmit])
        #expect(try await keys.key(key.id)?.scope == key.scope)
        await pool.close()
    }

    @Test("Two gateways that make the first signing key at once make one")
    func signingKeys() async throws {
        let pool = try await desk(), keys = SigningKeys(pool)
        let new = StoredSigningKey(
            id: "k", algorithm: "ES256", privateKey: [1], signsFrom: Date(), signsUntil: .distantFuture, verifiesUntil: .distantFuture)
        let made = try await withThrowingTaskGroup(of: [String].self) { group in
            for name in ["a", "b", "c"] {
                group.addTask {
                    try await keys.extend { known, _ in
                        var key = new
                        key.id = name
                        return known.isEmpty ? key : nil
                    }.map(\.id)
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(made.count == 1)
        try await keys.renew(by: origin) { _ in new }
        #expect(try await keys.inForce().map(\.id) == ["k"])
        await pool.close()
    }
}
