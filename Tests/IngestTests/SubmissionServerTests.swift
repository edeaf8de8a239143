import Domain
import Foundation
import Kafka
import Messaging
import Stores
import Testing
import WorkerRuntime

@testable import Ingest

private let body = #"{"subject":"Lab frozen","body":"It does not move."}"#

@Suite("POST /v1/tickets against servers", .serialized, .timeLimit(.minutes(3)))
struct SubmissionServerTests {
    @Test("A submission is on the log when it is answered")
    func accepted() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser, persona: .instructor)
            let answer = try await gateway.post(
                "/v1/tickets", key: key,
                headers: [("X-Request-Id", "r-1"), ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")], body)
            #expect(answer.status == 202 && answer[text: "state"] == "accepted")
            let id = try #require(answer[text: "id"])
            #expect(UUID(uuidString: id).map { $0.uuid.6 >> 4 } == 7)
            #expect(answer.header("Location") == "/v1/tickets/\(id)" && answer[text: "links.self"] == "/v1/tickets/\(id)")
            #expect(answer.header("X-Request-Id") == "r-1")
            for (name, value) in [
                ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"), ("Content-Type", "application/json")
            ] { #expect(answer.header(name) == value) }

            let records = try await gateway.published()
            let record = try #require(records.first)
            #expect(records.count == 1 && record.key == Array(id.utf8))
            let event = try RawEvent(record).decode(TicketInput.self, fallbackType: nil)
            #expect(event.source == "/helpdesk/ingest" && event.ticket.description == id)
            #expect(event.traceparent?.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") == true)
            #expect(event.traceparent?.contains("b7ad6b7169203331") == false)
            guard case .submitted(let payload) = event.payload else { return #expect(Bool(false), "expected a submission") }
            #expect(payload.requester.id == "ada" && payload.persona == .instructor && payload.subject == "Lab frozen")
        }
    }

    @Test("What cannot be taken is refused with its reason, and nothing is published")
    func refusals() async throws {
        try await RunningGateway.with { gateway in
            let user = try await gateway.makeKey(.endUser)
            let expired = try await gateway.makeKey(.agent, expires: Date(timeIntervalSinceNow: -1))
            func check(
                _ status: Int, _ problem: String, key: String?, headers: [(String, String)] = [], _ json: String = body, field: String? = nil,
                comment: Comment
            ) async throws {
                let answer = try await gateway.post("/v1/tickets", key: key, headers: headers, json)
                #expect(answer.status == status && answer.problem == problem, comment)
                if let field { #expect(answer[text: "errors.0.field"] == field, comment) }
                if status == 401 { #expect(answer.header("WWW-Authenticate")?.hasPrefix("Bearer") == true, comment) }
            }
            try await check(401, "unauthenticated", key: nil, comment: "no key")
            try await check(401, "unauthenticated", key: nil, headers: [("Authorization", "Basic YTpi")], comment: "another scheme")
            try await check(401, "unauthenticated", key: "hdk_short", comment: "no form of a key")
            try await check(401, "unauthenticated", key: "hdk_" + String(repeating: "A", count: 43), comment: "unknown key")
            try await check(401, "unauthenticated", key: expired, comment: "expired key")
            try await check(415, "unsupported-media-type", key: user, headers: [("Content-Type", "text/plain")], comment: "content type")
            try await check(400, "invalid-json", key: user, "{", comment: "not JSON")
            try await check(400, "invalid-json", key: user, "", comment: "no body")
            try await check(422, "invalid-fields", key: user, #"{"subject":"s"}"#, field: "body", comment: "missing field")
            try await check(422, "invalid-fields", key: user, #"{"subject":"s\u0000","body":"b"}"#, field: "subject", comment: "U+0000")
            try await check(422, "invalid-fields", key: user, #"{"subject":" ","body":"b"}"#, field: "subject", comment: "blank")
            try await check(
                422, "invalid-fields", key: user, #"{"subject":"s","body":"\#(String(repeating: "x", count: 100_001))"}"#, field: "body",
                comment: "too long")
            try await check(
                403, "forbidden", key: user, #"{"subject":"s","body":"b","requester":{"id":"bob"}}"#, field: "requester.id", comment: "another's name"
            )
            try await check(
                403, "forbidden", key: user, #"{"subject":"s","body":"b","persona":"admin"}"#, field: "persona", comment: "another persona")
            try await check(413, "body-too-large", key: user, String(repeating: " ", count: 1_000_001), comment: "declared too large")
            try await check(400, "invalid-header", key: user, headers: [("Idempotency-Key", String(repeating: "k", count: 256))], comment: "long key")
            try await check(400, "invalid-header", key: user, headers: [("Idempotency-Key", "ümlaut")], comment: "key not ASCII")
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("Who may act for others names requester and persona")
    func onBehalf() async throws {
        try await RunningGateway.with { gateway in
            let portal = try await gateway.makeKey(.agent, requester: "portal")
            let answer = try await gateway.post(
                "/v1/tickets", key: portal,
                #"{"subject":"s","body":"b","requester":{"id":"bob","email":"b@example.org"},"persona":"operator","channel":"email"}"#)
            #expect(answer.status == 202)
            let record = try #require(try await gateway.published().first)
            guard case .submitted(let payload) = try RawEvent(record).decode(TicketInput.self, fallbackType: nil).payload else {
                return #expect(Bool(false), "expected a submission")
            }
            #expect(payload.requester == Requester(id: "bob", email: "b@example.org") && payload.persona == .operator && payload.channel == "email")
        }
    }

    @Test("One idempotency key is one ticket, and one body")
    func idempotency() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser), other = try await gateway.makeKey(.endUser, requester: "bob")
            let named = [("Idempotency-Key", "order 1")]
            let first = try await gateway.post("/v1/tickets", key: key, headers: named, body)
            let second = try await gateway.post("/v1/tickets", key: key, headers: named, body)
            #expect(first.status == 202 && second.status == 202 && first.body == second.body)
            let changed = try await gateway.post("/v1/tickets", key: key, headers: named, #"{"subject":"s","body":"b"}"#)
            #expect(changed.status == 422 && changed.problem == "idempotency-conflict")
            let another = try await gateway.post("/v1/tickets", key: other, headers: named, body)
            #expect(another.status == 202 && another[text: "id"] != first[text: "id"])
            #expect(try await gateway.published().count == 2)
        }
    }

    @Test("A gateway that has forgotten asks the inbox")
    func inboxRemembers() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            // As another gateway published it: the ids depend on the key's id and the idempotency key alone.
            let principal = "key:" + (try await gateway.keyIDs()[0].canonical), ticket = TicketNaming.ticket(principal: principal, key: "k")
            let payload = TicketSubmitted(
                ticketID: ticket, requester: Requester(id: "ada"), persona: .trainee, channel: "api", subject: "Lab frozen",
                body: "It does not move.")
            let handled = GatewayEvent(payload, id: ticket.uuid, ticket: ticket, traceparent: "").handled
            try await gateway.store(ticket, messages: [(.internal, "Known fault.")], cause: (handled.id, handled.payloadHash))

            let changed = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "k")], #"{"subject":"s","body":"b"}"#)
            #expect(changed.problem == "idempotency-conflict")
            let same = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "k")], body)
            #expect(same.status == 202 && same[text: "id"] == ticket.description)
            #expect(try await gateway.published().isEmpty)
            let waited = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "k"), ("Prefer", "wait=30")], body)
            #expect(waited.status == 201 && waited[text: "category.value"] == "lab.vm")
            #expect((waited.value("messages") as? [Any])?.isEmpty == true, "internal notes stay internal here too")
        }
    }

    @Test("With Kafka away the outcome is unknown, and the same request can be sent again with the key that comes back")
    func kafkaAway() async throws {
        try await RunningGateway.with({ $0.publishTimeout = .seconds(1) }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            try gateway.broker.takeDown()
            let failed = try await gateway.post("/v1/tickets", key: key, body)
            #expect(failed.status == 503 && failed.problem == "outcome-unknown" && failed.header("Retry-After") == "5")
            let retry = try #require(failed[text: "idempotencyKey"])
            #expect(failed.header("Idempotency-Key") == retry)
            let named = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "mine")], body)
            #expect(named.problem == "outcome-unknown" && named[text: "idempotencyKey"] == "mine")
            try await eventually("not ready") { try await gateway.get("/readyz", key: nil).status == 503 }
            try gateway.broker.bringUp()
            try await eventually("ready again") { try await gateway.get("/readyz", key: nil).status == 200 }
            let again = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", retry)], body)
            #expect(again.status == 202)
            #expect(again[text: "id"].flatMap(UUID.init(uuidString:)).map { $0.uuid.6 >> 4 } == 7)
            let changed = try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "mine")], #"{"subject":"s","body":"b"}"#)
            #expect(changed.problem == "idempotency-conflict", "the first one may be on the log")
        }
    }

    @Test("With the database away submissions go on, for keys that are known")
    func databaseAway() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser), unknown = try await gateway.makeKey(.endUser)
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            try await gateway.database.sever()
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            #expect(try await gateway.post("/v1/tickets", key: key, headers: [("Idempotency-Key", "k")], body).status == 202)
            #expect(try await gateway.post("/v1/tickets", key: key, headers: [("Prefer", "wait=1")], body).status == 202)
            let stranger = try await gateway.post("/v1/tickets", key: unknown, body)
            #expect(stranger.status == 503 && stranger.problem == "identity-unavailable" && stranger.header("Retry-After") == "5")
            for path in ["/v1/tickets", "/v1/tickets/\(UUID().canonical)", "/v1/tickets/\(UUID().canonical)/history"] {
                let answer = try await gateway.get(path, key: key)
                #expect(answer.status == 503 && answer.problem == "database-unavailable" && answer.header("Retry-After") == "5")
            }
            let reply = try await gateway.post("/v1/tickets/\(UUID().canonical)/messages", key: key, #"{"body":"b"}"#)
            #expect(reply.status == 503 && reply.problem == "database-unavailable")
            try await eventually("the database shown as away") {
                try await gateway.get("/readyz", key: nil)[text: "components.1.status"] == "not_ready"
            }
            let ready = try await gateway.get("/readyz", key: nil)
            #expect(ready.status == 200 && ready.value("components.1.required") as? Bool == false, "ready all the same")
            try gateway.database.restore()
            try await eventually("the stranger's key works") { try await gateway.post("/v1/tickets", key: unknown, body).status == 202 }
            #expect(try await gateway.get("/v1/tickets", key: key).status == 200)
        }
    }

    @Test("A revoked key ends while the gateway runs")
    func revoked() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            for id in try await gateway.keyIDs() { #expect(try await ApiKeys(gateway.pool).revoke(id, by: Origin(actor: "test"))) }
            try await eventually("refused") { try await gateway.post("/v1/tickets", key: key, body).status == 401 }
        }
    }
}

@Suite("Prefer: wait against servers", .serialized, .timeLimit(.minutes(3)))
struct WaitServerTests {
    @Test("The answer comes with the classification as soon as it is published")
    func classified() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            async let waiting = gateway.post("/v1/tickets", key: key, headers: [("Prefer", "wait=30")], body)
            try await eventually("published") { try await !gateway.published().isEmpty }
            let record = try #require(try await gateway.published().first)
            let id = try #require(TicketID(String(decoding: record.key ?? [], as: UTF8.self)))
            let ticket = try await gateway.store(id)
            let started = ContinuousClock.now
            // The tail begins at the topic's end as it opens, so the first word may be too early.
            let announcing = Task {
                while !Task.isCancelled {
                    try await gateway.announce(ticket)
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            let answer = try await waiting
            announcing.cancel()
            #expect(ContinuousClock.now - started < .seconds(20), "did not wait for the time to run out")
            #expect(answer.status == 201 && answer.header("Preference-Applied") == "wait=30")
            #expect(answer.header("Location") == "/v1/tickets/\(id)" && answer[text: "id"] == id.description)
            #expect(answer[text: "classification.category.value"] == "lab.vm" && answer[text: "classification.reasons.0.rule"] == "vm-freeze")
        }
    }

    @Test("When the time runs out the answer is 202")
    func timeout() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            let answer = try await gateway.post("/v1/tickets", key: key, headers: [("Prefer", "wait=1")], body)
            #expect(answer.status == 202 && answer.header("Preference-Applied") == "wait=1" && answer[text: "state"] == "accepted")
        }
    }

    @Test("Who finds no place does not wait, and is not told otherwise")
    func full() async throws {
        try await RunningGateway.with({ $0.waiters = 0 }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            let answer = try await gateway.post("/v1/tickets", key: key, headers: [("Prefer", "wait=30")], body)
            #expect(answer.status == 202 && answer.header("Preference-Applied") == nil)
        }
    }

    @Test("A stop answers those who wait, and finishes in time")
    func stopping() async throws {
        let gateway = try await RunningGateway.start { _ in }
        let key = try await gateway.makeKey(.endUser)
        async let waiting = gateway.post("/v1/tickets", key: key, headers: [("Prefer", "wait=30")], body)
        try await eventually("published") { try await !gateway.published().isEmpty }
        let started = ContinuousClock.now
        await gateway.stop()
        #expect(try await waiting.status == 202)
        #expect(ContinuousClock.now - started < .seconds(20))
    }
}
