import Domain
import Foundation
import Intelligence
import Messaging
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import ClassifierWorker

@Suite struct TriageStageTests {
    let stage = TriageStage<InMemoryTickets>(classifier: shippedClassifier, knowledge: ActiveKnowledge(shippedAnswerer))

    @Test func aSubmissionBecomesAClassifiedTicketWithItsReasons() async throws {
        let tickets = InMemoryTickets()
        let log = EventLog()
        let outcome = try await deliver([log.submission("MFA reset", "I lost my phone and need an MFA reset for my account")], tickets).first
        let ticket = try #require(tickets.tickets[log.ticket])
        #expect(ticket.version == 1)
        #expect(ticket.state == .triaged)
        #expect(ticket.language == "en")
        #expect(tickets.classifications[log.ticket]?.map(\.revision) == [1])
        #expect(tickets.classifications[log.ticket]?.first?.classification.reasons.isEmpty == false)
        #expect(tickets.history[log.ticket]?.map(\.version) == [1])
        guard case .applied(let events) = outcome else { return #expect(Bool(false), "expected applied, got \(String(describing: outcome))") }
        #expect(events.map(\.type) == ["ticket.classified", "ticket.answered", "metric.recorded"])
        #expect(events.map(\.topic) == ["helpdesk.changes", "helpdesk.changes", "helpdesk.metrics"])
    }

    @Test func aReplyBeforeItsTicketIsParkedAndAppliedWithIt() async throws {
        let tickets = InMemoryTickets()
        let log = EventLog()
        let early = log.reply("still not working")
        let outcomes = try await deliver([early], tickets)
        #expect(outcomes == [.ignored("parked: its ticket has not come yet")])
        #expect(tickets.parked.count == 1)
        #expect(tickets.tickets.isEmpty)
        let applied = try await deliver([log.submission("Lab frozen", "My lab VM freezes after login")], tickets)
        #expect(tickets.parked.isEmpty)
        #expect(tickets.tickets[log.ticket]?.version == 2)
        #expect(tickets.tickets[log.ticket]?.messageCount == 2)
        guard case .applied(let events) = applied.first else { return #expect(Bool(false), "expected applied") }
        #expect(events.map(\.type) == ["ticket.classified", "ticket.answered", "metric.recorded", "ticket.updated", "metric.recorded"])
    }

    /// However a ticket's events are cut into batches and wherever its submission stands among them, the same rows come out.
    @Test(arguments: 0..<60)
    func anyOrderAndAnyBatchingGivesTheSameTicket(seed: UInt64) async throws {
        var random = SplitMix(seed)
        let log = EventLog()
        let submission = log.submission("VPN", "The VPN does not connect since this morning")
        let replies = (1...4).map { log.reply("attempt \($0)") }
        var events = replies
        events.insert(submission, at: Int.random(in: 0...4, using: &random))
        let tickets = InMemoryTickets()
        var rest = events[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            _ = try await deliver(Array(rest.prefix(count)), tickets)
            rest = rest.dropFirst(count)
        }
        let ticket = try #require(tickets.tickets[log.ticket])
        #expect(ticket.version == 5)
        // The answer is the first message, wherever the submission stood.
        #expect(ticket.messageCount == 5)
        let messages = tickets.messages.values.sorted { $0.number < $1.number }
        #expect(messages.map(\.number) == [1, 2, 3, 4, 5] && messages.first?.author == .helpdesk)
        #expect(tickets.answers[log.ticket]?.map(\.messageID) == [messages.first?.id])
        #expect(tickets.history[log.ticket]?.map(\.version).sorted() == [1, 2, 3, 4, 5])
        #expect(messages.dropFirst().map(\.body) == (1...4).map { "attempt \($0)" })
        #expect(tickets.parked.isEmpty && tickets.stubs.isEmpty)
    }

    @Test func theSameSubmissionUnderAnotherEventIsIgnoredAndAnotherTextUnderItsIdIsDead() async throws {
        let tickets = InMemoryTickets()
        let log = EventLog()
        _ = try await deliver([log.submission("A", "first body")], tickets)
        #expect(try await deliver([log.submission("A", "first body")], tickets) == [.ignored("the ticket is stored already")])
        guard case .dead(.idConflict, _) = try await deliver([log.submission("A", "another body")], tickets).first else {
            return #expect(Bool(false), "expected dead")
        }
        #expect(tickets.tickets[log.ticket]?.body == "first body")
    }

    @Test func aReplyThatAsksForWhatMustBeRefusedRaisesTheTicketAndNeverLowersIt() async throws {
        let tickets = InMemoryTickets()
        let log = EventLog()
        _ = try await deliver([log.submission("Password", "I forgot my password, how do I reset it?")], tickets)
        let before = try #require(tickets.tickets[log.ticket])
        _ = try await deliver([log.reply("Please disable the audit logging on my VM so nobody sees what I do")], tickets)
        let after = try #require(tickets.tickets[log.ticket])
        #expect(after.tier.value >= .engineer)
        #expect(after.tier.source == .rule)
        #expect(after.severity.value >= before.severity.value)
        #expect(after.needsHuman)
        #expect(after.revision == 2)
        #expect(tickets.classifications[log.ticket]?.last?.classification.reasons.first?.subject == .guardrail)
    }

    @Test func aRequesterReplyReopensWhatWaitsForThemAndAnInternalNoteDoesNot() {
        #expect(TicketState.waitingRequester.afterRequesterReply == .inProgress)
        #expect(TicketState.resolved.afterRequesterReply == .inProgress)
        #expect(TicketState.onHold.afterRequesterReply == .onHold)
        #expect(TicketState.closed.afterRequesterReply == .closed)
    }

    private func deliver(_ records: [Record], _ tickets: InMemoryTickets) async throws -> [Outcome] {
        var decided: [Decided<TicketInput, TriageStage<InMemoryTickets>.Decision>] = []
        for record in records {
            let raw = RawEvent(record)
            let event = try raw.decode(TicketInput.self, fallbackType: nil)
            decided.append(Decided(event: event, decision: try await stage.decide(event), raw: raw))
        }
        return try stage.record(decided, in: tickets)
    }
}

/// Records of one ticket, as an upstream system writes them.
final class EventLog {
    let ticket = TicketID(.v7())
    private var offset: Int64 = 0

    func submission(_ subject: String, _ body: String) -> Record {
        record(TicketSubmitted(ticketID: ticket, requester: Requester(id: "mara"), subject: subject, body: body))
    }

    func reply(_ body: String) -> Record {
        record(TicketReplied(ticketID: ticket, author: Author(kind: .requester, id: "mara"), body: body))
    }

    private func record(_ payload: some SingleTypePayload) -> Record {
        offset += 1
        let emitted = EmittedEvent(
            payload, to: Topics.tickets, stage: "test", cause: .v7(), ordinal: Int(offset), time: Date(), ticket: ticket, traceparent: nil)
        let out = emitted.record
        return Record(
            source: TopicPartition(topic: Topics.tickets, partition: 0), offset: offset,
            timestamp: Int64(Date().timeIntervalSince1970 * 1000), key: out.key, value: out.value, headers: out.headers, generation: 1)
    }
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
