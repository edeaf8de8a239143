public import Domain
public import Foundation

/// A rule whose condition holds.
public struct FiredRule: Codable, Sendable, Hashable {
    public var rule: String
    public var isFinal: Bool
    /// False when the ticket already has this escalation.
    public var isNew: Bool
    /// The tier asked for, never below the ticket's own; nil when the rule does not escalate.
    public var tier: Tier?
    /// The severity asked for, never below the ticket's own.
    public var severity: Severity?
    /// What makes a second firing of the same rule a new one: the guardrails that it saw, sorted.
    public var grounds: [String]
    public var evidence: [PolicyEvidence]

    public init(
        rule: String, isFinal: Bool, isNew: Bool, tier: Tier?, severity: Severity?, grounds: [String], evidence: [PolicyEvidence]
    ) {
        self.rule = rule
        self.isFinal = isFinal
        self.isNew = isNew
        self.tier = tier
        self.severity = severity
        self.grounds = grounds
        self.evidence = evidence
    }
}

/// A rule that holds but lets the model speak first.
public struct WaitingRule: Codable, Sendable, Hashable {
    public var rule: String
    /// Evaluate again now at the latest.
    public var until: Date

    public init(rule: String, until: Date) {
        self.rule = rule
        self.until = until
    }
}

/// Several people report the same thing.
public struct IncidentCall: Codable, Sendable, Hashable {
    public var rule: String
    /// The tickets that belong to it, this one included, by id.
    public var tickets: [TicketID]
    /// How many different people.
    public var requesters: Int
    /// What its tickets are raised to.
    public var severity: Severity

    public init(rule: String, tickets: [TicketID], requesters: Int, severity: Severity) {
        self.rule = rule
        self.tickets = tickets
        self.requesters = requesters
        self.severity = severity
    }
}

/// What the policy says about a ticket. It depends on the facts and the policy alone.
public struct PolicyDecision: Codable, Sendable, Hashable {
    public var policyVersion: String
    public var ticket: TicketID
    /// The version of the ticket that was looked at.
    public var ticketVersion: Int
    /// The tier from now on; never below the ticket's own.
    public var tier: Tier
    /// The severity from now on; never below the ticket's own.
    public var severity: Severity
    /// Every rule that holds: final ones first, then by tier, severity and id.
    public var fired: [FiredRule]
    /// By id.
    public var waiting: [WaitingRule]
    /// Present as long as a rule that opens incidents holds, so that later tickets join.
    public var incident: IncidentCall?
    /// The channels to tell about what is new, sorted.
    public var notify: [String]
    /// The decision in words, without a word of the ticket's text.
    public var why: String

    public init(
        policyVersion: String, ticket: TicketID, ticketVersion: Int, tier: Tier, severity: Severity, fired: [FiredRule],
        waiting: [WaitingRule], incident: IncidentCall?, notify: [String], why: String
    ) {
        self.policyVersion = policyVersion
        self.ticket = ticket
        self.ticketVersion = ticketVersion
        self.tier = tier
        self.severity = severity
        self.fired = fired
        self.waiting = waiting
        self.incident = incident
        self.notify = notify
        self.why = why
    }

    /// What is to be recorded: rules that escalate and did not before.
    public var escalations: [FiredRule] { fired.filter { $0.isNew && $0.tier != nil } }

    /// Rules that fire for the first time and have other effects than to escalate: they too must not have them twice.
    public var notices: [FiredRule] { fired.filter { $0.isNew && $0.tier == nil } }

    /// When a timer must have the ticket evaluated again.
    public var wakeAt: Date? { waiting.map(\.until).min() }
}
