public import Foundation

/// A ticket was submitted. Upstream systems publish it themselves; the gateway publishes it for `POST /v1/tickets`.
public struct TicketSubmitted: SingleTypePayload, Hashable {
    public static let type = "ticket.submitted"

    public var schemaVersion: Int?
    /// Absent: the ticket takes the event's id.
    public var ticketID: TicketID?
    public var requester: Requester
    /// Absent: trainee, who may be told the least.
    public var persona: Persona?
    public var channel: String?
    public var subject: String
    public var body: String
    public var course: String?
    public var module: String?
    /// The closed ticket that it goes on with.
    public var follows: TicketID?

    public init(
        ticketID: TicketID?, requester: Requester, persona: Persona? = nil, channel: String? = nil, subject: String, body: String,
        course: String? = nil, module: String? = nil, follows: TicketID? = nil
    ) {
        self.schemaVersion = 1
        self.ticketID = ticketID
        self.requester = requester
        self.persona = persona
        self.channel = channel
        self.subject = subject
        self.body = body
        self.course = course
        self.module = module
        self.follows = follows
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", requester, persona, channel, subject, body, course, module, follows
    }

    public func validate() throws {
        try Limits.check(requester.id, "requester.id", limit: Limits.short, required: true)
        try Limits.check(requester.name, "requester.name", limit: Limits.short)
        try Limits.check(requester.email, "requester.email", limit: Limits.short)
        try Limits.check(channel, "channel", limit: Limits.short)
        try Limits.check(subject, "subject", limit: Limits.subject, required: true)
        try Limits.check(body, "body", limit: Limits.body, required: true)
        try Limits.check(course, "course", limit: Limits.short)
        try Limits.check(module, "module", limit: Limits.short)
    }
}

/// Somebody wrote on a ticket. Who may, was checked by the gateway; on the topic itself only trusted systems write.
public struct TicketReplied: SingleTypePayload, Hashable {
    public static let type = "ticket.replied"

    public var schemaVersion: Int?
    /// Absent: the event's subject names it.
    public var ticketID: TicketID?
    public var author: Author
    /// Absent: public.
    public var visibility: Visibility?
    public var body: String

    public init(ticketID: TicketID?, author: Author, visibility: Visibility? = nil, body: String) {
        self.schemaVersion = 1
        self.ticketID = ticketID
        self.author = author
        self.visibility = visibility
        self.body = body
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", author, visibility, body
    }

    public func validate() throws {
        try Limits.check(author.id, "author.id", limit: Limits.short, required: true)
        try Limits.check(body, "body", limit: Limits.body, required: true)
    }
}

/// What arrives on the tickets topic: what Triage takes.
///
/// Indirect, because an event is copied at every step of its way, and one word copies faster than a ticket.
public indirect enum TicketInput: EventPayload, Hashable {
    case submitted(TicketSubmitted)
    case replied(TicketReplied)

    public static let types: Set<String> = [TicketSubmitted.type, TicketReplied.type]

    public static func decode(type: String, from json: Data) throws -> TicketInput {
        type == TicketReplied.type
            ? .replied(try TicketReplied.decode(type: type, from: json))
            : .submitted(try TicketSubmitted.decode(type: type, from: json))
    }

    public var ticketID: TicketID? {
        switch self {
        case .submitted(let payload): payload.ticketID
        case .replied(let payload): payload.ticketID
        }
    }
}

/// A ticket received a classification: its first or a later revision.
public struct TicketClassified: SingleTypePayload, Hashable {
    public static let type = "ticket.classified"

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    /// The stored version that carries it. A nudge: evaluate the row, do not skip for its version.
    public var version: Int
    public var revision: Int
    public var state: TicketState
    public var language: String
    public var category: Labelled<String>
    public var tier: Labelled<Tier>
    public var severity: Labelled<Severity>
    public var confidence: Double
    public var needsHuman: Bool
    public var guardrails: [String]

    public init(_ ticket: Ticket) {
        schemaVersion = 1
        ticketID = ticket.id
        version = ticket.version
        revision = ticket.revision
        state = ticket.state
        language = ticket.language
        category = ticket.category
        tier = ticket.tier
        severity = ticket.severity
        confidence = ticket.confidence
        needsHuman = ticket.needsHuman
        guardrails = ticket.guardrails
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", version, revision, state, language, category, tier, severity, confidence
        case needsHuman, guardrails
    }

    public func validate() throws {}
}

/// A stored ticket changed otherwise; one event for each stored reply.
public struct TicketUpdated: SingleTypePayload, Hashable {
    public static let type = "ticket.updated"

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    public var version: Int
    public var state: TicketState
    public var kind: ChangeKind
    /// The stored reply, when the change was one.
    public var messageID: UUID?
    public var messageNumber: Int?

    public init(_ ticket: Ticket, kind: ChangeKind, message: Message? = nil) {
        schemaVersion = 1
        ticketID = ticket.id
        version = ticket.version
        state = ticket.state
        self.kind = kind
        messageID = message?.id
        messageNumber = message?.number
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", version, state, kind, messageID = "messageId", messageNumber
    }

    public func validate() throws {}
}
