import Domain
import Foundation
import Stores
import WorkerRuntime

/// Evaluates a ticket whenever something about it changed. An event is a nudge: the locked row is what is looked at, whatever its version.
struct EscalationStage<Transaction: EscalationTransaction>: Stage {
    typealias Input = TicketChange

    /// There is nothing to decide before the row is locked.
    struct Decision: Sendable {}

    let name = EscalationIDs.stage
    let recorder: EscalationRecorder<Transaction>
    /// The wall clock; nil for the database's, so that a worker whose own is wrong breaches nothing early or late.
    var now: (@Sendable () -> Date)?

    @concurrent func decide(_ event: Event<TicketChange>) async throws -> Decision { Decision() }

    func record(_ decisions: [Decided<TicketChange, Decision>], in transaction: Transaction) throws -> [Outcome] {
        // Several nudges of one ticket are one evaluation, for the first of them.
        var causes: [TicketID: EscalationCause] = [:]
        for decided in decisions where causes[decided.event.ticket] == nil { causes[decided.event.ticket] = EscalationCause(decided.event) }
        let locked = try transaction.lock(causes.keys.sorted())
        let tickets = locked.values.compactMap(\.stored)
        var events = try recorder.record(tickets, in: transaction, at: now?() ?? transaction.now()) { ticket, _ in causes[ticket.id] }
        return decisions.map { decided in
            guard locked[decided.event.ticket]?.stored != nil else { return .ignored("no such ticket is stored") }
            return .applied(events.removeValue(forKey: decided.event.ticket) ?? [])
        }
    }
}

extension LockedTicket {
    /// Nil for a stub, which is nobody's ticket yet.
    var stored: Ticket? {
        if case .ticket(let ticket) = self { ticket } else { nil }
    }
}
