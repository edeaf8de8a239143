import Domain
import Foundation
import Intelligence
import Messaging
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import ClassifierWorker

@Suite("Replies to tickets that are waiting, resolved, ended or merged")
struct AfterTheEndTests {
    let stage = TriageStage<InMemoryTickets>(classifier: shippedClassifier, knowledge: ActiveKnowledge(shippedAnswerer))

    private func decided(_ record: Record) async throws -> Decided<TicketInput, TriageStage<InMemoryTickets>.Decision> {
        let raw = RawEvent(record)
        let event = try raw.decode(TicketInput.self, fallbackType: nil)
        return Decided(event: event, decision: try await stage.decide(event), raw: raw)
    }

    private func deliver(_ records: [Record], _ tickets: InMemoryTickets) async throws -> [Outcome] {
        var all: [Decided<TicketInput, TriageStage<InMemoryTickets>.Decision>] = []
        for record in records { all.append(try await decided(record)) }
        return try stage.record(all, in: tickets)
    }

    private func events(_ outcome: Outcome?) -> [EmittedEvent] {
        if case .applied(let events)? = outcome { events } else { [] }
    }

    /// A stored ticket that is moved afterwards.
    private func stored(_ log: EventLog, _ tickets: InMemoryTickets, _ change: (inout Ticket) -> Void) async throws {
        _ = try await deliver([log.submission("Lab frozen", "My lab VM freezes after login")], tickets)
        var changes = TicketChanges()
        var ticket = try #require(tickets.tickets[log.ticket])
        change(&ticket)
        changes.updated = [ticket]
        try tickets.write(changes)
    }

    @Test("A reply to what waits or is resolved has it worked on again", arguments: [TicketState.waitingRequester, .resolved])
    func reopening(state: TicketState) async throws {
        let tickets = InMemoryTickets(), log = EventLog()
        try await stored(log, tickets) { $0.state = state }
        let told = events(try await deliver([log.reply("It is back.")], tickets).first)
        #expect(tickets.tickets[log.ticket]?.state == .inProgress)
        #expect(tickets.tickets[log.ticket]?.cycle == (state == .resolved ? 2 : 1))
        #expect(told.contains { $0.type == TicketUpdated.type && $0.ticket == log.ticket })
    }

    @Test("After the end it begins a linked ticket, the same one at every delivery", arguments: [TicketState.closed, .cancelled])
    func followUp(state: TicketState) async throws {
        let tickets = InMemoryTickets(), log = EventLog()
        try await stored(log, tickets) { $0.state = state }
        let reply = log.reply("It freezes again.")
        let first = events(try await deliver([reply], tickets).first)
        let submission = try #require(first.first { $0.topic == Topics.tickets })
        let payload = try TicketSubmitted.decode(type: TicketSubmitted.type, from: Data(submission.json))
        #expect(payload.follows == log.ticket && payload.body == "It freezes again." && payload.requester.id == "mara")
        #expect(payload.ticketID == submission.ticket && submission.ticket != log.ticket)
        let old = try #require(tickets.tickets[log.ticket])
        #expect(old.state == state && old.messageCount == 1 && old.version == 2, "the old one keeps its end, and says where it goes on")
        #expect(tickets.history[log.ticket]?.last?.changes == [FieldChange("followedBy", from: nil, to: submission.ticket.description)])
        // The inbox would absorb it; what is emitted is the same all the same.
        let again = events(try await deliver([reply], tickets).first)
        #expect(again.first { $0.topic == Topics.tickets }?.id == submission.id)

        let record = submission.record
        _ = try await deliver(
            [
                Record(
                    source: TopicPartition(topic: Topics.tickets, partition: 0), offset: 99, timestamp: 1_763_000_000_000, key: record.key,
                    value: record.value, headers: record.headers, generation: 1)
            ], tickets)
        #expect(tickets.tickets[submission.ticket]?.state == .triaged)
        #expect(tickets.links.map { [$0.ticket, $0.other] } == [[submission.ticket, log.ticket]] && tickets.links.first?.kind == .follows)
    }

    @Test("A reply to a merged ticket goes to the end of the chain")
    func chain() async throws {
        let tickets = InMemoryTickets(), logs = [EventLog(), EventLog(), EventLog()]
        try await stored(logs[2], tickets) { $0.state = .waitingRequester }
        try await stored(logs[1], tickets) { ($0.state, $0.mergedInto) = (.merged, logs[2].ticket) }
        try await stored(logs[0], tickets) { ($0.state, $0.mergedInto) = (.merged, logs[1].ticket) }
        let told = events(try await deliver([logs[0].reply("More."), logs[2].reply("And more.")], tickets).first)
        let root = try #require(tickets.tickets[logs[2].ticket])
        #expect(root.state == .inProgress && root.messageCount == 3 && root.version == 3)
        #expect(tickets.messages.values.count { $0.ticket == root.id && $0.author.kind == .requester } == 2)
        #expect(tickets.tickets[logs[0].ticket]?.version == 1, "a merged ticket does not change any more")
        #expect(told.filter { $0.topic == Topics.changes }.allSatisfy { $0.ticket == root.id })
    }

    @Test("A note of an agent's is an entry that the requester does not see")
    func notes() async throws {
        let tickets = InMemoryTickets(), log = EventLog()
        try await stored(log, tickets) { _ in }
        let note = TicketReplied(ticketID: log.ticket, author: Author(kind: .agent, id: "eve"), visibility: .internal, body: "Third today.")
        let emitted = EmittedEvent(note, to: Topics.tickets, stage: "test", cause: UUID(), time: Date(), ticket: log.ticket, traceparent: nil)
        _ = try await deliver(
            [
                Record(
                    source: TopicPartition(topic: Topics.tickets, partition: 0), offset: 9, timestamp: 1, key: emitted.record.key,
                    value: emitted.record.value, headers: emitted.record.headers, generation: 1)
            ], tickets)
        #expect(tickets.history[log.ticket]?.map(\.isInternal) == [false, true])
    }
}
