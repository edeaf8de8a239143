public import Foundation

/// A rule of the policy escalated a ticket.
public struct TicketEscalated: SingleTypePayload, Hashable {
    public static let type = "ticket.escalated"

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    /// The stored version that carries it.
    public var version: Int
    /// 1, and one more with every reopening. A rule escalates a ticket once in a cycle, or once more for each new ground.
    public var cycle: Int
    public var rule: String
    /// No other rule can keep it from firing.
    public var isFinal: Bool
    /// The ticket's tier and severity from now on.
    public var tier: Tier
    public var severity: Severity
    /// The guardrails that the rule saw, sorted.
    public var grounds: [String]
    public var evidence: [PolicyEvidence]
    /// The channels to tell, sorted.
    public var notify: [String]
    public var policyVersion: String
    /// The whole decision in words, without a word of the ticket's text.
    public var why: String
    /// The incident that the rule opened or joined.
    public var incidentID: UUID?
    public var at: Timestamp
    public var handover: Handover

    public init(
        _ ticket: Ticket, rule: String, isFinal: Bool, grounds: [String], evidence: [PolicyEvidence], notify: [String],
        policyVersion: String, why: String, incidentID: UUID?, at: Date, handover: Handover
    ) {
        schemaVersion = 1
        ticketID = ticket.id
        version = ticket.version
        cycle = ticket.cycle
        self.rule = rule
        self.isFinal = isFinal
        tier = ticket.tier.value
        severity = ticket.severity.value
        self.grounds = grounds
        self.evidence = evidence
        self.notify = notify
        self.policyVersion = policyVersion
        self.why = why
        self.incidentID = incidentID
        self.at = Timestamp(at)
        self.handover = handover
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", version, cycle, rule, isFinal = "final", tier, severity, grounds, evidence, notify
        case policyVersion, why, incidentID = "incidentId", at, handover
    }

    public func validate() throws {}
}

/// What a clock said, once for each target and cycle of a ticket.
public struct SLANotice: Codable, Sendable, Hashable {
    public var schemaVersion: Int?
    public var ticketID: TicketID?
    public var target: SLATarget
    public var cycle: Int
    public var severity: Severity
    /// When the time runs out, or ran out.
    public var dueAt: Timestamp?
    /// When it happened, by event time.
    public var at: Timestamp

    init(_ ticket: TicketID, _ clock: SLAClock, at: Date) {
        schemaVersion = 1
        ticketID = ticket
        target = clock.target
        cycle = clock.cycle
        severity = clock.severity
        dueAt = clock.dueAt.map(Timestamp.init)
        self.at = Timestamp(at)
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", target, cycle, severity, dueAt, at
    }
}

/// Most of a target's time has passed.
public struct SLAWarned: SingleTypePayload, Hashable {
    public static let type = "sla.warned"
    public var notice: SLANotice
    public var ticketID: TicketID? { notice.ticketID }

    public init(_ ticket: TicketID, _ clock: SLAClock, at: Date) { notice = SLANotice(ticket, clock, at: at) }
    public init(from decoder: any Decoder) throws { notice = try SLANotice(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try notice.encode(to: encoder) }
    public func validate() throws {}
}

/// A target's time has run out.
public struct SLABreached: SingleTypePayload, Hashable {
    public static let type = "sla.breached"
    public var notice: SLANotice
    public var ticketID: TicketID? { notice.ticketID }

    public init(_ ticket: TicketID, _ clock: SLAClock, at: Date) { notice = SLANotice(ticket, clock, at: at) }
    public init(from decoder: any Decoder) throws { notice = try SLANotice(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try notice.encode(to: encoder) }
    public func validate() throws {}
}

/// Several people report the same thing.
public struct IncidentOpened: SingleTypePayload, Hashable {
    public static let type = "incident.opened"

    public var schemaVersion: Int?
    /// The ticket that made it one.
    public var ticketID: TicketID?
    public var incidentID: UUID
    public var rule: String
    public var category: String
    public var severity: Severity
    /// Those that belong to it so far, by id.
    public var tickets: [TicketID]
    /// How many different people.
    public var requesters: Int
    public var at: Timestamp

    public init(
        _ ticket: TicketID, incidentID: UUID, rule: String, category: String, severity: Severity, tickets: [TicketID], requesters: Int, at: Date
    ) {
        schemaVersion = 1
        ticketID = ticket
        self.incidentID = incidentID
        self.rule = rule
        self.category = category
        self.severity = severity
        self.tickets = tickets
        self.requesters = requesters
        self.at = Timestamp(at)
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", incidentID = "incidentId", rule, category, severity, tickets, requesters, at
    }

    public func validate() throws {}
}

/// None of an incident's tickets is open any more.
public struct IncidentClosed: SingleTypePayload, Hashable {
    public static let type = "incident.closed"

    public var schemaVersion: Int?
    /// The ticket that was the last.
    public var ticketID: TicketID?
    public var incidentID: UUID
    public var rule: String
    public var category: String
    /// How many tickets belonged to it.
    public var ticketCount: Int
    public var openedAt: Timestamp
    public var at: Timestamp

    public init(_ ticket: TicketID, incidentID: UUID, rule: String, category: String, ticketCount: Int, openedAt: Date, at: Date) {
        schemaVersion = 1
        ticketID = ticket
        self.incidentID = incidentID
        self.rule = rule
        self.category = category
        self.ticketCount = ticketCount
        self.openedAt = Timestamp(openedAt)
        self.at = Timestamp(at)
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", incidentID = "incidentId", rule, category, ticketCount, openedAt, at
    }

    public func validate() throws {}
}
