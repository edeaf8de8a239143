import Domain
import Foundation
import Stores
import WorkerRuntime

/// What made somebody look at a ticket.
struct EscalationCause: Sendable, Hashable {
    var id: UUID
    /// Event time.
    var at: Date
    /// Where it stands: `topic[partition]@offset`, or the timer.
    var origin: String
    var traceparent: String?

    init(id: UUID, at: Date, origin: String, traceparent: String? = nil) {
        self.id = id
        self.at = at
        self.origin = origin
        self.traceparent = traceparent
    }

    /// A change of the stored ticket.
    init(_ event: Event<TicketChange>) {
        self.init(id: event.id, at: event.time, origin: event.origin, traceparent: event.traceparent)
    }

    /// A timer that is due. A version has one history row, so the version makes the cause of a change by a timer unique.
    init(_ timer: TicketTimer, version: Int) {
        self.init(
            id: .v5(namespace: IDNamespace.emitted, EscalationIDs.stage, "timer", timer.ticket.description, timer.kind.rawValue, String(version)),
            at: timer.dueAt, origin: "timer:\(timer.kind.rawValue)")
    }
}

/// The causes of what Escalation emits. They name what is told, not who told it, so that nothing can be told under two ids: not by an
/// event and a timer, and not by two workers.
enum EscalationIDs {
    /// The stage in the ids and sources of its events.
    static let stage = "escalation"

    static func escalation(_ ticket: Ticket, rule: String, grounds: [String]) -> UUID {
        .v5(
            namespace: IDNamespace.emitted, stage, "escalation", ticket.id.description, String(ticket.cycle), rule,
            grounds.joined(separator: ","))
    }

    static func clock(_ ticket: TicketID, _ clock: SLAClock) -> UUID {
        .v5(namespace: IDNamespace.emitted, stage, "clock", ticket.description, clock.target.rawValue, String(clock.cycle))
    }

    /// An incident's own id.
    static func incident(rule: String, openedBy ticket: TicketID, cause: UUID) -> UUID {
        .v5(namespace: IDNamespace.emitted, stage, "incident", rule, ticket.description, cause.canonical)
    }

    /// A metric that counts these.
    static func metric(_ counted: [UUID]) -> UUID {
        .v5(namespace: IDNamespace.emitted, stage, "metric", counted.map(\.canonical).joined(separator: ","))
    }
}

extension Date {
    /// To the microsecond, which is what rows and events hold: what is decided from a row comes out as what was decided before it was stored.
    var inMicroseconds: Date { Date(timeIntervalSinceReferenceDate: Double(microseconds) / 1_000_000) }

    var microseconds: Int64 { Int64((timeIntervalSinceReferenceDate * 1_000_000).rounded()) }
}
