public import Foundation

/// An attempt to answer a ticket came to something.
public struct TicketAnswered: SingleTypePayload, Hashable {
    public static let type = "ticket.answered"

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    /// The stored version that carries it.
    public var version: Int
    /// 1, 2, ... among the ticket's answers.
    public var number: Int
    public var outcome: AnswerOutcome
    /// The message that the requester sees; nil for an answer that is kept back.
    public var messageID: UUID?
    /// What it rests on, each `articleID@version#section`.
    public var citations: [String]
    /// The model that wrote it; nil for the articles' own words.
    public var model: String?

    public init(
        _ ticket: Ticket, number: Int, outcome: AnswerOutcome, messageID: UUID?, citations: [String], model: String? = nil
    ) {
        schemaVersion = 1
        ticketID = ticket.id
        version = ticket.version
        self.number = number
        self.outcome = outcome
        self.messageID = messageID
        self.citations = citations
        self.model = model
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", version, number, outcome, messageID = "messageId", citations, model
    }

    public func validate() throws {}
}

/// The language model is asked to look at a ticket. Carries what it needs to see, so that deciding needs no database.
public struct EnrichmentRequested: SingleTypePayload, Hashable {
    public static let type = "enrichment.requested"

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    /// The stored version whose texts these are.
    public var version: Int
    /// The classification in force then. What was computed for an older one becomes a suggestion.
    public var revision: Int
    /// The messages there were then.
    public var messageCount: Int
    public var requester: Requester
    public var persona: Persona
    public var language: String
    public var subject: String
    public var body: String

    public init(_ ticket: Ticket) {
        schemaVersion = 1
        ticketID = ticket.id
        version = ticket.version
        revision = ticket.revision
        messageCount = ticket.messageCount
        requester = ticket.requester
        persona = ticket.persona
        language = ticket.language
        subject = ticket.subject
        body = ticket.body
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", version, revision, messageCount, requester, persona, language, subject, body
    }

    public func validate() throws {
        try Limits.check(subject, "subject", limit: Limits.subject, required: true)
        try Limits.check(body, "body", limit: Limits.body, required: true)
    }
}

/// What arrives on the changes topic: a nudge to look at the stored ticket.
public enum TicketChange: EventPayload, Hashable {
    case classified(TicketClassified)
    case answered(TicketAnswered)
    case updated(TicketUpdated)

    public static let types: Set<String> = [TicketClassified.type, TicketAnswered.type, TicketUpdated.type]

    public static func decode(type: String, from json: Data) throws -> TicketChange {
        switch type {
        case TicketClassified.type: .classified(try TicketClassified.decode(type: type, from: json))
        case TicketAnswered.type: .answered(try TicketAnswered.decode(type: type, from: json))
        default: .updated(try TicketUpdated.decode(type: type, from: json))
        }
    }

    public var ticketID: TicketID? {
        switch self {
        case .classified(let payload): payload.ticketID
        case .answered(let payload): payload.ticketID
        case .updated(let payload): payload.ticketID
        }
    }
}
