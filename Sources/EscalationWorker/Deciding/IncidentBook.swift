import Domain
import Foundation
import Policy
import Stores

/// The open incidents that a batch concerns: which are joined, opened and closed.
struct IncidentBook {
    private(set) var opened: [StoredIncident] = []
    private(set) var joined: [(incident: UUID, ticket: TicketID, at: Date)] = []
    private(set) var closed: [(incident: StoredIncident, by: TicketID, at: Date)] = []
    /// Tickets that came to an incident by another's evaluation and are to be evaluated themselves.
    private(set) var alarmed: Set<TicketID> = []
    private var open: [StoredIncident]
    /// Tickets whose own evaluation calls for an incident, by rule.
    private let callers: [String: Set<TicketID>]

    /// - Parameter open: the open incidents of all tickets concerned, locked.
    init(open: [StoredIncident], verdicts: [Verdict]) {
        self.open = open
        var callers: [String: Set<TicketID>] = [:]
        for verdict in verdicts {
            if let call = verdict.decision.incident { callers[call.rule, default: []].insert(verdict.ticket.id) }
        }
        self.callers = callers
    }

    /// The incident of a ticket whose rule calls for one: the oldest that has one of the group's tickets, or a new one.
    mutating func answer(_ verdict: Verdict) -> UUID? {
        guard let call = verdict.decision.incident else { return nil }
        let group = Set(call.tickets)
        let known = open.indices.filter { open[$0].rule == call.rule && !open[$0].tickets.isDisjoint(with: group) }
            .min { (open[$0].openedAt, open[$0].id.canonical) < (open[$1].openedAt, open[$1].id.canonical) }
        let index = known ?? open.endIndex
        if known == nil {
            let incident = StoredIncident(
                id: EscalationIDs.incident(rule: call.rule, openedBy: verdict.ticket.id, cause: verdict.cause.id), rule: call.rule,
                category: verdict.ticket.category.value, severity: call.severity, openedBy: verdict.ticket.id, requesters: call.requesters,
                openedAt: verdict.at, tickets: [])
            open.append(incident)
        }
        let new = group.subtracting(open[index].tickets).sorted()
        open[index].tickets.formUnion(new)
        open[index].hasOpenTickets = true
        joined += new.map { (open[index].id, $0, verdict.at) }
        alarmed.formUnion(Set(new).subtracting(callers[call.rule] ?? []))
        if known == nil { opened.append(open[index]) }
        return open[index].id
    }

    /// Closes the incidents of a ticket that is not open when no other of their tickets is. To be asked after all answers.
    mutating func leave(_ verdict: Verdict) {
        guard !verdict.ticket.state.isOpen else { return }
        for index in open.indices.reversed() where open[index].tickets.contains(verdict.ticket.id) && !open[index].hasOpenTickets {
            closed.append((open.remove(at: index), verdict.ticket.id, verdict.at))
        }
    }
}
