import Domain
import Foundation
import Identity
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

@Suite("People, roles and keys over HTTP (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct PeopleServerTests {
    @Test("From the first administrator to a new agent's first day and last")
    func life() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let invited = try await gateway.post(
                "/v1/users", key: admin.token, #"{"login":"Eve","name":"Eve Agent","roles":["agent"],"persona":"support_engineer"}"#)
            #expect(invited.status == 201 && invited[text: "user.requesterId"] == "Eve" && invited.value("user.hasPassword") as? Bool == false)
            let id = try #require(invited[text: "user.id"]), invitation = try #require(invited[text: "oneTimeToken"])
            #expect(invited.header("Location") == "/v1/users/" + id)
            #expect(try await gateway.login("eve", password: "whatever it may be").problem == "invalid-credentials")
            let weak = try await gateway.post("/v1/auth/password", key: nil, #"{"token":"\#(invitation)","password":"EveAgent1234"}"#)
            #expect(weak.status == 422 && weak[text: "errors.0.field"] == "password")
            let set = #"{"token":"\#(invitation)","password":"a quiet morning in May"}"#
            #expect(try await gateway.post("/v1/auth/password", key: nil, set).status == 204)
            let again = try await gateway.post("/v1/auth/password", key: nil, set)
            #expect(again.status == 422 && again[text: "errors.0.field"] == "token", "once")

            let day = try await gateway.login("EVE", password: "a quiet morning in May")
            let token = try #require(day[text: "accessToken"])
            #expect(day[int: "expiresIn"] == 600 && day[text: "tokenType"] == "Bearer" && day[text: "refreshToken"]?.hasPrefix("hdr_") == true)
            let me = try await gateway.get("/v1/me", key: token)
            #expect(me[text: "principal"] == "account:" + id && me[text: "persona"] == "support_engineer" && me[text: "user.login"] == "Eve")
            #expect(Set(me.value("permissions") as? [String] ?? []) == Set(Role.agent.defaultPermissions.map(\.rawValue)))
            #expect(try await gateway.get("/v1/tickets", key: token).status == 200)
            #expect(try await gateway.get("/v1/users", key: token).status == 200)
            #expect(try await gateway.post("/v1/users", key: token, #"{"login":"x","name":"x"}"#).problem == "forbidden")

            let other = try await gateway.login("eve", password: "a quiet morning in May")
            let sessions = try await gateway.get("/v1/me/sessions", key: token)
            #expect((sessions.value("sessions") as? [Any])?.count == 2 && sessions[text: "sessions.0.address"] == "127.0.0.1")
            let wrong = #"{"currentPassword":"not this one at all","newPassword":"an evening in November"}"#
            #expect(try await gateway.put("/v1/me/password", key: token, wrong).problem == "invalid-credentials")
            let change = #"{"currentPassword":"a quiet morning in May","newPassword":"an evening in November"}"#
            #expect(try await gateway.put("/v1/me/password", key: token, change).status == 204)
            #expect(
                try await gateway.refresh(try #require(other[text: "refreshToken"])).problem == "invalid-credentials", "other sessions have ended")
            #expect(try await gateway.get("/v1/me", key: token).status == 200)

            #expect(try await gateway.post("/v1/users/\(id)/deactivate", key: admin.token, "{}")[text: "state"] == "deactivated")
            try await eventually("the session has ended", within: .seconds(5)) { try await gateway.get("/v1/me", key: token).status == 401 }
            #expect(try await gateway.login("eve", password: "an evening in November").problem == "invalid-credentials")

            let audit = try await gateway.get("/v1/audit?subject=account:\(id)&limit=200", key: admin.token)
            let actions = (audit.value("entries") as? [[String: Any]] ?? []).compactMap { $0["action"] as? String }
            #expect(
                actions == [
                    "session.refused", "account.deactivated", "account.password_changed", "session.refused", "session.started", "session.started",
                    "account.password_set", "session.refused", "account.created"
                ])
            #expect(audit[text: "entries.1.actor"] == "account:" + admin.account.id.canonical && audit[text: "entries.1.address"] == "127.0.0.1")
            #expect(audit[text: "entries.1.before.state"] == "active" && audit[text: "entries.1.after.state"] == "deactivated")
            let found = try await gateway.get("/v1/users?login=EVE", key: admin.token)
            #expect(found[text: "users.0.id"] == id && (found.value("users") as? [Any])?.count == 1)
            #expect((try await gateway.get("/v1/users?login=nobody-here", key: admin.token).value("users") as? [Any])?.isEmpty == true)
            for query in ["subject=\(id)", "subject=account:", "actor=eve", "actor=role:agent"] {
                let refused = try await gateway.get("/v1/audit?\(query)", key: admin.token)
                #expect(refused.problem == "invalid-query" && refused.status == 400, "\(query)")
            }
            #expect(
                try await gateway.get("/v1/audit?actor=nobody&action=session.refused", key: admin.token)[text: "entries.0.action"]
                    == "session.refused")
            let page = try await gateway.get("/v1/audit?limit=2", key: admin.token)
            let next = try #require(page[text: "next"])
            let second = try await gateway.get("/v1/audit?limit=2&cursor=\(next)", key: admin.token)
            #expect(second[int: "entries.0.number"].map { $0 < Int(next) ?? 0 } == true)
        }
    }

    @Test("An unknown login and a wrong password are told alike, and wait alike after as many attempts")
    func unknownAndWrong() async throws {
        try await RunningGateway.with { gateway in
            _ = try await gateway.makeAccount("ada", roles: ["end_user"])
            func told(_ answer: Answer) -> [String] {
                [String(answer.status), answer[text: "type"] ?? "", answer[text: "detail"] ?? "", answer.header("WWW-Authenticate") ?? ""]
            }
            for _ in 0..<5 {
                let known = try await gateway.login("ada", password: "not the password")
                let unknown = try await gateway.login("nobody.here", password: "not the password")
                #expect(known.problem == "invalid-credentials" && told(known) == told(unknown))
            }
            for login in ["ada", "nobody.here"] {
                // The wait after the fifth attempt is a second, and twice as long with each further one: a busy machine may outlast the first ones.
                var last = try await gateway.login(login, password: "not the password")
                for _ in 0..<8 where last.status != 429 { last = try await gateway.login(login, password: "not the password") }
                #expect(last.problem == "too-many-attempts" && Int(last.header("Retry-After") ?? "") != nil, "\(login) \(last.status)")
            }
            #expect(try await gateway.pool.query("SELECT count(*) FROM helpdesk.audit_log WHERE subject = 'account:unknown'").scalar(Int64.self) >= 5)
        }
    }

    @Test("A refresh token that comes a second time ends the session of both who hold one")
    func replay() async throws {
        try await RunningGateway.with { gateway in
            let ada = try await gateway.makePerson("ada", "end_user")
            let next = try await gateway.refresh(ada.refreshToken)
            let second = try #require(next[text: "refreshToken"]), token = try #require(next[text: "accessToken"])
            #expect(next.status == 200 && second != ada.refreshToken)
            #expect(try await gateway.get("/v1/me", key: token).status == 200)
            #expect(try await gateway.refresh(ada.refreshToken).problem == "invalid-credentials")
            #expect(try await gateway.refresh(second).problem == "invalid-credentials")
            try await eventually("the session has ended", within: .seconds(5)) { try await gateway.get("/v1/me", key: token).status == 401 }
            for text in ["", "hdr_", ada.token, second + "x", String(repeating: "a", count: 47), "hdk_" + second.dropFirst(4)] {
                #expect(try await gateway.refresh(text).problem == "invalid-credentials")
            }
            // A refresh token or an invitation is no key to anything else.
            #expect(try await gateway.get("/v1/me", key: second).problem == "unauthenticated")
        }
    }

    @Test("Logging out ends one session at once, everywhere ends all")
    func logout() async throws {
        try await RunningGateway.with { gateway in
            let ada = try await gateway.makePerson("ada", "end_user")
            let other = try #require(try await gateway.login("ada")[text: "accessToken"])
            #expect(try await gateway.send(.POST, "/v1/auth/logout", key: ada.token).status == 204)
            #expect(try await gateway.get("/v1/me", key: ada.token).problem == "unauthenticated")
            #expect(try await gateway.refresh(ada.refreshToken).problem == "invalid-credentials")
            #expect(try await gateway.get("/v1/me", key: other).status == 200)
            #expect(try await gateway.send(.POST, "/v1/auth/logout-all", key: other).status == 204)
            #expect(try await gateway.get("/v1/me", key: other).problem == "unauthenticated")
            let key = try await gateway.makeKey(.admin)
            #expect(try await gateway.send(.POST, "/v1/auth/logout", key: key).problem == "forbidden", "a key has no session")
            #expect(try await gateway.get("/v1/me", key: key)[text: "principal"]?.hasPrefix("key:") == true)
        }
    }

    @Test("What a role may changes within five seconds for people and keys")
    func propagation() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let made = try await gateway.post(
                "/v1/roles", key: admin.token, #"{"name":"viewer","description":"Looks","permissions":["tickets.read.any"]}"#)
            #expect(made.status == 201 && made.header("Location") == "/v1/roles/viewer")
            #expect(
                try await gateway.post("/v1/roles", key: admin.token, #"{"name":"viewer","description":"","permissions":[]}"#).problem
                    == "already-exists")
            let viewer = try await gateway.makePerson("vera", "viewer")
            #expect(try await gateway.get("/v1/tickets", key: viewer.token).status == 200)
            // As another gateway would.
            _ = try await Roles(gateway.pool).set(.ticketsReadAny, of: "viewer", granted: false, by: Origin(actor: "test"))
            try await eventually("taken away", within: .seconds(5)) { try await gateway.get("/v1/tickets", key: viewer.token).status == 403 }
            #expect(try await gateway.put("/v1/roles/viewer/permissions/tickets.read.own", key: admin.token).status == 200)
            try await eventually("given", within: .seconds(5)) { try await gateway.get("/v1/tickets", key: viewer.token).status == 200 }
            let path = "/v1/users/\(viewer.account.id.canonical)/roles/viewer"
            #expect(try await gateway.delete("/v1/roles/viewer", key: admin.token).problem == "role-in-use")
            #expect(try await gateway.delete(path, key: admin.token).status == 200)
            try await eventually("no role", within: .seconds(5)) { try await gateway.get("/v1/tickets", key: viewer.token).status == 403 }
            #expect(try await gateway.delete("/v1/roles/viewer", key: admin.token).status == 204)
            #expect(try await gateway.delete("/v1/roles/agent", key: admin.token).problem == "built-in-role")
            let own = "/v1/users/\(admin.account.id.canonical)"
            #expect(try await gateway.delete(own + "/roles/admin", key: admin.token).problem == "last-administrator")
            #expect(try await gateway.post(own + "/deactivate", key: admin.token, "{}").problem == "last-administrator")
            #expect(try await gateway.post(own + "/reset-password", key: admin.token, "{}").problem == "last-administrator")
            #expect(try await gateway.get("/v1/me", key: admin.token).status == 200)
        }
    }

    @Test("Who may manage users or keys does not become an administrator by it")
    func escalation() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            _ = try await gateway.post(
                "/v1/roles", key: admin.token,
                #"{"name":"clerk","description":"","permissions":["users.manage","users.read","keys.manage","tickets.submit","tickets.read.own","tickets.reply.own","tickets.escalate.own","tickets.close.own","kb.read"]}"#
            )
            let clerk = try await gateway.makePerson("carl", "clerk")
            let adminPath = "/v1/users/\(admin.account.id.canonical)"
            for path in ["/deactivate", "/reset-password"] {
                #expect(try await gateway.post(adminPath + path, key: clerk.token, "{}").problem == "forbidden")
            }
            #expect(try await gateway.delete(adminPath + "/sessions", key: clerk.token).problem == "forbidden")
            let patch = try await gateway.send(
                .PATCH, adminPath, key: clerk.token, headers: [("If-Match", "*")], body: Data(#"{"name":"Fool"}"#.utf8))
            #expect(patch.problem == "forbidden")
            let strong = try await gateway.post("/v1/users", key: clerk.token, #"{"login":"m","name":"m","roles":["admin"]}"#)
            #expect(strong.problem == "forbidden" && strong[text: "errors.0.field"] == "roles")
            #expect(try await gateway.put("/v1/users/\(clerk.account.id.canonical)/roles/admin", key: clerk.token).problem == "forbidden")
            #expect(try await gateway.post("/v1/keys", key: clerk.token, #"{"name":"k","role":"agent","requesterId":"p"}"#).problem == "forbidden")
            let narrow = try await gateway.post(
                "/v1/keys", key: clerk.token, #"{"name":"k","role":"agent","requesterId":"carl","permissions":["tickets.submit"]}"#)
            let secret = try #require(narrow[text: "secret"])
            #expect(narrow.status == 201 && secret.hasPrefix("hdk_") && narrow[text: "key.createdBy"] == clerk.account.reference)
            #expect(try await gateway.post("/v1/tickets", key: secret, #"{"subject":"s","body":"b"}"#).status == 202)
            #expect(try await gateway.get("/v1/tickets", key: secret).problem == "forbidden", "its role may, its scope may not")
            let id = try #require(narrow[text: "key.id"])
            #expect(try await gateway.delete("/v1/keys/" + id, key: clerk.token).status == 204)
            try await eventually("revoked", within: .seconds(5)) { try await gateway.get("/v1/me", key: secret).status == 401 }
            #expect(try await gateway.post("/v1/users", key: clerk.token, #"{"login":"new","name":"New"}"#).status == 201)
            #expect(try await Accounts(gateway.pool).account(admin.account.id)?.name == "root.admin")
            #expect(try await gateway.get("/v1/audit", key: clerk.token).problem == "forbidden")
        }
    }

    @Test("A body says nothing about rights: registering, changing oneself, making keys")
    func massAssignment() async throws {
        try await RunningGateway.with({ $0.selfRegistration = true }) { gateway in
            let greedy = """
                {"login":"mallory","name":"M","password":"a long and winding road","roles":["admin"],"requesterId":"ada","persona":"admin","state":"active",
                "permissions":["users.manage"],"id":"00000000-0000-0000-0000-000000000001","hasPassword":true}
                """
            let refused = try await gateway.post("/v1/auth/register", key: nil, greedy)
            #expect(refused.status == 422 && refused.problem == "invalid-fields")
            #expect(try await gateway.pool.query("SELECT count(*) FROM helpdesk.accounts").scalar(Int64.self) == 0)
            let modest = #"{"login":"mallory","name":"M","password":"a long and winding road"}"#
            let made = try await gateway.post("/v1/auth/register", key: nil, modest)
            #expect(made.status == 201 && made.value("roles") as? [String] == ["end_user"] && made[text: "persona"] == "trainee")
            #expect(made[text: "requesterId"] == "account:" + (made[text: "id"] ?? ""))
            #expect(try await gateway.post("/v1/auth/register", key: nil, modest).problem == "already-exists")
            let token = try #require(try await gateway.login("mallory", password: "a long and winding road")[text: "accessToken"])
            try await gateway.store(requester: "ada")
            #expect((try await gateway.get("/v1/tickets", key: token).value("tickets") as? [Any])?.isEmpty == true)
            let posed = try await gateway.post("/v1/tickets", key: token, #"{"subject":"s","body":"b","requester":{"id":"ada"}}"#)
            #expect(posed.problem == "forbidden" && posed[text: "errors.0.field"] == "requester.id")
            let persona = try await gateway.post("/v1/tickets", key: token, #"{"subject":"s","body":"b","persona":"admin"}"#)
            #expect(persona.problem == "forbidden" && persona[text: "errors.0.field"] == "persona")
        }
        try await RunningGateway.with { gateway in
            let off = try await gateway.post("/v1/auth/register", key: nil, #"{"login":"m","name":"M","password":"a long and winding road"}"#)
            #expect(off.problem == "forbidden")
            #expect(try await gateway.pool.query("SELECT count(*) FROM helpdesk.accounts").scalar(Int64.self) == 0)
        }
    }

    @Test("While the database is away a token submits tickets, and nothing else is answered but 503")
    func outage() async throws {
        try await RunningGateway.with { gateway in
            let ada = try await gateway.makePerson("ada", "end_user")
            let unseen = try #require(try await gateway.login("ada")[text: "accessToken"])
            #expect(try await gateway.get("/v1/me", key: ada.token).status == 200)
            try await gateway.database.sever()
            try await eventually("noticed") { try await gateway.metric("helpdesk_database_reachable") == 0 }
            for token in [ada.token, unseen] {
                #expect(try await gateway.post("/v1/tickets", key: token, #"{"subject":"s","body":"b"}"#).status == 202)
            }
            #expect(try await gateway.get("/v1/me", key: ada.token).problem == "database-unavailable")
            #expect(try await gateway.get("/v1/me", key: unseen).problem == "identity-unavailable")
            #expect(try await gateway.login("ada").problem == "database-unavailable")
            #expect(try await gateway.refresh(ada.refreshToken).problem == "database-unavailable")
            #expect(try await gateway.get("/.well-known/jwks.json", key: nil).status == 200)
            #expect(try await gateway.get("/v1/me", key: ada.token + "x").problem == "unauthenticated")
            try gateway.database.restore()
            try await eventually("back") { try await gateway.get("/v1/me", key: ada.token).status == 200 }
        }
    }

    @Test("Hostile bodies and paths: each with its exact answer")
    func hostile() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let login = "/v1/auth/login"
            func field(_ path: String, _ json: String) async throws -> String? {
                let answer = try await gateway.post(path, key: admin.token, json)
                return answer.status == 422 ? answer[text: "errors.0.field"] : "\(answer.status) \(answer.problem ?? "")"
            }
            #expect(try await field(login, #"{"login":"a\u0000","password":"x"}"#) == "login")
            #expect(try await field(login, #"{"login":"a","password":"x\u0000"}"#) == "password")
            #expect(try await field(login, #"{"login":"\#(String(repeating: "a", count: 201))","password":"x"}"#) == "login")
            #expect(try await field(login, #"{"login":"a","password":"\#(String(repeating: "a", count: 129))"}"#) == "password")
            #expect(try await field(login, #"{"login":{"$ne":null},"password":"x"}"#) == "login")
            #expect(try await field(login, #"{"login":["root.admin"],"password":"x"}"#) == "login")
            #expect(try await field("/v1/users", #"{"login":"a b","name":"n"}"#) == "login")
            #expect(try await field("/v1/users", #"{"login":"a\u0007","name":"n"}"#) == "login")
            #expect(try await field("/v1/users", #"{"login":"a","name":"n","roles":["ghost"]}"#) == "roles")
            #expect(try await field("/v1/users", #"{"login":"a","name":"n","roles":["admin'; DROP TABLE helpdesk.accounts; --"]}"#) == "roles")
            #expect(try await field("/v1/users", #"{"login":"a","name":"n","persona":"root"}"#) == "persona")
            #expect(try await field("/v1/roles", #"{"name":"Bad Name","description":"","permissions":[]}"#) == "name")
            #expect(try await field("/v1/roles", #"{"name":"r","description":"","permissions":["everything"]}"#) == "permissions.0")
            #expect(try await field("/v1/keys", #"{"name":"k","role":"ghost","requesterId":"p"}"#) == "role")
            #expect(try await field("/v1/keys", #"{"name":"k","role":"agent","requesterId":"p","expiresAt":"2001-01-01T00:00:00Z"}"#) == "expiresAt")
            #expect(try await gateway.post(login, key: nil, #"{"login":"\ud800","password":"x"}"#).problem == "invalid-json")
            #expect(try await gateway.post(login, key: nil, String(repeating: "[", count: 10_000)).problem == "invalid-json")
            #expect(
                try await gateway.post(login, key: nil, #"{"login":"a","password":"\#(String(repeating: "b", count: 20_000))"}"#).problem
                    == "body-too-large")
            for path in ["/v1/users/1", "/v1/users/..%2f..", "/v1/keys/%00", "/v1/roles/%00", "/v1/users/\(UUID().uuidString)"] {
                #expect(try await gateway.get(path, key: admin.token).problem == "not-found", "\(path)")
            }
            for query in ["cursor=x", "cursor=0", "cursor=-1", "cursor=99999999999999999999", "limit=0", "limit=201", "action=x", "order=asc"] {
                #expect(try await gateway.get("/v1/audit?" + query, key: admin.token).problem == "invalid-query", "\(query)")
            }
            let none = Base64URL.encode(Array(#"{"alg":"none","typ":"at+jwt","kid":"x"}"#.utf8))
            let body = admin.token.split(separator: ".")[1]
            #expect(try await gateway.get("/v1/me", key: "\(none).\(body).").problem == "unauthenticated")
            #expect(try await gateway.get("/v1/me", key: String(repeating: "A", count: 6000)).problem == "unauthenticated")
            #expect(try await Accounts(gateway.pool).page(after: nil, limit: 10).count == 1, "nothing of it changed anything")
        }
    }
}
