import Domain
import Foundation
import Policy
import Stores
import Testing
import WorkerRuntime

@testable import Ingest

@Suite("Why a ticket stands where it stands, against servers", .serialized, .timeLimit(.minutes(3)))
struct WhyServerTests {
    /// A shown answer, one that was kept back, and an escalation with the decision behind it.
    static func decide(_ gateway: RunningGateway, about ticket: Ticket) async throws {
        let later = ticket.submittedAt.addingTimeInterval(1)
        var changes = TicketChanges()
        changes.answers = [
            answer(ticket, 1, .withheld, text: "Kept back.", message: nil, at: ticket.submittedAt),
            answer(ticket, 2, .answered, text: "Restart it.", message: UUID(), at: later)
        ]
        let facts = PolicyFacts(
            ticket: ticket.id, version: 1, at: later, submittedAt: ticket.submittedAt, classifiedAt: ticket.submittedAt, state: .triaged,
            requester: "ada", persona: .trainee, category: "lab.vm", tier: ticket.tier, severity: ticket.severity, confidence: 0.75,
            language: "en", languageSupported: true,
            similar: [
                SimilarTicket(ticket: TicketID(.v7()), requester: "somebody-else", state: .triaged, submittedAt: later, similarity: 0.9)
            ])
        let evidence = PolicyEvidence(fact: "similar_tickets", found: "3 requesters", needed: "at least 3")
        let decision = PolicyDecision(
            policyVersion: "p1", ticket: ticket.id, ticketVersion: 1, tier: .engineer, severity: .high,
            fired: [
                FiredRule(
                    rule: "several-people", isFinal: true, isNew: true, tier: .engineer, severity: .high, grounds: [], evidence: [evidence])
            ], waiting: [], incident: nil, notify: ["on_call"], why: "several-people: similar_tickets 3 requesters (at least 3)")
        var escalation = EscalationChanges()
        escalation.decisions = [
            StoredDecision(
                ticket: ticket.id, sequence: 1, ticketVersion: 1, cycle: 1, policyVersion: "p1", fingerprint: "f", noted: Array("[]".utf8),
                facts: Array(try JSONEncoder().encode(facts)), decision: Array(try JSONEncoder().encode(decision)), cause: UUID(),
                // By the wall clock, after the event's own time, which the escalation carries.
                at: later.addingTimeInterval(60))
        ]
        escalation.escalations = [
            StoredEscalation(
                ticket: ticket.id, cycle: 1, rule: "several-people", isFinal: true, grounds: [], evidence: [evidence], tier: .engineer,
                severity: .high, incident: nil, policyVersion: "p1", ticketVersion: 1, why: decision.why,
                handover: Handover(
                    summary: "A frozen lab VM.", persona: .trainee, course: nil, module: "L-7", language: "en",
                    submittedAt: Timestamp(ticket.submittedAt), classifiedAt: Timestamp(ticket.submittedAt),
                    updatedAt: Timestamp(ticket.updatedAt), errors: [], articles: [], conversation: [], omitted: 0),
                at: later, events: [UUID()])
        ]
        let written = changes, decided = escalation
        let entry = LedgerEntry(eventID: UUID(), payloadHash: [1], isReplay: false)
        _ = try await PostgresLedger(gateway.pool).commit(consumer: "test", entries: [entry]) { fresh, transaction in
            try transaction.write(written)
            try transaction.write(decided)
            return fresh.map { _ in .applied([]) }
        }
    }

    private static func answer(
        _ ticket: Ticket, _ number: Int, _ outcome: AnswerOutcome, text: String, message: UUID?, at: Date
    ) -> StoredAnswer {
        StoredAnswer(
            ticket: ticket.id, number: number, cause: UUID(), stage: "triage", outcome: outcome, messageID: message, language: "en", text: text,
            citations: ["lab-vm@1.0#freeze"],
            articles: [AnswerEvidence(chunk: "lab-vm@1.0#freeze", score: 2, coverage: 1, evidence: 1, focus: 1, words: ["frozen"])],
            reason: nil, library: "l1", at: at)
    }

    @Test("Staff see every decision in order, with rule, evidence, articles and versions")
    func staff() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store()
            try await Self.decide(gateway, about: ticket)
            let why = try await gateway.get("/v1/tickets/\(ticket.id)/why", key: gateway.makeKey(.agent, requester: "eve"))
            #expect(why.status == 200 && why[text: "id"] == ticket.id.description && why[int: "version"] == 1)
            let kinds = (why.value("decisions") as? [[String: Any]])?.map { $0["kind"] as? String }
            #expect(kinds == ["classification", "answer", "answer", "policy", "escalation"])
            #expect(why[text: "decisions.0.reasons.0.rule"] == "vm-freeze" && why[text: "decisions.0.versions.taxonomy"] == "t")
            #expect(why[text: "decisions.2.articles.0.chunk"] == "lab-vm@1.0#freeze" && why[text: "decisions.2.versions.library"] == "l1")
            #expect(why[text: "decisions.3.decision.fired.0.evidence.0.found"] == "3 requesters")
            #expect(why[text: "decisions.3.facts.at"] == RFC3339.string(ticket.submittedAt.addingTimeInterval(1)))
            #expect(why[text: "decisions.4.rule"] == "several-people" && why[text: "decisions.4.policy"] == "p1")
        }
    }

    @Test("Requesters see what was decided about them and nothing of others; strangers see nothing")
    func requester() async throws {
        try await RunningGateway.with { gateway in
            let ticket = try await gateway.store()
            try await Self.decide(gateway, about: ticket)
            let path = "/v1/tickets/\(ticket.id)/why"
            let own = try await gateway.get(path, key: gateway.makeKey(.endUser))
            let kinds = (own.value("decisions") as? [[String: Any]])?.map { $0["kind"] as? String }
            #expect(own.status == 200 && kinds == ["classification", "answer", "escalation"])
            #expect(own[text: "decisions.1.text"] == "Restart it." && own[text: "decisions.2.rule"] == "several-people")
            let text = String(decoding: try JSONSerialization.data(withJSONObject: try #require(own.value("decisions"))), as: UTF8.self)
            for secret in ["somebody-else", "3 requesters", "Kept back", "handover", "coverage"] { #expect(!text.contains(secret)) }
            let stranger = try await gateway.makeKey(.endUser, requester: "bob")
            #expect(try await gateway.get(path, key: stranger).problem == "ticket-not-found")
            #expect(try await gateway.get("/v1/tickets/\(UUID().canonical)/why", key: stranger).status == 404)
            #expect(try await gateway.get(path + "?x=1", key: stranger).problem == "invalid-query")
        }
    }
}
