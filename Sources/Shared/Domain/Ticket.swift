public import Foundation

/// Who asked for help.
public struct Requester: Codable, Sendable, Hashable {
    /// Stable in the system that names it; an account id of ours or an upstream's.
    public var id: String
    public var name: String?
    public var email: String?

    public init(id: String, name: String? = nil, email: String? = nil) {
        self.id = id
        self.name = name
        self.email = email
    }
}

/// A stored ticket: the row that everyone locks, evaluates and shows.
public struct Ticket: Sendable, Hashable {
    public var id: TicketID
    /// Grows by one with every stored change; `history` has exactly one row for each.
    public var version: Int
    public var state: TicketState
    public var requester: Requester
    public var persona: Persona
    /// The way it came in, for instance `web`, `email`, `api`.
    public var channel: String
    public var subject: String
    public var body: String
    public var course: String?
    public var module: String?
    public var language: String
    public var category: Labelled<String>
    public var tier: Labelled<Tier>
    public var severity: Labelled<Severity>
    public var confidence: Double
    public var needsHuman: Bool
    /// The kinds of guardrails that ever fired on its texts, sorted.
    public var guardrails: [String]
    /// Number of the classification in force; `classifications` has one row for each.
    public var revision: Int
    /// How often the requester said that the documented steps failed.
    public var failedAttempts: Int
    public var messageCount: Int
    /// 1, and one more with every reopening.
    public var cycle: Int
    /// What became of the last attempt to answer it.
    public var answer: AnswerOutcome
    /// Where the language model's look at it stands.
    public var enrichment: EnrichmentState
    /// The wall clock when the fast path stored its classification: what waits for the model counts from here.
    public var classifiedAt: Date
    /// The `ce_source` of the event that made it.
    public var source: String
    /// Event time: when the requester submitted it.
    public var submittedAt: Date
    /// Event time of the newest change.
    public var updatedAt: Date
    /// Who works on it.
    public var assignee: String?
    /// Words of the agents', sorted.
    public var tags: [String]
    /// Who wants to hear of it besides the assignee, sorted.
    public var watchers: [String]
    /// The ticket that goes on in its place; that one may have been merged again.
    public var mergedInto: TicketID?

    public init(
        id: TicketID, version: Int, state: TicketState, requester: Requester, persona: Persona, channel: String, subject: String,
        body: String, course: String?, module: String?, language: String, category: Labelled<String>, tier: Labelled<Tier>,
        severity: Labelled<Severity>, confidence: Double, needsHuman: Bool, guardrails: [String], revision: Int,
        failedAttempts: Int, messageCount: Int, cycle: Int = 1, answer: AnswerOutcome = .none, enrichment: EnrichmentState = .notRequested,
        classifiedAt: Date, source: String, submittedAt: Date, updatedAt: Date, assignee: String? = nil, tags: [String] = [],
        watchers: [String] = [], mergedInto: TicketID? = nil
    ) {
        self.id = id
        self.version = version
        self.state = state
        self.requester = requester
        self.persona = persona
        self.channel = channel
        self.subject = subject
        self.body = body
        self.course = course
        self.module = module
        self.language = language
        self.category = category
        self.tier = tier
        self.severity = severity
        self.confidence = confidence
        self.needsHuman = needsHuman
        self.guardrails = guardrails
        self.revision = revision
        self.failedAttempts = failedAttempts
        self.messageCount = messageCount
        self.cycle = cycle
        self.answer = answer
        self.enrichment = enrichment
        self.classifiedAt = classifiedAt
        self.source = source
        self.submittedAt = submittedAt
        self.updatedAt = updatedAt
        self.assignee = assignee
        self.tags = tags
        self.watchers = watchers
        self.mergedInto = mergedInto
    }
}

/// Who wrote a message.
public struct Author: Codable, Sendable, Hashable {
    public enum Kind: String, ClosedWord, Codable, Sendable, CaseIterable {
        case requester, agent, ai, system
    }

    public var kind: Kind
    public var id: String

    public init(kind: Kind, id: String) {
        self.kind = kind
        self.id = id
    }
}

/// Whether the requester sees a message.
public enum Visibility: String, ClosedWord, Codable, Sendable, CaseIterable {
    case `public`, `internal`
}

/// One message of a ticket's conversation. The submission's body is the ticket's own, not a message.
public struct Message: Sendable, Hashable {
    /// The id of the event that brought it.
    public var id: UUID
    public var ticket: TicketID
    /// 1, 2, ... in the order in which they were stored.
    public var number: Int
    public var author: Author
    public var visibility: Visibility
    public var body: String
    public var language: String
    public var guardrails: [GuardrailHit]
    /// Event time.
    public var at: Date

    public init(
        id: UUID, ticket: TicketID, number: Int, author: Author, visibility: Visibility, body: String, language: String,
        guardrails: [GuardrailHit], at: Date
    ) {
        self.id = id
        self.ticket = ticket
        self.number = number
        self.author = author
        self.visibility = visibility
        self.body = body
        self.language = language
        self.guardrails = guardrails
        self.at = at
    }
}

/// What a stored change was.
public enum ChangeKind: String, Codable, Sendable, CaseIterable {
    case submitted, replied, reclassified, answered, escalated
    case assigned, moved, corrected, tagged, watched, linked, merged
}

/// One row of a ticket's history: exactly one for each version.
public struct HistoryEntry: Sendable, Hashable {
    public var ticket: TicketID
    public var version: Int
    public var kind: ChangeKind
    /// The event that caused it.
    public var cause: UUID
    public var actor: Author
    /// Where the cause stood in its log, so that order can be checked: `topic[partition]@offset`.
    public var origin: String
    /// The fields that changed, old and new.
    public var changes: [FieldChange]
    /// Event time.
    public var at: Date
    /// Its requester does not see it, and counts versions without it.
    public var isInternal: Bool
    /// Why, in the words of who did it by hand.
    public var reason: String?

    public init(
        ticket: TicketID, version: Int, kind: ChangeKind, cause: UUID, actor: Author, origin: String, changes: [FieldChange], at: Date,
        isInternal: Bool = false, reason: String? = nil
    ) {
        self.ticket = ticket
        self.version = version
        self.kind = kind
        self.cause = cause
        self.actor = actor
        self.origin = origin
        self.changes = changes
        self.at = at
        self.isInternal = isInternal
        self.reason = reason
    }
}

/// A field's old and new value as text.
public struct FieldChange: Codable, Sendable, Hashable {
    public var field: String
    public var from: String?
    public var to: String?

    public init(_ field: String, from: String?, to: String?) {
        self.field = field
        self.from = from
        self.to = to
    }
}
