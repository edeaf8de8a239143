public import Domain
public import Foundation

/// A rule that escalated a ticket, as it is kept.
public struct StoredEscalation: Sendable, Hashable {
    public var ticket: TicketID
    public var cycle: Int
    public var rule: String
    public var isFinal: Bool
    /// The guardrails that the rule saw, earlier firings included.
    public var grounds: [String]
    public var evidence: [PolicyEvidence]
    /// The ticket as the decision left it.
    public var tier: Tier
    public var severity: Severity
    public var incident: UUID?
    public var policyVersion: String
    public var ticketVersion: Int
    public var why: String
    /// Without the conversation.
    public var handover: Handover
    /// Event time of the first firing.
    public var at: Date
    /// The events that told it.
    public var events: [UUID]

    public init(
        ticket: TicketID, cycle: Int, rule: String, isFinal: Bool, grounds: [String], evidence: [PolicyEvidence], tier: Tier,
        severity: Severity, incident: UUID?, policyVersion: String, ticketVersion: Int, why: String, handover: Handover, at: Date,
        events: [UUID]
    ) {
        self.ticket = ticket
        self.cycle = cycle
        self.rule = rule
        self.isFinal = isFinal
        self.grounds = grounds
        self.evidence = evidence
        self.tier = tier
        self.severity = severity
        self.incident = incident
        self.policyVersion = policyVersion
        self.ticketVersion = ticketVersion
        self.why = why
        self.handover = handover
        self.at = at
        self.events = events
    }
}

/// A decision of the policy with what it was made from. Facts, decision and noted rules are JSON of the policy's own types.
public struct StoredDecision: Sendable, Hashable {
    public var ticket: TicketID
    /// 1, 2, ... among the ticket's decisions.
    public var sequence: Int
    public var ticketVersion: Int
    public var cycle: Int
    public var policyVersion: String
    /// Equal for decisions that say the same.
    public var fingerprint: String
    /// Rules without a tier that fired in the cycle so far.
    public var noted: [UInt8]
    public var facts: [UInt8]
    public var decision: [UInt8]
    public var cause: UUID
    /// The wall clock of the evaluation.
    public var at: Date

    public init(
        ticket: TicketID, sequence: Int, ticketVersion: Int, cycle: Int, policyVersion: String, fingerprint: String, noted: [UInt8],
        facts: [UInt8], decision: [UInt8], cause: UUID, at: Date
    ) {
        self.ticket = ticket
        self.sequence = sequence
        self.ticketVersion = ticketVersion
        self.cycle = cycle
        self.policyVersion = policyVersion
        self.fingerprint = fingerprint
        self.noted = noted
        self.facts = facts
        self.decision = decision
        self.cause = cause
        self.at = at
    }
}

/// A clock with its ticket.
public struct StoredClock: Sendable, Hashable {
    public var ticket: TicketID
    public var clock: SLAClock
    /// The instant that `clock.used` is true for.
    public var measuredAt: Date

    public init(ticket: TicketID, clock: SLAClock, measuredAt: Date) {
        self.ticket = ticket
        self.clock = clock
        self.measuredAt = measuredAt
    }
}

/// What a timer is for.
public enum TimerKind: String, Sendable, CaseIterable {
    /// A clock warns or is breached.
    case sla
    /// The policy is to look again: a rule waited for the model, or the ticket belongs to an incident.
    case evaluate
}

/// When a ticket must be looked at again.
public struct TicketTimer: Sendable, Hashable {
    public var ticket: TicketID
    public var kind: TimerKind
    public var dueAt: Date

    public init(ticket: TicketID, kind: TimerKind, dueAt: Date) {
        self.ticket = ticket
        self.kind = kind
        self.dueAt = dueAt
    }
}

/// A timer from what was seen to what is to be. Somebody without the ticket's lock may have brought it forward meanwhile; then that stands.
public struct TimerChange: Sendable, Hashable {
    public var ticket: TicketID
    public var kind: TimerKind
    /// Nil: there was none.
    public var seen: Date?
    /// Nil: there is to be none.
    public var dueAt: Date?

    public init(ticket: TicketID, kind: TimerKind, seen: Date?, dueAt: Date?) {
        self.ticket = ticket
        self.kind = kind
        self.seen = seen
        self.dueAt = dueAt
    }
}

/// Several people report the same thing.
public struct StoredIncident: Sendable, Hashable {
    public var id: UUID
    public var rule: String
    public var category: String
    public var severity: Severity
    /// The ticket that made it one.
    public var openedBy: TicketID
    /// Different people when it was opened.
    public var requesters: Int
    public var openedAt: Date
    public var closedAt: Date?
    /// Those that belong to it, as far as they were asked for.
    public var tickets: Set<TicketID>
    /// How many more belong to it; counted when none of its tickets is open.
    public var others = 0
    /// Some of them are open, or nobody asked.
    public var hasOpenTickets = true

    public init(
        id: UUID, rule: String, category: String, severity: Severity, openedBy: TicketID, requesters: Int, openedAt: Date,
        closedAt: Date? = nil, tickets: Set<TicketID>
    ) {
        self.id = id
        self.rule = rule
        self.category = category
        self.severity = severity
        self.openedBy = openedBy
        self.requesters = requesters
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.tickets = tickets
    }
}
