import Domain
import Foundation
import Kafka
import NIOHTTP1
import Postgres
import Stores
import Testing
import WorkerRuntime

@testable import Ingest

@Suite("Streams of changes against servers", .serialized, .timeLimit(.minutes(5)))
struct StreamServerTests {
    @Test("Everybody is told of the tickets that they may see, and of no others, whatever an event claims")
    func visibility() async throws {
        try await RunningGateway.with { gateway in
            let own = try await gateway.store(), foreign = try await gateway.store(requester: "bob")
            let user = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            let agent = try await StreamReader(gateway, key: gateway.makeKey(.agent, requester: "eve"))
            let one = try await StreamReader(gateway, key: gateway.makeKey(.agent, requester: "eve"), query: "?ticket=\(foreign.id)")
            try await gateway.announce(foreign)
            try await gateway.announceUpdate(own, version: 99)
            try await gateway.announceUpdate(Ticket.absent, version: 1)
            try await eventually("the agent knows") { agent.events.contains { $0.id == "\(foreign.id):1" } }
            // A stream is in order: whatever it was told before stands before this.
            try await gateway.announce(own)
            try await eventually("both know") { !user.events.isEmpty && agent.events.count == 2 }
            let expected = StreamReader.Event(
                name: "ticket.classified", id: "\(own.id):1",
                data: ["ticket": own.id.description, "version": "1", "change": "submitted", "at": RFC3339.string(own.submittedAt)])
            #expect(user.events == [expected] && agent.events.last == expected)
            #expect(one.events.map(\.id) == ["\(foreign.id):1"])
            #expect(user.text.hasPrefix("retry: 3000\n"))
        }
    }

    @Test("A requester is not told of internal notes and kept answers, and counts versions without them")
    func internalChanges() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.converse([.internal, .public])
            _ = try await gateway.pool.execute(
                """
                INSERT INTO helpdesk.answers (ticket_id, number, event_id, stage, outcome, language, text, citations, articles, at)
                VALUES (\(ticket.id.uuid), 1, gen_random_uuid(), 'triage', 'withheld', 'en', 'Perhaps.', '{}', '[]', now())
                """)
            let user = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            let agent = try await StreamReader(gateway, key: gateway.makeKey(.agent, requester: "eve"))
            var first = ticket
            first.version = 1
            let answered = TicketAnswered(first, number: 1, outcome: .answered, messageID: UUID(), citations: [])
            try await gateway.producer.send(
                EmittedEvent(
                    answered, to: Topics.changes, stage: "triage", cause: UUID(), time: Date(), ticket: ticket.id, traceparent: nil
                ).record)
            try await gateway.announceUpdate(ticket, version: 2)
            try await eventually("the agent knows of both") { Set(agent.events.map(\.id)) == ["\(ticket.id):1", "\(ticket.id):2"] }
            try await gateway.announceUpdate(ticket, version: 3)
            try await eventually("the agent knows all") { agent.events.count == 3 && !user.events.isEmpty }
            #expect(user.events.map(\.id) == ["\(ticket.id):2"] && user.events.first?.data["version"] == "2")
            #expect(agent.events.last?.id == "\(ticket.id):3")
            #expect(try await gateway.tag(ticket.id, key: gateway.makeKey(.endUser)) == "\"2\"", "as the ticket is counted")
        }
    }

    @Test("A revoked key ends its stream within five seconds, and no other")
    func revoked() async throws {
        try await RunningGateway.with { gateway in
            let user = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            let ids = try await gateway.keyIDs()
            let other = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            for id in ids { #expect(try await ApiKeys(gateway.pool).revoke(id, by: Origin(actor: "test"))) }
            try await eventually("the stream has ended", within: .seconds(5)) { user.isEnded }
            #expect(user.events == [.init(name: "end", id: nil, data: ["reason": "credentials"])])
            #expect(!other.isEnded)
        }
    }

    @Test("Who signs out, or loses the right, is told nothing more")
    func signedOut() async throws {
        try await RunningGateway.with { gateway in
            let person = try await gateway.makePerson("ada", "end_user"), stranger = try await gateway.makePerson("bob", "end_user")
            let stream = try await StreamReader(gateway, key: person.token), other = try await StreamReader(gateway, key: stranger.token)
            #expect(try await gateway.post("/v1/auth/logout", key: person.token, "{}").status == 204)
            try await eventually("the stream has ended", within: .seconds(5)) { stream.isEnded }
            #expect(stream.events.last?.data == ["reason": "credentials"] && !other.isEnded)
        }
    }

    @Test("Who reads too slowly is dropped, with a last word for who reads on")
    func slow() async throws {
        for readsOn in [true, false] {
            try await RunningGateway.with({
                $0.streams.buffer = 4000
                $0.streams.grace = readsOn ? .seconds(30) : .milliseconds(300)
            }) { gateway in
                let key = try await gateway.makeKey(.agent), streams = gateway.gateway.streams
                let connection = try await RawConnection(port: gateway.port, receiveBuffer: 4096)
                await connection.send("GET /v1/tickets/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(key)\r\n\r\n")
                try await eventually("open") { connection.text.contains(": open") }
                try await connection.read(false)
                let stored = StoredChange(
                    kind: .replied, at: Date(), requester: "bob", isInternal: false, hiddenVersions: 0, isAnswerShown: false)
                let changes = (0..<500).map { version in
                    ToldChange(ChangeNotice(name: .updated, place: ChangePlace(ticket: TicketID(UUID()), version: version)), stored)
                }
                // Slow enough for a client that reads, and more than the network holds for one that does not.
                try await eventually("too much", within: .seconds(60)) {
                    streams.tell(changes)
                    return try await gateway.metric("helpdesk_ingest_streams_overflowed_total") == 1
                }
                if !readsOn { try await eventually("hung up on") { streams.places.count == 0 } }
                try await connection.read(true)
                try await eventually("closed") { connection.isClosed }
                let isTold = connection.text.contains("event: overflow\ndata: {\"reason\":\"overflow\"}\n\n")
                #expect(isTold == readsOn && streams.places.count == 0)
            }
        }
    }

    @Test("So many streams of one caller and in all; who hangs up makes room")
    func limits() async throws {
        try await RunningGateway.with({
            $0.streams.perCaller = 1
            $0.streams.limit = 2
        }) { gateway in
            let keys = [try await gateway.makeKey(.endUser), try await gateway.makeKey(.endUser), try await gateway.makeKey(.agent)]
            let first = try await StreamReader(gateway, key: keys[0])
            let again = try await gateway.get("/v1/tickets/stream", key: keys[0])
            #expect(again.status == 429 && again.problem == "too-many-streams" && again.header("Retry-After") == "5")
            let second = try await StreamReader(gateway, key: keys[1])
            let full = try await gateway.get("/v1/tickets/stream", key: keys[2])
            #expect(full.status == 503 && full.problem == "streams-unavailable" && full.header("Retry-After") == "5")
            first.hangUp()
            try await eventually("there is room", within: .seconds(5)) { gateway.gateway.streams.places.count == 1 }
            _ = try await StreamReader(gateway, key: keys[2])
            #expect(!second.isEnded)
        }
    }

    @Test("Where nothing happens a comment comes")
    func heartbeat() async throws {
        try await RunningGateway.with({
            $0.streams.heartbeat = .milliseconds(200)
            $0.streams.check = .milliseconds(50)
        }) { gateway in
            let stream = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            try await eventually("two comments") { stream.text.hasSuffix("\n\n:\n\n:\n\n") }
            #expect(stream.events.isEmpty)
        }
    }

    @Test("Changes while the database is away are told when it is back; a gap in the log ends the streams")
    func outages() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store()
            let stream = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
            try await gateway.database.sever()
            try await gateway.announce(ticket)
            try await eventually("the gateway has noticed") { try await gateway.metric("helpdesk_database_reachable") == 0 }
            #expect(stream.events.isEmpty)
            try gateway.database.restore()
            try await eventually("told") { stream.events.first?.id == "\(ticket.id):1" }
            gateway.gateway.streams.follow(false)
            try await eventually("ended") { stream.isEnded }
            #expect(stream.events.last == .init(name: "end", id: nil, data: ["reason": "missed"]))
            #expect(try await gateway.get("/v1/tickets/stream", key: gateway.makeKey(.endUser)).problem == "streams-unavailable")
        }
    }

    @Test("A stop ends streams with a word, in time")
    func stopping() async throws {
        let gateway = try await RunningGateway.start { _ in }
        let stream = try await StreamReader(gateway, key: gateway.makeKey(.endUser))
        let started = ContinuousClock.now
        #expect(await gateway.stop() == nil)
        try await eventually("ended") { stream.isEnded }
        #expect(stream.events.last == .init(name: "end", id: nil, data: ["reason": "stopping"]))
        #expect(ContinuousClock.now - started < .seconds(6), "it waits for nobody")
    }

    @Test("What cannot be asked for")
    func refused() async throws {
        try await RunningGateway.with { gateway in
            let user = try await gateway.makeKey(.endUser)
            let head = try await gateway.send(.HEAD, "/v1/tickets/stream", key: user)
            #expect(head.status == 405 && head.header("Allow") == "GET")
            let connection = try await RawConnection(port: gateway.port)
            await connection.send("HEAD /v1/tickets/stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            try await eventually("answered") { connection.isClosed }
            #expect(connection.statuses == [405] && connection.text.hasSuffix("\r\n\r\n"), "no body")
            let json = try await gateway.send(.GET, "/v1/tickets/stream", key: user, headers: [("Accept", "application/json, text/*;q=0")])
            #expect(json.status == 406 && json.problem == "not-acceptable")
            #expect(try await gateway.get("/v1/tickets/stream?ticket=7", key: user)[text: "errors.0.field"] == "ticket")
            #expect(try await gateway.get("/v1/tickets/stream", key: nil).status == 401)
            #expect(gateway.gateway.streams.places.count == 0, "none of them keeps a place")
        }
    }
}

extension Ticket {
    /// One that nobody stored.
    fileprivate static let absent = Ticket(
        id: TicketID(UUID()), version: 1, state: .triaged, requester: Requester(id: "ada"), persona: .trainee, channel: "api", subject: "s",
        body: "b", course: nil, module: nil, language: "en", category: Labelled("lab.vm", by: .rule), tier: Labelled(.engineer, by: .rule),
        severity: Labelled(.low, by: .model), confidence: 1, needsHuman: false, guardrails: [], revision: 1, failedAttempts: 0, messageCount: 0,
        classifiedAt: Date(), source: "s", submittedAt: Date(), updatedAt: Date())
}
