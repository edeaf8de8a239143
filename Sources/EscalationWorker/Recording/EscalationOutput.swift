import Domain
import Foundation
import Policy
import Stores
import WorkerRuntime

/// Turns verdicts into rows and events. Each thing told has an id of its own, made from what it says.
struct EscalationOutput {
    private(set) var changes = EscalationChanges()
    private var events: [TicketID: [EmittedEvent]] = [:]
    /// What each decision counts, with the instant that its row holds.
    private var counts: [TicketID: [(at: Date, id: UUID, measurement: MetricRecorded.Measurement)]] = [:]
    private let policy: EscalationPolicy
    private let now: Date

    init(policy: EscalationPolicy, now: Date) {
        self.policy = policy
        self.now = now
    }

    mutating func add(_ verdict: Verdict, incident: UUID?, conversation: Conversation, updatedAt: Date) {
        if let history = verdict.history {
            changes.updated.append(verdict.ticket)
            changes.history.append(history)
        }
        if let record = verdict.record { changes.decisions.append(record) }
        changes.clocks += verdict.clocks.changed.map { StoredClock(ticket: verdict.ticket.id, clock: $0, measuredAt: now) }
        changes.timers += verdict.timerChanges
        if !verdict.news.isEmpty { tell(verdict, incident, HandoverWriter.handover(verdict.ticket, conversation, updatedAt: updatedAt)) }
        tellClocks(verdict)
    }

    mutating func add(_ book: IncidentBook, _ verdicts: [Verdict]) {
        changes.opened = book.opened
        changes.joined = book.joined
        changes.closed = book.closed.map { ($0.incident.id, $0.at) }
        let present = Set(verdicts.map(\.ticket.id))
        for ticket in book.alarmed.subtracting(present).sorted() {
            changes.timers.append(TimerChange(ticket: ticket, kind: .evaluate, seen: nil, dueAt: now.inMicroseconds))
        }
        for incident in book.opened {
            guard let opener = verdicts.first(where: { $0.ticket.id == incident.openedBy }) else { continue }
            let payload = IncidentOpened(
                incident.openedBy, incidentID: incident.id, rule: incident.rule, category: incident.category, severity: incident.severity,
                tickets: incident.tickets.sorted(), requesters: incident.requesters, at: incident.openedAt)
            let event = emit(payload, opener, cause: incident.id, at: incident.openedAt)
            count(Metric.incidents, incident.rule, opener.ticket.id, incident.openedAt, event.id)
        }
        for (incident, ticket, at) in book.closed {
            guard let last = verdicts.first(where: { $0.ticket.id == ticket }) else { continue }
            let payload = IncidentClosed(
                ticket, incidentID: incident.id, rule: incident.rule, category: incident.category,
                ticketCount: incident.tickets.count + incident.others,
                openedAt: incident.openedAt, at: at)
            _ = emit(payload, last, cause: incident.id, at: at)
        }
    }

    /// All events, the metrics last: one for each instant that a decision's rows hold.
    mutating func finished(_ verdicts: [Verdict]) -> [TicketID: [EmittedEvent]] {
        for verdict in verdicts {
            let entries = Dictionary(grouping: counts[verdict.ticket.id] ?? [], by: \.at.microseconds)
            for (_, entries) in entries.sorted(by: { $0.key < $1.key }) {
                // A decision counts few things; the bound is there for what a policy of a thousand rules might do.
                for start in stride(from: 0, to: entries.count, by: MetricRecorded.largestCount) {
                    let some = entries[start...].prefix(MetricRecorded.largestCount)
                    guard let at = some.first?.at else { continue }
                    let metric = MetricRecorded(verdict.ticket, at: at, some.map(\.measurement))
                    events[verdict.ticket.id, default: []].append(
                        EmittedEvent(
                            metric, to: Topics.metrics, stage: EscalationIDs.stage, cause: EscalationIDs.metric(some.map(\.id)), time: at,
                            ticket: verdict.ticket.id, traceparent: verdict.cause.traceparent))
                }
            }
        }
        return events
    }

    // MARK: Escalations

    private mutating func tell(_ verdict: Verdict, _ incident: UUID?, _ handover: Handover) {
        let ticket = verdict.ticket
        for fired in verdict.news {
            let notify = policy.rules.first { $0.id == fired.rule }?.notify ?? []
            // A rule that only raises the severity is in the ticket's history; nobody is to be told of it.
            if fired.tier == nil, notify.isEmpty { continue }
            let ofIncident = verdict.decision.incident?.rule == fired.rule ? incident : nil
            let payload = TicketEscalated(
                ticket, rule: fired.rule, isFinal: fired.isFinal, grounds: fired.grounds, evidence: fired.evidence, notify: notify,
                policyVersion: verdict.decision.policyVersion, why: verdict.decision.why, incidentID: ofIncident, at: verdict.at,
                handover: handover)
            let cause = EscalationIDs.escalation(ticket, rule: fired.rule, grounds: fired.grounds)
            let event = emit(payload, verdict, cause: cause, at: verdict.at)
            guard fired.tier != nil else { continue }
            let earlier = verdict.earlier.first { $0.rule == fired.rule }
            changes.escalations.append(
                StoredEscalation(
                    ticket: ticket.id, cycle: ticket.cycle, rule: fired.rule, isFinal: fired.isFinal,
                    grounds: Set((earlier?.grounds ?? []) + fired.grounds).sorted(), evidence: fired.evidence, tier: ticket.tier.value,
                    severity: ticket.severity.value, incident: ofIncident, policyVersion: verdict.decision.policyVersion,
                    ticketVersion: ticket.version, why: verdict.decision.why, handover: handover.withoutConversation, at: verdict.at,
                    events: [event.id]))
            if earlier == nil { count(.escalations, fired.rule, ticket.id, verdict.at, event.id) }
        }
    }

    private mutating func tellClocks(_ verdict: Verdict) {
        let id = verdict.ticket.id
        for clock in verdict.clocks.warned {
            guard let at = clock.warnedAt else { continue }
            let event = emit(SLAWarned(id, clock, at: at), verdict, cause: EscalationIDs.clock(id, clock), at: at)
            count(.slaWarnings, clock.target.rawValue, id, at, event.id)
        }
        for clock in verdict.clocks.breached {
            guard let at = clock.breachedAt else { continue }
            let event = emit(SLABreached(id, clock, at: at), verdict, cause: EscalationIDs.clock(id, clock), at: at)
            count(.slaBreaches, clock.target.rawValue, id, at, event.id)
        }
    }

    private mutating func emit(_ payload: some SingleTypePayload, _ verdict: Verdict, cause: UUID, at: Date) -> EmittedEvent {
        let event = EmittedEvent(
            payload, to: Topics.escalations, stage: EscalationIDs.stage, cause: cause, time: at, ticket: verdict.ticket.id,
            traceparent: verdict.cause.traceparent)
        events[verdict.ticket.id, default: []].append(event)
        return event
    }

    private mutating func count(_ metric: Metric, _ detail: String, _ ticket: TicketID, _ at: Date, _ id: UUID) {
        counts[ticket, default: []].append((at, id, MetricRecorded.Measurement(metric, detail: detail)))
    }
}
