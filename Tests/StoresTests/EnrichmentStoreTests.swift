import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing

/// Against a real server.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EnrichmentServerTests {
    static let at = Date(timeIntervalSince1970: 1_900_000_000.25)

    private func withPool(_ body: (ConnectionPool) async throws -> Void) async throws {
        let pool = ConnectionPool(
            settings: try PostgresSettings(url: try await PrivatePostgres.shared().createDatabase()), logger: Logger(label: "test"))
        do {
            _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
            try await body(pool)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    private func answer(_ event: UUID, content: String = #"{"text": "a\u0000b", "x": 1}"#) -> ModelAnswer {
        ModelAnswer(
            event: event, promptVersion: "abc", ticket: TicketID(.v7()), model: "m", content: content, sources: ["01-a@1#b", "02-c@1#d"],
            redacted: ["secret": 2], inputTokens: 100, outputTokens: 50, cost: 0.25, attempts: 2, latency: .milliseconds(1500), at: Self.at)
    }

    @Test func theFirstAnswerForAnEventAndPromptCounts() async throws {
        try await withPool { pool in
            let ledger = PostgresLedger(pool)
            let event = UUID.v7(), first = answer(event)
            #expect(try await ledger.store(first) == first)
            var other = answer(event, content: "{}")
            other.ticket = first.ticket
            other.sources = []
            #expect(try await ledger.store(other) == first)
            other.promptVersion = "def"
            #expect(try await ledger.store(other) == other)
            let record = try await ledger.modelAnswer(consumer: "enrichment", event: event, promptVersion: "abc", ticket: first.ticket)
            #expect(record == ModelAnswerRecord(isHandled: false, hasTicket: false, answer: first))
        }
    }

    @Test func aTicketsFactsAreReadUnderItsLockAndSuggestionsComeBack() async throws {
        try await withPool { pool in
            let ticket = Ticket(
                id: TicketID(.v7()), version: 1, state: .triaged, requester: Requester(id: "mara"), persona: .trainee, channel: "web", subject: "s",
                body: "b", course: nil, module: nil, language: "en", category: Labelled("vpn", by: .model), tier: Labelled(.generalist, by: .model),
                severity: Labelled(.medium, by: .model), confidence: 0.3, needsHuman: true, guardrails: [], revision: 1, failedAttempts: 0,
                messageCount: 1, answer: .notCovered, enrichment: .pending, classifiedAt: Self.at, source: "test", submittedAt: Self.at,
                updatedAt: Self.at)
            let suggestion = Suggestion(
                ticket: ticket.id, number: 1, cause: .v7(), reason: .newMessages, category: "vpn", tier: .engineer, severity: .high, confidence: 0.5,
                language: "en", rationale: "because", text: nil, citations: [], model: "m", promptVersion: "abc", at: Self.at)
            let said = answer(.v7())
            let facts = try await pool.transaction { connection in
                let transaction = PostgresTicketTransaction(connection)
                var changes = EnrichmentChanges()
                changes.tickets.inserted = [ticket]
                changes.tickets.messages = [
                    Message.answer("hello", to: ticket.id, cause: .v7(), number: 1, language: "en", at: Self.at)
                ]
                changes.suggestions = [suggestion]
                changes.answers = [said]
                #expect(try transaction.enrichmentFacts(of: [ticket.id]) == [ticket.id: EnrichmentFacts()])
                try transaction.write(changes)
                return try transaction.enrichmentFacts(of: [ticket.id])
            }
            #expect(facts == [ticket.id: EnrichmentFacts(answers: 0, suggestions: 1, hasResponse: true)])
            #expect(try await TicketQueries(pool).suggestions(for: ticket.id) == [suggestion])
            let record = try await PostgresLedger(pool).modelAnswer(
                consumer: "enrichment", event: said.event, promptVersion: "abc", ticket: ticket.id)
            #expect(record == ModelAnswerRecord(isHandled: false, hasTicket: true, answer: said))
        }
    }

    @Test func modelHealthIsAbsentThenAsReportedThenOld() async throws {
        try await withPool { pool in
            let queries = ModelHealthQueries(pool)
            #expect(try await queries.modelHealth(at: Date()) == .absent)
            try await queries.store(.init(name: "m", isHealthy: true, breaker: "closed", detail: nil))
            #expect(try await queries.modelHealth(at: Date()) == .healthy)
            #expect(try await queries.modelHealth(at: Date(timeIntervalSinceNow: 31)) == .unhealthy)
            let changed = try await pool.query("SELECT changed_at FROM helpdesk.model_health").scalar(Date.self)
            try await queries.store(.init(name: "m", isHealthy: true, breaker: "closed", detail: nil))
            #expect(try await pool.query("SELECT changed_at FROM helpdesk.model_health").scalar(Date.self) == changed)
            try await queries.store(.init(name: "m", isHealthy: false, breaker: "open", detail: "down"))
            #expect(try await pool.query("SELECT changed_at FROM helpdesk.model_health").scalar(Date.self) > changed)
            let read = try await pool.transaction { try PostgresTicketTransaction($0).modelHealth(at: Date()) }
            #expect(read == .unhealthy)
        }
    }
}
