import Domain
import Foundation
import NIOHTTP1
import Stores
import Testing
import WorkerRuntime

@testable import Ingest

@Suite("Reading and answering tickets against servers", .serialized, .timeLimit(.minutes(3)))
struct TicketServerTests {
    @Test("A ticket shows to its requester and to agents, with what each may see")
    func get() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store(messages: [(.public, "Restart it."), (.internal, "Third time today.")])
            let path = "/v1/tickets/\(ticket.id)"
            let own = try await gateway.get(path, key: gateway.makeKey(.endUser))
            #expect(own.status == 200 && own[text: "id"] == ticket.id.description && own[int: "tier.value"] == 2)
            #expect(own[text: "submittedAt"] == RFC3339.string(ticket.submittedAt))
            #expect((own.value("messages") as? [Any])?.count == 1 && own[text: "messages.0.body"] == "Restart it.")
            #expect(own[text: "classification.reasons.0.evidence"] == "frozen" && own[text: "classification.versions.model"] == "m")
            let agent = try await gateway.get(path, key: gateway.makeKey(.agent, requester: "eve"))
            #expect((agent.value("messages") as? [Any])?.count == 2)
            #expect(try await gateway.get(path + "?afterMessage=1", key: gateway.makeKey(.agent))[int: "messages.0.number"] == 2)

            let stranger = try await gateway.makeKey(.endUser, requester: "bob")
            let absent = "/v1/tickets/\(UUID().canonical)"
            for suffix in ["", "/history"] {
                let hidden = try await gateway.get(path + suffix, key: stranger), missing = try await gateway.get(absent + suffix, key: stranger)
                #expect(hidden.status == 404 && hidden.problem == "ticket-not-found")
                #expect(missing.status == 404 && hidden[text: "detail"] == missing[text: "detail"])
            }
            #expect(try await gateway.get("/v1/tickets/7", key: stranger).problem == "ticket-not-found")
            #expect(try await gateway.get(path + "?after=1", key: stranger).problem == "invalid-query")
        }
    }

    @Test("History shows one entry for each version")
    func history() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store()
            let answer = try await gateway.get("/v1/tickets/\(ticket.id)/history", key: gateway.makeKey(.endUser))
            #expect(answer.status == 200 && answer[int: "entries.0.version"] == 1 && answer[text: "entries.0.changes.0.to"] == "triaged")
        }
    }

    @Test("Lists page newest first without gaps or repeats, also where times are equal")
    func list() async throws {
        try await RunningGateway.with { gateway in
            let time = Date(timeIntervalSince1970: 1_763_000_000.000_001)
            var expected: [Ticket] = []
            for index in 0..<7 { expected.append(try await gateway.store(at: time.addingTimeInterval(Double(index / 3)))) }
            expected.sort { ($1.submittedAt, $1.id) < ($0.submittedAt, $0.id) }
            try await gateway.store(requester: "bob", severity: .high)
            let user = try await gateway.makeKey(.endUser), agent = try await gateway.makeKey(.agent)

            var found: [String] = [], cursor: String? = nil, pages = 0
            repeat {
                let answer = try await gateway.get("/v1/tickets?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""), key: user)
                #expect(answer.status == 200)
                found += (answer.value("tickets") as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
                cursor = answer[text: "next"]
                pages += 1
            } while cursor != nil && pages < 10
            #expect(found == expected.map(\.id.description) && pages == 3)

            func count(_ query: String, _ key: String) async throws -> Int? {
                (try await gateway.get("/v1/tickets?" + query, key: key).value("tickets") as? [Any])?.count
            }
            #expect(try await count("", agent) == 8)
            #expect(try await count("severity=high", agent) == 1)
            #expect(try await count("requester=bob", agent) == 1)
            #expect(try await count("requester=bob", user) == 0, "a filter does not widen what one may see")
            #expect(try await count("state=triaged&tier=2&category=lab.vm&severity=low", user) == 7)
            #expect(try await count("state=closed", agent) == 0)
            let first = try await gateway.get("/v1/tickets?limit=3", key: agent)
            let next = try #require(first[text: "next"])
            let moved = try await gateway.get("/v1/tickets?limit=3&state=new&cursor=\(next)", key: agent)
            #expect(moved.status == 400 && moved[text: "errors.0.field"] == "cursor")
        }
    }

    @Test("A forged cursor is a problem of its sender's, and a good one works at every gateway, also after a restart")
    func cursors() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.agent)
            for _ in 0..<3 { try await gateway.store() }
            let position = TicketPosition(submittedAt: Date(timeIntervalSince1970: 1_763_000_000), id: TicketID(UUID()))
            for guess in [[UInt8](), Array(repeating: 0, count: 32), Array("secret".utf8)] {
                let forged = TicketCursor(position: position).text(for: TicketFilter(), key: guess)
                let answer = try await gateway.get("/v1/tickets?cursor=\(forged)", key: key)
                #expect(answer.status == 400 && answer.problem == "invalid-query" && answer[text: "errors.0.field"] == "cursor")
            }
            let next = try #require(try await gateway.get("/v1/tickets?limit=1", key: key)[text: "next"])
            // Another gateway knows the secret from the database alone.
            let shared = try await CursorKey(GatewaySecrets(gateway.pool)).bytes()
            #expect(try TicketCursor(next, for: TicketFilter(), key: shared).text(for: TicketFilter(), key: shared) == next)
            #expect((try await gateway.get("/v1/tickets?cursor=\(next)", key: key).value("tickets") as? [Any])?.count == 2)
        }
    }

    @Test("What a requester reads leaves no trace of internal notes")
    func noTraceOfNotes() async throws {
        try await RunningGateway.with { gateway in
            let user = try await gateway.makeKey(.endUser), agent = try await gateway.makeKey(.agent, requester: "eve")
            func read(_ ticket: Ticket, _ key: String) async throws -> [String: Any] {
                let path = "/v1/tickets/\(ticket.id)"
                let whole = try await gateway.get(path, key: key), history = try await gateway.get(path + "/history", key: key)
                let list = try await gateway.get("/v1/tickets", key: key)
                #expect(whole.status == 200 && history.status == 200 && list.status == 200)
                let listed = (list.value("tickets") as? [[String: Any]] ?? []).filter { $0["id"] as? String == ticket.id.description }
                return ["ticket": whole.json, "history": history.json, "listed": listed]
            }
            // The same conversation twice, once with notes before, between and after what the requester sees.
            let plain = try await gateway.converse([.public, .public, .public])
            let noted = try await gateway.converse([.internal, .public, .internal, .internal, .public, .public, .internal])
            #expect(try await gateway.comparable(read(plain, user)) == gateway.comparable(read(noted, user)))

            let own = try await gateway.get("/v1/tickets/\(noted.id)", key: user)
            #expect(own[int: "messageCount"] == 3 && own[int: "version"] == 4 && own[int: "messages.2.number"] == 3)
            let rest = try await gateway.get("/v1/tickets/\(noted.id)?afterMessage=1", key: user)
            #expect((rest.value("messages") as? [[String: Any]])?.compactMap { $0["number"] as? Int } == [2, 3])
            let later = try await gateway.get("/v1/tickets/\(noted.id)/history?afterVersion=2", key: user)
            #expect((later.value("entries") as? [[String: Any]])?.compactMap { $0["version"] as? Int } == [3, 4])
            #expect(later[text: "entries.0.changes.0.from"] == "1" && later[text: "entries.0.changes.0.to"] == "2")

            let all = try await gateway.get("/v1/tickets/\(noted.id)", key: agent)
            #expect(all[int: "messageCount"] == 7 && all[int: "version"] == 8 && all[int: "messages.6.number"] == 7)
            #expect(all[text: "updatedAt"] != own[text: "updatedAt"])
            let versions = try await gateway.get("/v1/tickets/\(noted.id)/history", key: agent).value("entries") as? [[String: Any]]
            #expect(versions?.compactMap { $0["version"] as? Int } == Array(1...8))
        }
    }

    @Test("Replies and notes go to the log in the right name")
    func reply() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store()
            let path = "/v1/tickets/\(ticket.id)/messages"
            let user = try await gateway.makeKey(.endUser), agent = try await gateway.makeKey(.agent, requester: "eve")
            let stranger = try await gateway.makeKey(.endUser, requester: "bob")
            let first = try await gateway.post(path, key: user, headers: [("Idempotency-Key", "k")], #"{"body":"Still frozen."}"#)
            #expect(first.status == 202 && first[text: "ticketId"] == ticket.id.description)
            let repeated = try await gateway.post(path, key: user, headers: [("Idempotency-Key", "k")], #"{"body":"Still frozen."}"#)
            #expect(repeated.status == 202 && repeated[text: "id"] == first[text: "id"])
            #expect(
                try await gateway.post(path, key: user, headers: [("Idempotency-Key", "k")], #"{"body":"Other."}"#).problem
                    == "idempotency-conflict")
            #expect(try await gateway.post(path, key: agent, #"{"body":"Note.","visibility":"internal"}"#).status == 202)
            #expect(try await gateway.post(path, key: agent, #"{"body":"By mail.","author":{"kind":"requester","id":"ada"}}"#).status == 202)

            let note = try await gateway.post(path, key: user, #"{"body":"b","visibility":"internal"}"#)
            #expect(note.status == 403 && note[text: "errors.0.field"] == "visibility")
            #expect(try await gateway.post(path, key: stranger, #"{"body":"b"}"#).problem == "ticket-not-found")
            #expect(try await gateway.post(path, key: user, #"{"body":""}"#)[text: "errors.0.field"] == "body")
            #expect(try await gateway.post(path, key: user, #"{"body":"b","visibility":"secret"}"#)[text: "errors.0.field"] == "visibility")

            let events = try await gateway.published().map { try RawEvent($0).decode(TicketInput.self, fallbackType: nil) }
            let replies = events.compactMap { if case .replied(let reply) = $0.payload { reply } else { nil } }
            #expect(replies.map(\.author) == [.init(kind: .requester, id: "ada"), .init(kind: .agent, id: "eve"), .init(kind: .requester, id: "ada")])
            #expect(replies.map(\.visibility) == [.public, .internal, .public])
            #expect(events.first?.id.canonical == first[text: "id"], "the answer names the message as it will be stored")
        }
    }

    @Test("Paths, methods, health and metrics")
    func shell() async throws {
        try await RunningGateway.with { gateway in
            let nothing = try await gateway.get("/v2/tickets?secret=1", key: nil)
            #expect(nothing.status == 404 && nothing.problem == "route-not-found" && nothing[text: "instance"] == "/v2/tickets")
            let method = try await gateway.send(.DELETE, "/v1/tickets")
            #expect(method.status == 405 && method.problem == "method-not-allowed" && method.header("Allow") == "POST, GET")
            let odd = try await gateway.send(.GET, "/healthz", headers: [("X-Request-Id", "no good; id")])
            #expect(odd.status == 200 && odd.header("X-Request-Id")?.wholeMatch(of: /[0-9a-f]{16}/) != nil)
            try await eventually("ready") { try await gateway.get("/readyz", key: nil).status == 200 }
            let ready = try await gateway.get("/readyz", key: nil)
            #expect(ready[text: "components.0.name"] == "kafka" && ready[text: "components.1.name"] == "database")
            #expect(ready.value("components.0.required") as? Bool == true && ready.value("components.1.required") as? Bool == false)
            let key = try await gateway.makeKey(.endUser)
            _ = try await gateway.post("/v1/tickets", key: key, #"{"subject":"s","body":"b"}"#)
            let metrics = String(decoding: try await gateway.get("/metrics", key: nil).body, as: UTF8.self)
            for line in [
                #"http_server_request_duration_seconds_count{http_route="/v1/tickets",http_request_method="POST",http_response_status_class="2xx"} 1"#,
                "helpdesk_ingest_published_total 1", "helpdesk_database_reachable 1", "http_server_active_requests 1"
            ] { #expect(metrics.contains(line), "\(line)") }
            #expect(metrics.contains(#"http_route="other",http_request_method="other",http_response_status_class="4xx"} 2"#))
        }
    }

    @Test("A body that grows past the limit without saying so is cut off")
    func chunkedTooLarge() async throws {
        try await RunningGateway.with({ $0.bodyLimit = 2000 }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            let answer = try await gateway.stream("/v1/tickets", key: key, chunks: Array(repeating: String(repeating: " ", count: 500), count: 10))
            #expect(answer.status == 413 && answer.problem == "body-too-large")
            #expect(try await gateway.stream("/v1/tickets", key: key, chunks: [#"{"subject":"s","#, #""body":"b"}"#]).status == 202)
        }
    }
}
