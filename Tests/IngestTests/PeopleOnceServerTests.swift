import Crypto
import Domain
import Foundation
import Identity
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

extension RunningGateway {
    /// A POST with a name of its own.
    func once(_ name: String, _ path: String, key: String?, _ json: String) async throws -> Answer {
        try await post(path, key: key, headers: [("Idempotency-Key", name)], json)
    }

    /// What there is of people, roles and keys, and what was done to them.
    func census() async throws -> [Int64] {
        var counts: [Int64] = []
        for table in ["accounts", "roles", "api_keys", "one_time_tokens", "audit_log"] {
            counts.append(try await pool.query("SELECT count(*) FROM helpdesk.\(unescaped: table)").scalar(Int64.self))
        }
        return counts
    }
}

@Suite("Doing things to people once, and to what was seen, over HTTP (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct PeopleOnceServerTests {
    /// A keyed POST, another body for the same path, and where the answer holds what is shown once.
    private struct Act {
        let path: String
        let body: String
        var other: String?
        var secret: String?
    }

    private func acts(on account: Account) -> [Act] {
        let path = "/v1/users/\(account.id.canonical)"
        return [
            Act(
                path: "/v1/users", body: #"{"login":"eve","name":"Eve","roles":["agent"]}"#,
                other: #"{"login":"eve","name":"Eva","roles":["agent"]}"#, secret: "oneTimeToken"),
            Act(
                path: "/v1/users", body: #"{"login":"bob","name":"Bob","password":"a quiet morning in May"}"#,
                other: #"{"login":"bob","name":"Bob","password":"a quiet morning in June"}"#),
            Act(
                path: "/v1/roles", body: #"{"name":"viewer","description":"Looks","permissions":["kb.read"]}"#,
                other: #"{"name":"viewer","description":"Looks","permissions":[]}"#),
            Act(
                path: "/v1/keys", body: #"{"name":"Portal","role":"agent","requesterId":"portal"}"#,
                other: #"{"name":"Portal","role":"end_user","requesterId":"portal"}"#, secret: "secret"),
            Act(path: path + "/deactivate", body: "{}"), Act(path: path + "/activate", body: "{}"),
            Act(path: path + "/reset-password", body: "{}", secret: "oneTimeToken")
        ]
    }

    @Test("Sent again under its key each POST is answered as before, but for what is shown once, and done once")
    func repetition() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin"), ada = try await gateway.makeAccount("ada", roles: ["end_user"])
            for (number, act) in acts(on: ada).enumerated() {
                let name = "act-\(number)"
                let first = try await gateway.once(name, act.path, key: admin.token, act.body)
                #expect([200, 201].contains(first.status), "\(act.path) \(first.status)")
                let before = try await gateway.census()
                let again = try await gateway.once(name, act.path, key: admin.token, act.body)
                #expect(again.status == first.status && again.header("Content-Type") == first.header("Content-Type"), "\(act.path)")
                for header in ["Location", "ETag"] { #expect(again.header(header) == first.header(header), "\(act.path) \(header)") }
                if let secret = act.secret {
                    let shown = try #require(first[text: secret])
                    #expect(first[text: "note"] == nil && again[text: secret] == nil && again[text: "note"] != nil, "\(act.path)")
                    let kept = try await gateway.pool.query("SELECT body FROM helpdesk.request_keys WHERE key = \(name)").scalar([UInt8].self)
                    #expect(!String(decoding: kept, as: UTF8.self).contains(shown.dropFirst(4)), "kept nowhere")
                    let member = act.path == "/v1/keys" ? "key" : "user"
                    func text(_ answer: Answer) throws -> Data {
                        try JSONSerialization.data(withJSONObject: try #require(answer.value(member)), options: .sortedKeys)
                    }
                    #expect(try text(again) == text(first))
                } else {
                    #expect(again.body == first.body, "\(act.path)")
                }
                if let other = act.other {
                    let changed = try await gateway.once(name, act.path, key: admin.token, other)
                    #expect(changed.status == 422 && changed.problem == "idempotency-conflict", "\(act.path)")
                }
                #expect(try await gateway.census() == before, "\(act.path) was done once")
            }
            let elsewhere = try await gateway.once("act-4", "/v1/users/\(admin.account.id.canonical)/deactivate", key: admin.token, "{}")
            #expect(elsewhere.problem == "idempotency-conflict", "another account is another request")
            #expect(try await gateway.login("bob", password: "a quiet morning in May").status == 200)
        }
    }

    @Test("A keyed request that is being done is not done a second time, and one that was refused may be tried again")
    func inFlight() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin"), ada = try await gateway.makeAccount("ada", roles: ["end_user"])
            let principal = admin.account.reference
            try await gateway.pool.withConnection { connection in
                _ = try connection.query("SELECT pg_advisory_lock(hashtextextended('helpdesk.request ' || \(principal) || ' busy', 0))")
            }
            let before = try await gateway.census()
            for act in acts(on: ada) {
                let answer = try await gateway.once("busy", act.path, key: admin.token, act.body)
                #expect(answer.status == 409 && answer.problem == "request-in-flight" && answer.header("Retry-After") == "1", "\(act.path)")
            }
            #expect(try await gateway.census() == before)
            #expect(
                try await gateway.once("later", "/v1/roles", key: admin.token, #"{"name":"agent","description":"","permissions":[]}"#).status == 409)
            #expect(
                try await gateway.once("later", "/v1/roles", key: admin.token, #"{"name":"agents","description":"","permissions":[]}"#).status == 201)
            let long = String(repeating: "k", count: 256), role = #"{"name":"r","description":"","permissions":[]}"#
            #expect(try await gateway.once(long, "/v1/roles", key: admin.token, role).problem == "invalid-header")
        }
    }

    @Test("Of many who send the same at once one does it, and all who are answered are answered alike")
    func atOnce() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await gateway.once("k", "/v1/keys", key: admin.token, #"{"name":"k","role":"agent","requesterId":"p"}"#) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            let done = answers.filter { $0.status == 201 }
            #expect(Set(done.compactMap { $0[text: "key.id"] }).count == 1 && answers.allSatisfy { [201, 409].contains($0.status) })
            #expect(done.count { $0[text: "secret"] != nil } == 1)
            #expect(try await gateway.keyIDs().count == 1)
        }
    }

    @Test("What is kept of a password under a request's key is no easier to guess than what is kept of passwords")
    func passwordsOfKeyedRequests() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin")
            let body = #"{"login":"bob","name":"Bob","password":"a quiet morning in May"}"#
            #expect(try await gateway.once("k", "/v1/users", key: admin.token, body).status == 201)
            var hash = SHA256()
            hash.update(data: Array("POST /v1/users\n".utf8))
            hash.update(data: Array(body.utf8))
            let kept = try await gateway.pool.query("SELECT fingerprint FROM helpdesk.request_keys").scalar([UInt8].self)
            #expect(kept != Array(hash.finalize()))
            // The same but for its spelling.
            let spelt = #"{"password": "a quiet morning in May", "name": "Bob", "login": "bob"}"#
            #expect(try await gateway.once("k", "/v1/users", key: admin.token, spelt).status == 201)
        }
    }

    @Test("An account is changed in the version that was seen: 428 without If-Match, 412 for an old one")
    func versions() async throws {
        try await RunningGateway.with { gateway in
            let admin = try await gateway.makePerson("root.admin", "admin"), ada = try await gateway.makeAccount("ada", roles: ["end_user"])
            let path = "/v1/users/\(ada.id.canonical)"
            func patch(_ json: String, _ match: String?) async throws -> Answer {
                try await gateway.send(.PATCH, path, key: admin.token, headers: match.map { [("If-Match", $0)] } ?? [], body: Data(json.utf8))
            }
            let seen = try await gateway.get(path, key: admin.token), tag = try #require(seen.header("ETag"))
            #expect(tag == #""1""# && seen[int: "version"] == 1)
            #expect(try await patch(#"{"name":"Ada L."}"#, nil).problem == "version-required")
            for bad in ["1", "x", "\"1"] { #expect(try await patch(#"{"name":"Ada L."}"#, bad).problem == "invalid-header", "\(bad)") }
            let changed = try await patch(#"{"name":"Ada L."}"#, tag)
            #expect(changed.status == 200 && changed.header("ETag") == #""2""# && changed[text: "name"] == "Ada L.")
            let late = try await patch(#"{"name":"Ada K.","persona":"operator"}"#, tag)
            #expect(late.status == 412 && late.problem == "version-mismatch" && late.header("ETag") == #""2""#)
            #expect(try await gateway.get(path, key: admin.token)[text: "name"] == "Ada L.", "nothing of it")
            #expect(try await patch(#"{"name":"Ada L."}"#, #""2""#).header("ETag") == #""2""#, "what changes nothing is no version")
            #expect(try await patch(#"{"persona":"operator"}"#, "*").header("ETag") == #""3""#)
            #expect(try await gateway.post(path + "/deactivate", key: admin.token, "{}").header("ETag") == #""4""#)
            #expect(try await gateway.post(path + "/activate", key: admin.token, "{}").header("ETag") == #""5""#)
            #expect(try await gateway.put(path + "/roles/agent", key: admin.token).header("ETag") == #""6""#)
            #expect(try await gateway.put(path + "/roles/agent", key: admin.token).header("ETag") == #""6""#)
            #expect(try await gateway.delete(path + "/roles/agent", key: admin.token).header("ETag") == #""7""#)
            let reset = try await gateway.post(path + "/reset-password", key: admin.token, "{}")
            #expect(reset[int: "user.version"] == 8)
            let token = try #require(reset[text: "oneTimeToken"])
            let set = #"{"token":"\#(token)","password":"an evening in November"}"#
            #expect(try await gateway.post("/v1/auth/password", key: nil, set).status == 204)
            #expect(try await gateway.get(path, key: admin.token).header("ETag") == #""9""#)
        }
    }
}
