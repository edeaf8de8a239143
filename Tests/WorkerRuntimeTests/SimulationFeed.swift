import Domain
import Foundation
import Messaging
import TestSupport
import WorkerRuntime

/// A record of the feed and what must become of it.
struct FedRecord: Sendable {
    enum Fate: Sendable, Hashable {
        case applied
        case ignored
        /// Under the event's own id.
        case dead(DeadReason)
        /// Under the id of its place: the event's own cannot serve.
        case deadHere(DeadReason)
    }

    let record: OutgoingRecord
    let fate: Fate
}

/// Builds records as senders would.
struct SimulationFeed {
    static let topic = "sim.in"

    private var generator: SeededGenerator
    private let tickets: [TicketID]
    private var next = 0
    private var earlier: [(record: OutgoingRecord, event: SimulatedEvent, fate: FedRecord.Fate)] = []
    private var traps: Int

    init(seed: UInt64, tickets: Int, traps: Int) {
        generator = SeededGenerator(seed: seed)
        self.tickets = (0..<tickets).map { TicketID(.v5(namespace: IDNamespace.ticket, "simulated", String($0))) }
        self.traps = traps
    }

    static func record(_ event: SimulatedEvent, id: String) -> OutgoingRecord {
        OutgoingRecord(
            topic: topic, key: Array(event.ticketID!.description.utf8), value: event.encoded(),
            headers: [
                RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id), RecordHeader("ce_source", "/simulation"),
                RecordHeader("ce_type", SimulatedEvent.type)
            ])
    }

    mutating func make() -> FedRecord {
        next += 1
        let ticket = tickets[min(generator.below(tickets.count), generator.below(tickets.count))]
        var event = SimulatedEvent(ticketID: ticket, number: next, behaviour: .normal)
        let dice = generator.below(1000)
        if dice < 100, let again = earlier.randomElement(using: &generator) {
            return FedRecord(record: again.record, fate: again.fate)
        }
        if dice < 130, let victim = earlier.filter({ $0.event.behaviour == .normal }).randomElement(using: &generator) {
            event.ticketID = victim.event.ticketID
            return FedRecord(record: Self.record(event, id: "\(victim.event.number)"), fate: .deadHere(.idConflict))
        }
        if dice < 150 {
            var record = Self.record(event, id: "\(next)")
            record.value = [nil, [], Array("{".utf8), [0xFF, 0xFE], Array(#"{"number":-1}"#.utf8)][generator.below(5)]
            return FedRecord(record: record, fate: .deadHere(.invalid))
        }
        if dice < 160 {
            // Without CloudEvents: identified by its place.
            return FedRecord(
                record: OutgoingRecord(topic: Self.topic, key: Array(ticket.description.utf8), value: event.encoded()), fate: .applied)
        }
        let fate: FedRecord.Fate
        switch dice {
        case 160..<180: (event.behaviour, fate) = (.failDecide(1 + generator.below(4)), .applied)
        case 180..<200: (event.behaviour, fate) = (.failRecord(1 + generator.below(4)), .applied)
        case 200..<207: (event.behaviour, fate) = (.brokenDecide, .dead(.failed))
        case 207..<214: (event.behaviour, fate) = (.brokenRecord, .dead(.failed))
        case 214..<222: (event.behaviour, fate) = (.invalid, .deadHere(.invalid))
        case 222..<230: (event.behaviour, fate) = (.deadOutcome, .deadHere(.orphaned))
        case 230..<245: (event.behaviour, fate) = (.ignored, .ignored)
        case 245..<275 where traps > 0:
            traps -= 1
            (event.behaviour, fate) = (.trap, .dead(.crashed))
        default: fate = .applied
        }
        let record = Self.record(event, id: "\(next)")
        if event.behaviour != .trap || generator.chance(0.3) { earlier.append((record, event, fate)) }
        return FedRecord(record: record, fate: fate)
    }
}
