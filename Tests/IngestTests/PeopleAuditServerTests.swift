import Domain
import Foundation
import Identity
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

@Suite("What the audit log tells over HTTP (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct PeopleAuditServerTests {
    private func entries(_ action: AuditAction, _ gateway: RunningGateway) async throws -> [AuditEntry] {
        try await AuditLog(gateway.pool).page(.init(action: action), limit: 100)
    }

    @Test("A refused act of administration is told once a minute for each who asks and what they ask, never for each attempt")
    func refusedActs() async throws {
        try await RunningGateway.with { gateway in
            let ada = try await gateway.makePerson("ada", "agent"), bob = try await gateway.makePerson("bob", "agent")
            for _ in 0..<5 {
                #expect(try await gateway.post("/v1/users", key: ada.token, #"{"login":"x","name":"x"}"#).problem == "forbidden")
                #expect(try await gateway.get("/v1/audit", key: ada.token).problem == "forbidden")
            }
            let path = "/v1/users/\(bob.account.id.canonical)/roles/admin"
            #expect(try await gateway.put(path, key: bob.token).problem == "forbidden")
            // What is no administration is no business of the log.
            #expect(try await gateway.post("/v1/tickets/\(gateway.store().id)/take", key: gateway.makeKey(.endUser), "{}").status == 403)
            let told = try await entries(.actRefused, gateway).reversed().map { ($0.origin.actor, $0.subject) }
            #expect(told.map(\.0) == [ada, ada, bob].map(\.account.reference))
            #expect(told.map(\.1) == ["operation:createUser", "operation:listAudit", "operation:grantRole"])
            let last = try #require(try await entries(.actRefused, gateway).first)
            #expect(
                last.after == ["permission": "roles.manage", "path": .list([bob.account.id.canonical, "admin"])] && last.origin.address == "127.0.0.1"
            )
        }
    }

    @Test("What a handler refuses is told as what the door refuses, with the field")
    func refusedFields() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            _ = try await gateway.post("/v1/roles", key: admin.token, #"{"name":"clerk","description":"","permissions":["users.manage"]}"#)
            let clerk = try await gateway.makePerson("carl", "clerk")
            #expect(try await gateway.post("/v1/users", key: clerk.token, #"{"login":"x","name":"x","roles":["admin"]}"#).problem == "forbidden")
            let entry = try #require(try await entries(.actRefused, gateway).first)
            #expect(entry.after?["field"] == "roles" && entry.subject == "operation:createUser" && entry.origin.actor == clerk.account.reference)
        }
    }

    @Test("A lock-out is told once when it begins, for the account and for the address, and again when another one begins")
    func lockOuts() async throws {
        try await RunningGateway.with({ $0.signIn.addressThreshold = 8 }) { gateway in
            let ada = try await gateway.makeAccount("ada", roles: ["end_user"])
            /// Waits are over at once, so that the clock decides nothing.
            func attempt(_ login: String, _ password: String = "not the password") async throws -> Int {
                let status = try await gateway.login(login, password: password).status
                try await gateway.pool.execute("UPDATE helpdesk.login_attempts SET locked_until = 'epoch'")
                return status
            }
            for _ in 1...4 { #expect(try await attempt("ada") == 401) }
            #expect(try await entries(.lockedOut, gateway).isEmpty)
            for _ in 5...7 { #expect(try await attempt("ada") == 401) }
            #expect(try await entries(.lockedOut, gateway).map(\.subject) == [ada.reference])
            for number in 1...3 { #expect(try await attempt("nobody.\(number)") == 401) }
            let told = try await entries(.lockedOut, gateway)
            #expect(told.map(\.subject) == ["address:127.0.0.1", ada.reference])
            #expect(told[0].origin.address == "127.0.0.1" && told[0].after == ["attempts": "8"])
            #expect(try await attempt("ada", RunningGateway.password) == 200)
            for _ in 1...5 { #expect(try await attempt("ada") == 401) }
            #expect(try await entries(.lockedOut, gateway).count { $0.subject == ada.reference } == 2)
        }
    }
}
