import Domain
import Foundation
import Messaging
import Policy
import Stores
import TestSupport
import WorkerRuntime

@testable import EscalationWorker

/// Monday, in business hours.
let noon = Date(timeIntervalSince1970: 1_793_620_800)  // 2026-11-02T12:00:00Z

func shippedPolicy(_ changes: [(String, String)] = []) throws -> EscalationPolicy {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/config").standardized
    let text = try String(contentsOf: folder.appending(path: "escalation-policy.yaml"), encoding: .utf8)
    return try EscalationPolicy(text: changes.reduce(text) { $0.replacing($1.0, with: $1.1) }, name: "escalation-policy.yaml")
}

/// The stage and the timers on tables in memory, with a clock of their own.
final class Desk {
    let tables = InMemoryEscalation()
    let recorder: EscalationRecorder<InMemoryEscalation>
    var now = noon
    /// Everything that was told, in order.
    var events: [EmittedEvent] = []
    private var offset: Int64 = 0

    init(_ policy: EscalationPolicy? = nil) throws {
        recorder = EscalationRecorder(evaluator: EscalationEvaluator(policy: try policy ?? shippedPolicy()))
    }

    func ticket(_ number: UInt8 = 1, _ change: (inout Ticket) -> Void = { _ in }) -> Ticket {
        var ticket = Ticket(
            id: TicketID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number))), version: 1, state: .triaged,
            requester: Requester(id: "person-\(number)"), persona: .trainee, channel: "web", subject: "VPN profile",
            body: "Where do I find the profile for the client?", course: nil, module: nil, language: "en",
            category: Labelled("vpn", by: .model), tier: Labelled(.selfService, by: .model), severity: Labelled(.medium, by: .model),
            confidence: 0.9, needsHuman: false, guardrails: [], revision: 1, failedAttempts: 0, messageCount: 0, answer: .answered,
            classifiedAt: now, source: "test", submittedAt: now, updatedAt: now)
        change(&ticket)
        return ticket
    }

    @discardableResult
    func submit(_ number: UInt8 = 1, _ change: (inout Ticket) -> Void = { _ in }) -> TicketID {
        let ticket = ticket(number, change)
        tables.submit(ticket)
        return ticket.id
    }

    /// Delivers nudges as one batch.
    @discardableResult
    func nudge(_ ids: TicketID..., at time: Date? = nil) throws -> [Outcome] {
        let current = now
        var stage = EscalationStage(recorder: recorder)
        stage.now = { current }
        let decided = ids.map { id in
            offset += 1
            let ticket = tables.tickets[id] ?? ticket(250)
            var updated = TicketUpdated(ticket, kind: .replied)
            updated.ticketID = id
            let emitted = EmittedEvent(
                updated, to: Topics.changes, stage: "test", cause: .v7(), time: time ?? now, ticket: id, traceparent: nil)
            let record = emitted.record
            let raw = RawEvent(
                Record(
                    source: TopicPartition(topic: Topics.changes, partition: 0), offset: offset, timestamp: nil, key: record.key,
                    value: record.value, headers: record.headers, generation: 1))
            let event = Event<TicketChange>(
                id: raw.id, type: TicketUpdated.type, source: "test", time: time ?? now, ticket: id, traceparent: nil,
                payload: .updated(updated), origin: raw.origin)
            return Decided(event: event, decision: EscalationStage<InMemoryEscalation>.Decision(), raw: raw)
        }
        let outcomes = try stage.record(decided, in: tables)
        for case .applied(let told) in outcomes { events += told }
        return outcomes
    }

    /// Runs what is due now, as the timer service does; answers with what was told.
    @discardableResult
    func runTimers() throws -> [EmittedEvent] {
        let due = tables.openTimers.filter { $0.dueAt <= now }
        let locked = try tables.lockFree(Set(due.map(\.ticket)).sorted()).values.compactMap(\.stored)
        let current = now
        let told = try recorder.record(locked, in: tables, at: now) { ticket, record in
            record.timers.filter { $0.value <= current }.min { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
                .map { EscalationCause(TicketTimer(ticket: ticket.id, kind: $0.key, dueAt: $0.value), version: ticket.version) }
        }.sorted { $0.key < $1.key }.flatMap(\.value)
        events += told
        return told
    }

    func rules(_ id: TicketID, cycle: Int = 1) -> Set<String> {
        Set(tables.escalations.filter { $0.ticket == id && $0.cycle == cycle }.map(\.rule))
    }

    func types(_ events: [EmittedEvent]? = nil) -> [String] { (events ?? self.events).map(\.type) }

    func payloads<Payload: SingleTypePayload>(_: Payload.Type) throws -> [Payload] {
        try events.filter { $0.type == Payload.type }.map { try Payload.decode(type: Payload.type, from: Data($0.json)) }
    }

    func clock(_ id: TicketID, _ target: SLATarget, cycle: Int = 1) -> SLAClock? {
        tables.clocks[id]?.first { $0.target == target && $0.cycle == cycle }
    }
}
