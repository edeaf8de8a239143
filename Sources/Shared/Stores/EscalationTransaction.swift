public import Domain
public import Foundation

/// A version of a ticket whose change matters to its clocks.
public struct SLAHistoryRow: Sendable, Hashable {
    public var changes: [FieldChange]
    /// Event time.
    public var at: Date

    public init(changes: [FieldChange], at: Date) {
        self.changes = changes
        self.at = at
    }
}

/// What is stored about a locked ticket and bears on its escalation.
public struct EscalationRecord: Sendable, Hashable {
    /// An escalation of the ticket's present cycle.
    public struct Earlier: Sendable, Hashable {
        public var rule: String
        public var grounds: [String]

        public init(rule: String, grounds: [String]) {
            self.rule = rule
            self.grounds = grounds
        }
    }

    /// A person asked that the ticket be escalated.
    public struct Ask: Sendable, Hashable {
        public var id: UUID
        public var by: Author.Kind
        public var tier: Tier

        public init(id: UUID, by: Author.Kind, tier: Tier) {
            self.id = id
            self.by = by
            self.tier = tier
        }
    }

    /// The ticket's newest decision.
    public struct LastDecision: Sendable, Hashable {
        public var sequence: Int
        public var cycle: Int
        public var fingerprint: String
        public var noted: [UInt8]

        public init(sequence: Int, cycle: Int, fingerprint: String, noted: [UInt8]) {
            self.sequence = sequence
            self.cycle = cycle
            self.fingerprint = fingerprint
            self.noted = noted
        }
    }

    /// Tickets of one incident that are read for another.
    static let fellowLimit = 200

    /// In the order of the versions.
    public var history: [SLAHistoryRow] = []
    public var clocks: [SLAClock] = []
    public var escalations: [Earlier] = []
    public var lastDecision: LastDecision?
    public var timers: [TimerKind: Date] = [:]
    /// The open incidents that it belongs to.
    public var incidents: [UUID] = []
    /// Other tickets of those incidents: of each the newest `fellowLimit`.
    public var fellows: Set<TicketID> = []
    /// A language model classified it.
    public var isEnriched = false
    /// What persons asked for in the ticket's present cycle, the oldest first.
    public var asks: [Ask] = []

    public init() {}
}

/// A ticket that may be about the same thing as another. Not locked.
public struct Neighbour: Sendable, Hashable {
    public var ticket: TicketID
    public var requester: String
    public var state: TicketState
    public var submittedAt: Date

    public init(ticket: TicketID, requester: String, state: TicketState, submittedAt: Date) {
        self.ticket = ticket
        self.requester = requester
        self.state = state
        self.submittedAt = submittedAt
    }
}

/// What a requester wrote. It never changes.
public struct TicketText: Sendable, Hashable {
    public var subject: String
    /// The beginning of the text.
    public var body: String

    public init(subject: String, body: String) {
        self.subject = subject
        self.body = body
    }
}

/// Which tickets may be look-alikes of which.
public struct Neighbourhood: Sendable, Hashable {
    public var neighbours: [TicketID: [TicketID]] = [:]
    public var tickets: [TicketID: Neighbour] = [:]

    public init() {}
}

/// What incidents are opened under: one at a time for each.
public struct IncidentKey: Sendable, Hashable {
    public var rule: String
    public var category: String

    public init(rule: String, category: String) {
        self.rule = rule
        self.category = category
    }
}

/// What a human is to read of a ticket.
public struct Conversation: Sendable, Hashable {
    /// The newest messages, oldest first, long texts cut.
    public var messages: [Message] = []
    /// What attempts to answer cited, in the order of the attempts.
    public var citations: [String] = []

    public init() {}
}

/// Everything that a batch of evaluations writes.
public struct EscalationChanges: Sendable {
    /// Locked tickets that were raised.
    public var updated: [Ticket] = []
    public var history: [HistoryEntry] = []
    public var escalations: [StoredEscalation] = []
    public var decisions: [StoredDecision] = []
    public var clocks: [StoredClock] = []
    public var timers: [TimerChange] = []
    public var opened: [StoredIncident] = []
    /// Tickets that come to an incident, those of a new one included.
    public var joined: [(incident: UUID, ticket: TicketID, at: Date)] = []
    public var closed: [(incident: UUID, at: Date)] = []

    public init() {}
}

/// What Escalation may do inside its transaction.
public protocol EscalationTransaction {
    /// What time it is by the one clock that all workers share.
    func now() throws -> Date
    /// Locks the places of these tickets in id order; one without a row is missing from the answer.
    func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket]
    /// As `lock`, and leaves out those that another transaction holds.
    func lockFree(_ ids: [TicketID]) throws -> [TicketID: LockedTicket]
    /// What is stored about locked tickets.
    func records(of tickets: [Ticket]) throws -> [TicketID: EscalationRecord]
    /// How the language model does: not healthy when nobody has said so within `ModelHealthQueries.validity` before `now`.
    func modelHealth(at now: Date) throws -> ModelHealth
    /// Open tickets of the same category that were submitted within so many seconds of each of these, the newest of them, and `fellows`. Those that
    /// were submitted within a minute of one another may be given the same newest.
    func neighbourhood(
        of tickets: [Ticket], fellows: [TicketID: Set<TicketID>], within seconds: Int, limit: Int
    ) throws -> Neighbourhood
    /// - Parameter limit: characters of a body.
    func texts(of ids: [TicketID], limit: Int) throws -> [TicketID: TicketText]
    /// Waits until nobody else opens incidents under these keys, then locks the open incidents of these tickets. Of all that belong to them these tickets
    /// alone are named: those of an outage that thousands report need not be read for each that joins.
    /// - Parameter leaving: those of `tickets` that are not open any more. Whether any other is, and how many more there are, is asked for their incidents alone.
    func lockIncidents(opening keys: [IncidentKey], of tickets: [TicketID], leaving: [TicketID]) throws -> [StoredIncident]
    /// The newest messages of each ticket.
    func conversations(of tickets: [TicketID], limit: Int, textLimit: Int) throws -> [TicketID: Conversation]
    func write(_ changes: EscalationChanges) throws
}
