import Domain
import Foundation
import Postgres
import Stores
import Testing
import WorkerRuntime

@Suite("Ticket queries in PostgreSQL", .serialized, .timeLimit(.minutes(2)))
struct TicketQueriesTests {
    static func ticket(requester: String, messages: Int = 0) -> Ticket {
        let now = Date(timeIntervalSince1970: 1_763_000_000)
        return Ticket(
            id: TicketID(.v7()), version: 1, state: .new, requester: Requester(id: requester), persona: .trainee, channel: "api", subject: "s",
            body: "b", course: nil, module: nil, language: "en", category: Labelled("other", by: .model),
            tier: Labelled(.selfService, by: .model), severity: Labelled(.low, by: .model), confidence: 0.5, needsHuman: false, guardrails: [],
            revision: 0, failedAttempts: 0, messageCount: messages, classifiedAt: Date(timeIntervalSince1970: 1_760_000_000), source: "test",
            submittedAt: now, updatedAt: now)
    }

    func store(_ ticket: Ticket, messages: Int = 0, _ pool: ConnectionPool) async throws {
        var changes = TicketChanges()
        changes.inserted = [ticket]
        changes.messages = (0..<messages).map { index in
            Message(
                id: UUID(), ticket: ticket.id, number: index + 1, author: Author(kind: .agent, id: "a"),
                visibility: index % 2 == 0 ? .public : .internal, body: "m", language: "en", guardrails: [], at: ticket.submittedAt)
        }
        changes.history = changes.messages.map { message in
            HistoryEntry(
                ticket: ticket.id, version: message.number + 1, kind: .replied, cause: message.id, actor: message.author, origin: "t[0]@0",
                changes: [], at: message.at, isInternal: message.visibility == .internal)
        }
        let written = changes
        _ = try await PostgresLedger(pool).commit(
            consumer: "triage", entries: [LedgerEntry(eventID: ticket.id.uuid, payloadHash: [9], isReplay: false)]
        ) { fresh, transaction in
            try transaction.write(written)
            return fresh.map { _ in .applied([]) }
        }
    }

    @Test("Outside its scope a ticket is not there, on any way in")
    func scopes() async throws {
        let pool = try await emptyDatabase()
        let queries = TicketQueries(pool), ticket = Self.ticket(requester: "ada")
        try await store(ticket, pool)
        for (scope, isThere) in [(TicketScope.all, true), (.requester("ada"), true), (.requester("bob"), false), (.none, false)] {
            #expect(try await (queries.ticket(ticket.id, in: scope) != nil) == isThere)
            #expect(try await (queries.detail(ticket.id, in: scope, includingInternal: true) != nil) == isThere)
            #expect(try await (queries.history(ticket.id, in: scope, includingInternal: true) != nil) == isThere)
            #expect(try await queries.page(TicketFilter(), in: scope, includingInternal: true, after: nil, limit: 10).tickets.isEmpty == !isThere)
        }
        await pool.close()
    }

    @Test("The history that a requester sees is silent about internal notes")
    func internalHistory() async throws {
        let pool = try await emptyDatabase()
        let queries = TicketQueries(pool), ticket = Self.ticket(requester: "ada")
        try await store(ticket, messages: 4, pool)
        let all = try #require(try await queries.history(ticket.id, in: .all, includingInternal: true))
        let seen = try #require(try await queries.history(ticket.id, in: .all, includingInternal: false))
        #expect(all.entries.map(\.version) == [2, 3, 4, 5])
        // Counted as if the notes in between had never been.
        #expect(seen.entries.map(\.version) == [2, 3])
        #expect(seen.entries.map(\.cause) == [all.entries[0].cause, all.entries[2].cause])
        await pool.close()
    }

    @Test("A stub is shown to nobody")
    func stubs() async throws {
        let pool = try await emptyDatabase()
        let id = TicketID(UUID())
        try await pool.execute("INSERT INTO helpdesk.tickets (id, version) VALUES (\(id.uuid), 0)")
        #expect(try await TicketQueries(pool).ticket(id, in: .all) == nil)
        #expect(try await TicketQueries(pool).page(TicketFilter(), in: .all, includingInternal: true, after: nil, limit: 10).tickets.isEmpty)
        await pool.close()
    }

    @Test("A long conversation comes in parts")
    func parts() async throws {
        let pool = try await emptyDatabase()
        let queries = TicketQueries(pool), ticket = Self.ticket(requester: "ada")
        try await store(ticket, messages: 2 * TicketQueries.messageLimit + 2, pool)
        let first = try #require(try await queries.detail(ticket.id, in: .all, includingInternal: false))
        #expect(first.messages.count == TicketQueries.messageLimit && first.hasMoreMessages)
        #expect(first.messages.allSatisfy { $0.visibility == .public })
        let rest = try #require(
            try await queries.detail(ticket.id, in: .all, includingInternal: false, after: first.messages.last?.number ?? 0))
        #expect(rest.messages.count == 1 && !rest.hasMoreMessages)
        await pool.close()
    }

    @Test("A list has the beginnings of texts, one ticket has them whole", arguments: [true, false])
    func longTexts(includingInternal: Bool) async throws {
        let pool = try await emptyDatabase()
        var ticket = Self.ticket(requester: "ada")
        ticket.body = String(repeating: "ü", count: 100_000)
        try await store(ticket, pool)
        let queries = TicketQueries(pool)
        let page = try await queries.page(TicketFilter(), in: .all, includingInternal: includingInternal, after: nil, limit: 10)
        let listed = page.tickets.map(\.body), detail = try await queries.detail(ticket.id, in: .all, includingInternal: includingInternal)
        // Counted, because a failure that quotes the text would fill the terminal.
        #expect(listed.map(\.count) == [500] && ticket.body.hasPrefix(listed[0]) == true)
        let isWhole = detail?.ticket == ticket
        #expect(isWhole)
        await pool.close()
    }

    @Test("The inbox tells the payload's hash")
    func inbox() async throws {
        let pool = try await emptyDatabase()
        let ticket = Self.ticket(requester: "ada")
        try await store(ticket, pool)
        #expect(try await InboxQueries(pool).payloadHash(consumer: "triage", event: ticket.id.uuid) == [9])
        #expect(try await InboxQueries(pool).payloadHash(consumer: "other", event: ticket.id.uuid) == nil)
        await pool.close()
    }
}
