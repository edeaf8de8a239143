import Domain
import Foundation
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

struct Forbidden: Error {}

/// Tickets in a database of their own, worked by hand.
struct WorkDesk: Sendable {
    let pool: ConnectionPool
    let work: TicketWork
    let search: TicketSearch

    static func with(_ body: (WorkDesk) async throws -> Void) async throws {
        let pool = try await emptyDatabase()
        let desk = WorkDesk(pool: pool, work: TicketWork(pool), search: TicketSearch(pool))
        do {
            try await body(desk)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Stores a ticket as Triage does.
    @discardableResult
    func store(
        requester: String = "ada", subject: String = "Lab frozen", body: String = "It does not move.", at time: Double = 1_763_000_000,
        messages: [(Visibility, String)] = [], _ change: (inout Ticket) -> Void = { _ in }
    ) async throws -> Ticket {
        var ticket = TicketQueriesTests.ticket(requester: requester, messages: messages.count)
        (ticket.subject, ticket.body, ticket.state, ticket.revision) = (subject, body, .triaged, 1)
        ticket.submittedAt = Date(timeIntervalSince1970: time)
        ticket.updatedAt = ticket.submittedAt
        change(&ticket)
        var changes = TicketChanges()
        changes.inserted = [ticket]
        changes.messages = messages.enumerated().map { index, message in
            Message(
                id: UUID(), ticket: ticket.id, number: index + 1, author: Author(kind: .agent, id: "eve"), visibility: message.0,
                body: message.1, language: "en", guardrails: [], at: ticket.submittedAt)
        }
        changes.history = [
            HistoryEntry(
                ticket: ticket.id, version: 1, kind: .submitted, cause: UUID(), actor: Author(kind: .requester, id: requester), origin: "t[0]@0",
                changes: [], at: ticket.submittedAt)
        ]
        let written = changes
        _ = try await PostgresLedger(pool).commit(
            consumer: "triage", entries: [LedgerEntry(eventID: ticket.id.uuid, payloadHash: [9], isReplay: false)]
        ) { fresh, transaction in
            try transaction.write(written)
            return fresh.map { _ in .applied([]) }
        }
        return ticket
    }

    func request(
        _ ticket: TicketID, _ expected: ExpectedVersion = .any, key: RequestKey? = nil, reason: String? = "because", scope: TicketScope = .all,
        includingInternal: Bool = true, party: TicketParty = .agent, authorise: (@Sendable (Ticket) throws -> Void)? = nil
    ) -> WorkRequest {
        WorkRequest(
            ticket: ticket, scope: scope, includingInternal: includingInternal, expected: expected, key: key, reason: reason,
            traceparent: nil,
            authorise: {
                try authorise?($0)
                return (party, Author(kind: party == .agent ? .agent : .requester, id: party == .agent ? "eve" : "ada"))
            }, encode: { Array("\($0.id) \($0.version) \($0.state.rawValue)".utf8) })
    }

    func ticket(_ id: TicketID) async throws -> Ticket { try #require(try await TicketQueries(pool).ticket(id, in: .all)) }

    func count(_ sql: SQL) async throws -> Int { Int(try await pool.query("SELECT count(*) FROM \(sql)").scalar(Int64.self)) }

    func find(_ words: String, scope: TicketScope = .all, includingInternal: Bool = true) async throws -> Set<TicketID> {
        Set(
            try await TicketQueries(pool).page(
                TicketFilter(words: words), in: scope, includingInternal: includingInternal, after: nil, limit: 100
            ).tickets.map(\.id))
    }
}
