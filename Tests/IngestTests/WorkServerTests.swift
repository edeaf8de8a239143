import Domain
import Foundation
import Kafka
import NIOHTTP1
import Postgres
import Stores
import Testing
import WorkerRuntime

@testable import Ingest

extension RunningGateway {
    /// Posts an edit of a ticket as it is now.
    func edit(
        _ ticket: TicketID, _ operation: String, _ json: String? = nil, key: String, headers: [(String, String)] = [], match: String? = nil
    ) async throws -> Answer {
        var headers = headers
        if let tag = match { headers.append(("If-Match", tag)) } else { headers.append(("If-Match", "*")) }
        return try await send(.POST, "/v1/tickets/\(ticket)/\(operation)", key: key, headers: headers, body: json.map { Data($0.utf8) })
    }

    func tag(_ ticket: TicketID, key: String) async throws -> String {
        try await get("/v1/tickets/\(ticket)", key: key).header("ETag") ?? ""
    }

    /// What the database holds of a ticket, to see that nothing changed.
    func state(_ id: TicketID) async throws -> [String] {
        let ticket = try await TicketQueries(pool).ticket(id, in: .all)
        let counts = try await pool.query(
            """
            SELECT (SELECT count(*) FROM helpdesk.ticket_history)::text, (SELECT count(*) FROM helpdesk.corrections)::text,
            (SELECT count(*) FROM helpdesk.request_keys)::text, (SELECT count(*) FROM helpdesk.messages)::text
            """
        ).first
        return ["\(String(describing: ticket))"] + (try (0..<4).map { try counts?.decode(String.self, at: $0) ?? "" })
    }
}

@Suite("Working tickets against servers", .serialized, .timeLimit(.minutes(3)))
struct WorkServerTests {
    /// Every edit with a body that is taken.
    static let edits: [(operation: String, body: String?)] = [
        ("take", nil), ("assignment", #"{"assignee":"eve"}"#), ("state", #"{"state":"on_hold","reason":"r"}"#),
        ("cancel", #"{"reason":"r"}"#), ("classification", #"{"tier":3,"reason":"r"}"#), ("escalate", #"{"tier":3,"reason":"r"}"#),
        ("tags", #"{"add":["vip"]}"#), ("watchers", #"{"add":["eve"]}"#), ("links", #"{"ticket":"OTHER"}"#), ("merge", #"{"into":"OTHER"}"#)
    ]

    @Test("An agent's day: every edit works, is told, and shows")
    func agentsDay() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve"), user = try await gateway.makeKey(.endUser)
            let ticket = try await gateway.store(), other = try await gateway.store()
            var version = 1
            func edit(_ operation: String, _ json: String?, _ key: String) async throws -> Answer {
                let tag = try await gateway.tag(ticket.id, key: key)
                let answer = try await gateway.edit(ticket.id, operation, json, key: key, match: tag)
                #expect(answer.status == 200, "\(operation): \(String(decoding: answer.body, as: UTF8.self))")
                if key == agent {
                    version += 1
                    #expect(answer[int: "version"] == version && answer.header("ETag") == "\"\(version)\"", "\(operation)")
                }
                return answer
            }
            #expect(try await edit("take", nil, agent)[text: "assignee"] == "eve")
            #expect(
                try await edit("classification", #"{"category":"lab.network","severity":"high","reason":"DNS"}"#, agent)[text: "severity.source"]
                    == "agent")
            #expect(try await edit("tags", #"{"add":["VIP","dns"]}"#, agent).value("tags") as? [String] == ["dns", "vip"])
            #expect(try await edit("watchers", #"{"add":["boss"]}"#, agent).value("watchers") as? [String] == ["boss"])
            #expect(try await edit("links", #"{"ticket":"\#(other.id)"}"#, agent)[text: "state"] == "in_progress")
            #expect(try await edit("escalate", #"{"tier":3,"reason":"image bug"}"#, agent)[int: "tier.value"] == 3)
            #expect(try await edit("state", #"{"state":"waiting_requester"}"#, agent)[text: "state"] == "waiting_requester")
            #expect(try await edit("state", #"{"state":"resolved"}"#, agent)[text: "state"] == "resolved")
            let reopened = try await edit("reopen", "{}", user)
            version += 1
            #expect(reopened[int: "cycle"] == 2 && reopened.value("tags") == nil && reopened.value("assignee") == nil)
            // Tags, watchers and links are the agents' own.
            #expect(reopened[int: "version"] == version - 3)
            #expect(try await edit("merge", #"{"into":"\#(other.id)"}"#, agent)[text: "mergedInto"] == other.id.description)
            let detail = try await gateway.get("/v1/tickets/\(ticket.id)", key: agent)
            #expect(detail[text: "links.0.ticket"] == other.id.description && detail[text: "links.0.kind"] == "related")
            let history = try await gateway.get("/v1/tickets/\(ticket.id)/history", key: agent).value("entries") as? [[String: Any]] ?? []
            #expect(history.compactMap { $0["version"] as? Int } == Array(1...version))
            #expect(history.contains { $0["reason"] as? String == "image bug" })
            try await eventually("every event is on the topic") {
                try await gateway.pool.query("SELECT count(*) FROM helpdesk.outbox").scalar(Int64.self) == 0
            }
        }
    }

    @Test("Without If-Match 428, with an old one 412, and nothing is changed")
    func versions() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve")
            let ticket = try await gateway.store(), other = try await gateway.store()
            let before = try await gateway.state(ticket.id)
            for (operation, body) in Self.edits {
                let json = body?.replacing("OTHER", with: other.id.description)
                let path = "/v1/tickets/\(ticket.id)/\(operation)"
                let missing = try await gateway.send(.POST, path, key: agent, body: json.map { Data($0.utf8) })
                #expect(missing.status == 428 && missing.problem == "version-required", "\(operation)")
                let stale = try await gateway.edit(ticket.id, operation, json, key: agent, match: "\"7\"")
                #expect(stale.status == 412 && stale.problem == "version-mismatch" && stale.header("ETag") == "\"1\"", "\(operation)")
                #expect(try await gateway.edit(ticket.id, operation, json, key: agent, match: "1").status == 400, "\(operation)")
            }
            #expect(try await gateway.state(ticket.id) == before)
        }
    }

    @Test("Another's ticket is not there for any edit, and a requester may do only what is a requester's")
    func access() async throws {
        try await RunningGateway.with { gateway in
            let own = try await gateway.makeKey(.endUser), stranger = try await gateway.makeKey(.endUser, requester: "bob")
            let ticket = try await gateway.store(), other = try await gateway.store()
            let before = try await gateway.state(ticket.id)
            for (operation, body) in Self.edits {
                let json = body?.replacing("OTHER", with: other.id.description)
                let foreign = try await gateway.edit(ticket.id, operation, json, key: stranger)
                let absent = try await gateway.edit(TicketID(UUID()), operation, json, key: stranger)
                #expect(foreign.status == absent.status && foreign.problem == absent.problem && foreign[text: "detail"] == absent[text: "detail"])
                #expect([403, 404].contains(foreign.status), "\(operation)")
                guard !["cancel", "state"].contains(operation) else { continue }
                #expect(try await gateway.edit(ticket.id, operation, json, key: own).status == 403, "\(operation)")
            }
            for (operation, body) in [("cancel", "{}"), ("state", #"{"state":"resolved"}"#), ("escalate", "{}"), ("reopen", "{}")] {
                #expect(try await gateway.edit(ticket.id, operation, body, key: stranger).problem == "ticket-not-found", "\(operation)")
            }
            let held = try await gateway.edit(ticket.id, "state", #"{"state":"on_hold","reason":"r"}"#, key: own)
            #expect(held.status == 409 && held.problem == "state-conflict")
            #expect(try await gateway.edit(ticket.id, "reopen", "{}", key: own).problem == "state-conflict")
            // Mass assignment: what the body may not say is refused.
            #expect(try await gateway.edit(ticket.id, "escalate", #"{"tier":3}"#, key: own)[text: "errors.0.field"] == "tier")
            for query in ["assignee=eve", "assignee=none", "tag=vip", "watcher=eve"] {
                #expect(try await gateway.get("/v1/tickets?\(query)", key: own).status == 403)
            }
            #expect(try await gateway.state(ticket.id) == before)
            let greedy = try await gateway.edit(ticket.id, "escalate", #"{"reason":"please","state":"closed"}"#, key: own)
            #expect(greedy.status == 422 && greedy[text: "errors.0.field"] == "state")
            #expect(try await gateway.state(ticket.id) == before)
            let asked = try await gateway.edit(ticket.id, "escalate", #"{"reason":"please"}"#, key: own)
            #expect(asked.status == 200 && asked.value("needsHuman") as? Bool == true && asked[text: "state"] == "triaged")
        }
    }

    @Test("A keyed edit answers as it did, a changed body and another operation are refused")
    func keys() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve")
            let ticket = try await gateway.store()
            let key = [("Idempotency-Key", "k1")]
            let first = try await gateway.edit(ticket.id, "tags", #"{"add":["a"]}"#, key: agent, headers: key, match: "\"1\"")
            _ = try await gateway.edit(ticket.id, "take", key: agent)
            let again = try await gateway.edit(ticket.id, "tags", #"{"add":["a"]}"#, key: agent, headers: key, match: "\"1\"")
            #expect(first.status == 200 && again.status == 200 && first.body == again.body && again.header("ETag") == "\"2\"")
            let before = try await gateway.state(ticket.id)
            for (operation, body) in [("tags", #"{"add":["b"]}"#), ("watchers", #"{"add":["a"]}"#)] {
                let other = try await gateway.edit(ticket.id, operation, body, key: agent, headers: key)
                #expect(other.status == 422 && other.problem == "idempotency-conflict")
            }
            #expect(try await gateway.state(ticket.id) == before)
        }
    }

    /// Operation, body, status.
    static let refusals: [(String, String, Int)] = [
        ("tags", "", 400), ("tags", "[]", 422), ("tags", "{}", 422), ("tags", #"{"add":["a b"]}"#, 422), ("tags", #"{"add":["a\u0000"]}"#, 422),
        ("tags", #"{"add":[""]}"#, 422), ("tags", #"{"add":[7]}"#, 422), ("tags", #"{"add":["\ud800"]}"#, 400),
        ("tags", "{\"add\":\(String(repeating: "[", count: 20_000))", 400),
        ("tags", "{\"add\":[\"" + String(repeating: "x", count: 70_000) + "\"]}", 413),
        ("tags", "{\"add\":[\"" + String(repeating: "x", count: 51) + "\"]}", 422), ("assignment", #"{"assignee":null}"#, 422),
        ("assignment", #"{"assignee":" "}"#, 422), ("assignment", #"{"assignee":"a\u001fb"}"#, 422), ("state", #"{"state":"gone"}"#, 422),
        ("state", #"{"state":"on_hold"}"#, 422), ("state", #"{"state":"merged"}"#, 409), ("state", #"{"state":"closed"}"#, 409),
        ("state", #"{"state":"resolved","reason":"  "}"#, 422), ("classification", #"{"reason":"r"}"#, 422),
        ("classification", #"{"tier":4,"reason":"r"}"#, 422), ("classification", #"{"tier":2}"#, 422),
        ("classification", #"{"category":"A' OR 1=1","reason":"r"}"#, 422), ("escalate", #"{"tier":3}"#, 422), ("escalate", #"{"reason":"r"}"#, 422),
        ("escalate", #"{"tier":2,"reason":"r"}"#, 422), ("merge", #"{"into":"7"}"#, 422), ("links", #"{"ticket":"SELF"}"#, 422),
        ("merge", #"{"into":"SELF"}"#, 409), ("cancel", "{}", 422)
    ]

    @Test("Bodies that cannot be taken change nothing")
    func refused() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve")
            let ticket = try await gateway.store()
            let before = try await gateway.state(ticket.id)
            for (operation, body, status) in Self.refusals {
                let answer = try await gateway.edit(ticket.id, operation, body.replacing("SELF", with: ticket.id.description), key: agent)
                #expect(
                    answer.status == status && answer.problem != nil,
                    "\(operation) \(body.prefix(60)): \(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))")
            }
            #expect(try await gateway.state(ticket.id) == before)
        }
    }

    @Test("A keyed edit that is being done is not done a second time: 409, and Retry-After")
    func inFlight() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve"), ticket = try await gateway.store()
            let principal = "key:" + (try await gateway.keyIDs())[0].canonical
            let before = try await gateway.state(ticket.id)
            try await gateway.pool.withConnection { connection in
                _ = try connection.query("SELECT pg_advisory_lock(hashtextextended('helpdesk.request ' || \(principal) || ' busy', 0))")
            }
            let answer = try await gateway.edit(ticket.id, "take", key: agent, headers: [("Idempotency-Key", "busy")])
            #expect(answer.status == 409 && answer[text: "type"] == ProblemType.requestInFlight.uri)
            #expect(try await gateway.state(ticket.id) == before)
            #expect(try await gateway.edit(ticket.id, "take", key: agent, headers: [("Idempotency-Key", "free")]).status == 200)
        }
    }

    @Test("Nobody writes in the name of the AI or the system", arguments: ["ai", "system"])
    func mouths(kind: String) async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve"), ticket = try await gateway.store()
            let answer = try await gateway.post(
                "/v1/tickets/\(ticket.id)/messages", key: agent, #"{"author":{"kind":"\#(kind)","id":"x"},"body":"b"}"#)
            #expect(answer.status == 422 && String(decoding: answer.body, as: UTF8.self).contains("author.kind"))
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("The search finds what was written, in pages, and nothing of others'")
    func search() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve"), user = try await gateway.makeKey(.endUser)
            for index in 0..<5 { try await gateway.store(at: Date(timeIntervalSince1970: 1_763_000_000 + Double(index))) }
            let foreign = try await gateway.store(requester: "bob", messages: [(.internal, "Sabotage?")])
            func found(_ query: String, _ key: String) async throws -> [String] {
                let answer = try await gateway.get("/v1/tickets?" + query, key: key)
                #expect(answer.status == 200, "\(query)")
                return (answer.value("tickets") as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            }
            try await eventually("the words are there") { try await found("q=sabotage", agent) == [foreign.id.description] }
            try await eventually("all words are there") { try await found("q=frozen", agent).count == 6 }
            #expect(try await found("q=FROZEN", user).count == 5)
            // What stands in a note is not without it, for those who may read the note.
            #expect(try await found("q=frozen+-sabotage", agent).count == 5)
            let owner = try await gateway.makeKey(.endUser, requester: "bob")
            #expect(try await found("q=frozen+-sabotage", owner) == [foreign.id.description])
            #expect(try await found("q=sabotage", user).isEmpty)
            #expect(try await found("q=frozen&requester=bob", user).isEmpty)
            #expect(try await found("q=frozen&state=triaged&sort=submittedAt", user) == found("q=frozen", user).reversed())
            for text in ["%27%29%3B%20DROP%20TABLE%20helpdesk.tickets%3B--", "%22", "%5C", "%28", "!%26%7C", "-", "%EF%BF%BF"] {
                _ = try await found("q=\(text)", user)
            }
            for (query, field) in [
                ("q=%00", "q"), ("q=%ED%A0%80", "q"), ("q=" + String(repeating: "x", count: 301), "q"), ("sort=id;DROP", "sort"),
                ("q=" + String(repeating: "-+", count: 149), "q")
            ] {
                let answer = try await gateway.get("/v1/tickets?" + query, key: user)
                #expect(answer.status == 400 && answer[text: "errors.0.field"] == field, "\(query)")
            }
            let page = try await gateway.get("/v1/tickets?q=frozen&limit=2", key: user)
            let next = try #require(page[text: "next"])
            #expect((try await gateway.get("/v1/tickets?q=frozen&limit=2&cursor=\(next)", key: user).value("tickets") as? [Any])?.count == 2)
            for query in ["q=lab&cursor=\(next)", "cursor=\(next)", "q=frozen&sort=submittedAt&cursor=\(next)"] {
                #expect(try await gateway.get("/v1/tickets?" + query, key: user)[text: "errors.0.field"] == "cursor", "\(query)")
            }
            // A cursor carries no rights: an agent's in a requester's hand shows the requester's own.
            let agents = try #require(try await gateway.get("/v1/tickets?q=frozen&limit=1", key: agent)[text: "next"])
            #expect(try await found("q=frozen&cursor=\(agents)", user).count <= 5)
        }
    }

    @Test("A reply can be waited for until it is stored")
    func waiting() async throws {
        try await RunningGateway.with { gateway in
            let user = try await gateway.makeKey(.endUser)
            let ticket = try await gateway.store()
            let path = "/v1/tickets/\(ticket.id)/messages"
            let early = try await gateway.post(path, key: user, headers: [("Prefer", "wait=1"), ("Idempotency-Key", "k")], #"{"body":"Still."}"#)
            #expect(early.status == 202 && early.header("Preference-Applied") == "wait=1")
            let id = try #require(UUID(uuidString: early[text: "id"] ?? ""))
            async let answer = gateway.post(path, key: user, headers: [("Prefer", "wait=20"), ("Idempotency-Key", "k")], #"{"body":"Still."}"#)
            // Triage's part.
            var changes = TicketChanges()
            var changed = ticket
            (changed.version, changed.messageCount) = (2, 1)
            changes.updated = [changed]
            changes.messages = [
                Message(
                    id: id, ticket: ticket.id, number: 1, author: Author(kind: .requester, id: "ada"), visibility: .public, body: "Still.",
                    language: "en", guardrails: [], at: ticket.submittedAt)
            ]
            let written = changes
            _ = try await PostgresLedger(gateway.pool).commit(
                consumer: IdempotencyCheck.consumer, entries: [LedgerEntry(eventID: UUID(), payloadHash: [1], isReplay: false)]
            ) { fresh, transaction in
                try transaction.write(written)
                return fresh.map { _ in .applied([]) }
            }
            let event = EmittedEvent(
                TicketUpdated(changed, kind: .replied), to: Topics.changes, stage: "triage", cause: UUID(), time: Date(), ticket: ticket.id,
                traceparent: nil)
            try await gateway.producer.send(event.record)
            let stored = try await answer
            #expect(stored.status == 201 && stored[text: "body"] == "Still." && stored[int: "number"] == 1)
        }
    }
}
