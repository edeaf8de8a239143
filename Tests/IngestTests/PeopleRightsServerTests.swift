import Domain
import Foundation
import HTTPTypes
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

private let ticket = #"{"subject":"s","body":"b"}"#

@Suite("What people may do to people over HTTP (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct PeopleRightsServerTests {
    @Test("A token whose session cannot be looked up submits tickets, and does nothing else, though everything else could be read")
    func unconfirmed() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let stored = try await gateway.store()
            try await gateway.pool.execute("ALTER TABLE helpdesk.sessions RENAME TO sessions_away")
            for path in ["/v1/tickets", "/v1/tickets/\(stored.id)", "/v1/me", "/v1/users", "/v1/roles", "/v1/keys", "/v1/audit"] {
                let answer = try await gateway.get(path, key: admin.token)
                #expect(answer.status == 503 && answer.problem == "identity-unavailable" && answer.header("Retry-After") == "5", "\(path)")
            }
            for path in ["/v1/tickets/\(stored.id)/messages", "/v1/tickets/\(stored.id)/take", "/v1/users", "/v1/roles"] {
                #expect(try await gateway.post(path, key: admin.token, "{}").problem == "identity-unavailable", "\(path)")
            }
            #expect(try await gateway.post("/v1/tickets", key: admin.token, ticket).status == 202)
            #expect(try await gateway.published().count == 1)
            try await gateway.pool.execute("ALTER TABLE helpdesk.sessions_away RENAME TO sessions")
            #expect(try await gateway.get("/v1/tickets", key: admin.token).status == 200)
        }
    }

    @Test("One route takes an unconfirmed caller, and says so itself")
    func declared() throws {
        let taking = try servedEndpoints().filter(\.takesUnconfirmed).map { "\($0.method.rawValue) \($0.path)" }
        #expect(taking == ["POST /v1/tickets"])
    }

    @Test("Who may make keys and accounts speaks for others with them only where they may speak for others")
    func standing() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let own = Role.endUser.defaultPermissions.map { "\"\($0.rawValue)\"" }.sorted().joined(separator: ",")
            _ = try await gateway.post(
                "/v1/roles", key: admin.token, #"{"name":"clerk","description":"","permissions":["users.manage","keys.manage",\#(own)]}"#)
            let clerk = try await gateway.makePerson("carl", "clerk")
            for (body, field) in [
                (#"{"name":"k","role":"end_user","requesterId":"ada"}"#, "requesterId"),
                (#"{"name":"k","role":"end_user","requesterId":"Carl"}"#, "requesterId"),
                (#"{"name":"k","role":"end_user","requesterId":"carl","persona":"admin"}"#, "persona")
            ] {
                let answer = try await gateway.post("/v1/keys", key: clerk.token, body)
                #expect(answer.status == 403 && answer.problem == "forbidden" && answer[text: "errors.0.field"] == field, "\(body)")
            }
            let account = try await gateway.post("/v1/users", key: clerk.token, #"{"login":"new","name":"New","requesterId":"ada"}"#)
            #expect(account.status == 403 && account[text: "errors.0.field"] == "requesterId")
            #expect(try await gateway.keyIDs().isEmpty)
            #expect(try await Accounts(gateway.pool).page(after: nil, limit: 10).map(\.login).sorted() == ["carl", "root.admin"])

            #expect(try await gateway.post("/v1/keys", key: clerk.token, #"{"name":"k","role":"end_user","requesterId":"carl"}"#).status == 201)
            #expect(try await gateway.post("/v1/users", key: clerk.token, #"{"login":"new","name":"New","requesterId":"new"}"#).status == 201)
            let portal = #"{"name":"k","role":"end_user","requesterId":"ada","persona":"operator"}"#
            #expect(try await gateway.post("/v1/keys", key: admin.token, portal)[text: "key.persona"] == "operator")
            #expect(try await gateway.post("/v1/users", key: admin.token, #"{"login":"bo","name":"Bo","requesterId":"b-17"}"#).status == 201)
        }
    }

    @Test("Nobody gives a role to, or takes one from, an account that may more than they may")
    func strongerAccounts() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin", "end_user")
            let own = Role.endUser.defaultPermissions.map { "\"\($0.rawValue)\"" }.sorted().joined(separator: ",")
            _ = try await gateway.post(
                "/v1/roles", key: admin.token, #"{"name":"clerk","description":"","permissions":["roles.manage",\#(own)]}"#)
            let clerk = try await gateway.makePerson("carl", "clerk"), ada = try await gateway.makeAccount("ada", roles: [])
            let path = "/v1/users/\(admin.account.id.canonical)/roles/"
            #expect(try await gateway.delete(path + "end_user", key: clerk.token).problem == "forbidden")
            #expect(try await gateway.put(path + "clerk", key: clerk.token).problem == "forbidden")
            #expect(try await Accounts(gateway.pool).account(admin.account.id)?.roles == ["admin", "end_user"])
            let weaker = "/v1/users/\(ada.id.canonical)/roles/end_user"
            #expect(try await gateway.put(weaker, key: clerk.token).value("roles") as? [String] == ["end_user"])
            #expect(try await gateway.delete(weaker, key: clerk.token).value("roles") as? [String] == [])
            #expect(try await gateway.delete(path + "end_user", key: admin.token).status == 200)
        }
    }
}
