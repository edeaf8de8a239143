public import Domain
public import Foundation
public import Stores
import WorkerRuntime

/// Escalation without a server: the twin of the PostgreSQL transaction. It refuses what the tables would refuse.
public final class InMemoryEscalation: EscalationTransaction {
    public struct Refused: Error, CustomStringConvertible {
        public let description: String
    }

    public var tickets: [TicketID: Ticket] = [:]
    public var history: [TicketID: [HistoryEntry]] = [:]
    public var messages: [TicketID: [Message]] = [:]
    public var citations: [TicketID: [String]] = [:]
    public var enriched: Set<TicketID> = []
    /// What persons asked for, of any cycle.
    public var asks: [TicketID: [EscalationRecord.Ask]] = [:]
    /// The model's state and when somebody said so.
    public var model: (state: ModelHealth, checkedAt: Date)?
    /// Tickets that another transaction holds.
    public var heldByOthers: Set<TicketID> = []
    public private(set) var escalations: [StoredEscalation] = []
    public private(set) var decisions: [TicketID: [StoredDecision]] = [:]
    public private(set) var clocks: [TicketID: [SLAClock]] = [:]
    public private(set) var timers: [TicketID: [TimerKind: Date]] = [:]
    public private(set) var incidents: [StoredIncident] = []
    /// How often something was written.
    public private(set) var writes = 0

    public init() {}

    /// Stores a ticket as Triage does: one history row for the version.
    public func submit(_ ticket: Ticket) {
        tickets[ticket.id] = ticket
        history[ticket.id] = [
            entry(
                ticket,
                [
                    FieldChange("state", from: nil, to: ticket.state.rawValue),
                    FieldChange("severity", from: nil, to: ticket.severity.value.rawValue)
                ], at: ticket.submittedAt, kind: .submitted)
        ]
    }

    /// Changes a ticket as another stage does: a version more, and its history row.
    public func change(_ id: TicketID, at: Date, responds: Bool = false, _ body: (inout Ticket) -> Void) {
        guard let old = tickets[id] else { return }
        var ticket = old
        body(&ticket)
        ticket.version += 1
        ticket.updatedAt = max(ticket.updatedAt, at)
        var changes: [FieldChange] = []
        if ticket.state != old.state { changes.append(FieldChange("state", from: old.state.rawValue, to: ticket.state.rawValue)) }
        if ticket.severity.value != old.severity.value {
            changes.append(FieldChange("severity", from: old.severity.value.rawValue, to: ticket.severity.value.rawValue))
        }
        if responds { changes.append(FieldChange("response", from: nil, to: "agent")) }
        tickets[id] = ticket
        history[id, default: []].append(entry(ticket, changes, at: at, kind: .replied))
    }

    private func entry(_ ticket: Ticket, _ changes: [FieldChange], at: Date, kind: ChangeKind) -> HistoryEntry {
        HistoryEntry(
            ticket: ticket.id, version: ticket.version, kind: kind, cause: .v7(), actor: Author(kind: .system, id: "test"), origin: "test",
            changes: changes, at: at)
    }

    public func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        var locked: [TicketID: LockedTicket] = [:]
        for id in ids {
            if let ticket = tickets[id] { locked[id] = ticket.version == 0 ? .stub : .ticket(ticket) }
        }
        return locked
    }

    public func now() throws -> Date { Date() }

    public func lockFree(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] { try lock(ids.filter { !heldByOthers.contains($0) }) }

    public func records(of tickets: [Ticket]) throws -> [TicketID: EscalationRecord] {
        var records: [TicketID: EscalationRecord] = [:]
        for ticket in tickets {
            var record = EscalationRecord()
            record.history = (history[ticket.id] ?? []).sorted { $0.version < $1.version }
                .map { SLAHistoryRow(changes: $0.changes, at: $0.at) }
            record.clocks = clocks[ticket.id] ?? []
            record.escalations = escalations.filter { $0.ticket == ticket.id && $0.cycle == ticket.cycle }
                .map { .init(rule: $0.rule, grounds: $0.grounds) }
            record.lastDecision = decisions[ticket.id]?.last.map {
                .init(sequence: $0.sequence, cycle: $0.cycle, fingerprint: $0.fingerprint, noted: $0.noted)
            }
            record.timers = timers[ticket.id] ?? [:]
            for incident in incidents where incident.closedAt == nil && incident.tickets.contains(ticket.id) {
                record.incidents.append(incident.id)
                record.fellows.formUnion(incident.tickets.subtracting([ticket.id]))
            }
            record.isEnriched = enriched.contains(ticket.id)
            record.asks = asks[ticket.id] ?? []
            records[ticket.id] = record
        }
        return records
    }

    public func modelHealth(at now: Date) throws -> ModelHealth {
        guard let model, model.state != .absent else { return .absent }
        return model.state == .healthy && now.timeIntervalSince(model.checkedAt) <= ModelHealthQueries.validity ? .healthy : .unhealthy
    }

    public func neighbourhood(
        of tickets: [Ticket], fellows: [TicketID: Set<TicketID>], within seconds: Int, limit: Int
    ) throws -> Neighbourhood {
        var result = Neighbourhood()
        for ticket in tickets {
            let near = self.tickets.values.filter {
                $0.id != ticket.id && $0.version > 0 && $0.category.value == ticket.category.value && $0.state.isOpen
                    && abs($0.submittedAt.timeIntervalSince(ticket.submittedAt)) <= Double(seconds)
            }.sorted { ($0.submittedAt, $0.id) > ($1.submittedAt, $1.id) }.prefix(limit).map(\.id)
            result.neighbours[ticket.id] = Set(near).union(fellows[ticket.id] ?? []).sorted()
        }
        for id in Set(result.neighbours.values.joined()) {
            guard let ticket = self.tickets[id] else { continue }
            result.tickets[id] = Neighbour(
                ticket: id, requester: ticket.requester.id, state: ticket.state, submittedAt: ticket.submittedAt)
        }
        return result
    }

    public func texts(of ids: [TicketID], limit: Int) throws -> [TicketID: TicketText] {
        ids.reduce(into: [:]) { texts, id in
            texts[id] = self.tickets[id].map { TicketText(subject: $0.subject, body: String($0.body.unicodeScalars.prefix(limit))) }
        }
    }

    public func lockIncidents(opening keys: [IncidentKey], of tickets: [TicketID], leaving: [TicketID]) throws -> [StoredIncident] {
        incidents.filter { $0.closedAt == nil && !$0.tickets.isDisjoint(with: tickets) }.map { incident in
            var incident = incident
            incident.hasOpenTickets =
                incident.tickets.isDisjoint(with: leaving) || incident.tickets.contains { self.tickets[$0]?.state.isOpen == true }
            incident.tickets.formIntersection(tickets)
            if !incident.hasOpenTickets {
                incident.others = (incidents.first { $0.id == incident.id }?.tickets.count ?? 0) - incident.tickets.count
            }
            return incident
        }
    }

    public func conversations(of tickets: [TicketID], limit: Int, textLimit: Int) throws -> [TicketID: Conversation] {
        var result: [TicketID: Conversation] = [:]
        for id in tickets {
            var conversation = Conversation()
            conversation.messages = (messages[id] ?? []).sorted { $0.number < $1.number }.suffix(limit).map { message in
                var message = message
                message.body = String(message.body.unicodeScalars.prefix(textLimit))
                return message
            }
            conversation.citations = citations[id] ?? []
            result[id] = conversation
        }
        return result
    }

    public func write(_ changes: EscalationChanges) throws {
        for ticket in changes.updated {
            guard let old = tickets[ticket.id], ticket.version == old.version + 1 else {
                throw Refused(description: "\(ticket.id): not one version more")
            }
            tickets[ticket.id] = ticket
            writes += 1
        }
        for entry in changes.history {
            guard history[entry.ticket]?.contains(where: { $0.version == entry.version || $0.cause == entry.cause }) != true else {
                throw Refused(description: "\(entry.ticket): version \(entry.version) or its cause again")
            }
            history[entry.ticket, default: []].append(entry)
            writes += 1
        }
        for row in changes.escalations {
            writes += 1
            if let index = escalations.firstIndex(where: { ($0.ticket, $0.cycle, $0.rule) == (row.ticket, row.cycle, row.rule) }) {
                var merged = row
                merged.at = escalations[index].at
                merged.events = escalations[index].events + row.events
                escalations[index] = merged
            } else {
                escalations.append(row)
            }
        }
        for row in changes.decisions {
            guard row.sequence == (decisions[row.ticket]?.count ?? 0) + 1 else { throw Refused(description: "decision \(row.sequence) again") }
            decisions[row.ticket, default: []].append(row)
            writes += 1
        }
        for row in changes.clocks {
            clocks[row.ticket, default: []].removeAll { $0.target == row.clock.target && $0.cycle == row.clock.cycle }
            clocks[row.ticket, default: []].append(row.clock)
            writes += 1
        }
        for change in changes.timers {
            let stored = timers[change.ticket]?[change.kind]
            writes += 1
            if let seen = change.seen {
                if stored == seen { timers[change.ticket]?[change.kind] = change.dueAt }
            } else if let due = change.dueAt {
                timers[change.ticket, default: [:]][change.kind] = min(stored ?? due, due)
            }
        }
        for incident in changes.opened {
            guard !incidents.contains(where: { $0.id == incident.id }) else { throw Refused(description: "incident \(incident.id) again") }
            incidents.append(incident)
            writes += 1
        }
        for (id, ticket, _) in changes.joined {
            guard let index = incidents.firstIndex(where: { $0.id == id }) else { throw Refused(description: "no incident \(id)") }
            incidents[index].tickets.insert(ticket)
            writes += 1
        }
        for (id, at) in changes.closed {
            guard let index = incidents.firstIndex(where: { $0.id == id }) else { throw Refused(description: "no incident \(id)") }
            incidents[index].closedAt = at
            writes += 1
        }
    }

    public var openTimers: [(ticket: TicketID, kind: TimerKind, dueAt: Date)] {
        timers.flatMap { ticket, kinds in kinds.map { (ticket, $0.key, $0.value) } }
    }
}
