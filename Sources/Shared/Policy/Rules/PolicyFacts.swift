public import Domain
public import Foundation

/// Another ticket that reports much the same.
public struct SimilarTicket: Codable, Sendable, Hashable {
    public var ticket: TicketID
    /// The requester's id.
    public var requester: String
    public var state: TicketState
    public var submittedAt: Date
    /// 0 to 1.
    public var similarity: Double

    public init(ticket: TicketID, requester: String, state: TicketState, submittedAt: Date, similarity: Double) {
        self.ticket = ticket
        self.requester = requester
        self.state = state
        self.submittedAt = submittedAt
        self.similarity = similarity
    }
}

/// An escalation that the ticket already has in its present cycle (since it was submitted or last reopened).
public struct EarlierEscalation: Codable, Sendable, Hashable {
    public var rule: String
    /// As in `FiredRule.grounds`.
    public var grounds: [String]

    public init(rule: String, grounds: [String] = []) {
        self.rule = rule
        self.grounds = grounds
    }
}

/// A person asked that the ticket be escalated. No rule can keep it from happening, and no word of the reason is here.
public struct EscalationAsk: Codable, Sendable, Hashable {
    /// Names it, so that it is told once.
    public var id: String
    /// The author's kind: `agent` or `requester`.
    public var by: Author.Kind
    public var tier: Tier

    public init(id: String, by: Author.Kind, tier: Tier) {
        self.id = id
        self.by = by
        self.tier = tier
    }

    /// What stands where a rule of the policy's would; none has such a name.
    public var rule: String { "asked-by:" + by.rawValue }
}

/// Everything that the policy looks at. It is stored with the decision, so that the decision can be repeated, and so that another policy
/// can be tried on it. What is not here cannot influence an escalation; in particular no word of the ticket's text can.
public struct PolicyFacts: Codable, Sendable, Hashable {
    public var ticket: TicketID
    /// The version of the locked row.
    public var version: Int
    /// The instant of the evaluation.
    public var at: Date
    public var submittedAt: Date
    /// When the fast path classified this version: a rule that waits for the model counts from here.
    public var classifiedAt: Date
    public var state: TicketState
    /// The requester's id; counted, never shown.
    public var requester: String
    public var persona: Persona
    public var category: String
    public var tier: Labelled<Tier>
    public var severity: Labelled<Severity>
    /// Of the category, 0 to 1; 1 when an agent or a rule set it.
    public var confidence: Double
    /// The kinds of guardrails that ever fired on its texts.
    public var guardrails: [String]
    /// How often the requester said that the documented steps failed.
    public var failedAttempts: Int
    public var language: String
    /// True also for another language when a model handled the text.
    public var languageSupported: Bool
    /// Whether articles support the answer; nil while no answer was tried.
    public var answerGrounded: Bool?
    public var enrichment: EnrichmentState
    public var modelHealth: ModelHealth
    /// Other tickets, in any order, at least those of `EscalationPolicy.widestWindow` around `submittedAt`.
    public var similar: [SimilarTicket]
    public var earlier: [EarlierEscalation]
    /// Of the present cycle, the oldest first; nil in decisions of before there were any.
    public var asks: [EscalationAsk]?

    public init(
        ticket: TicketID, version: Int, at: Date, submittedAt: Date, classifiedAt: Date, state: TicketState, requester: String,
        persona: Persona, category: String, tier: Labelled<Tier>, severity: Labelled<Severity>, confidence: Double,
        guardrails: [String] = [], failedAttempts: Int = 0, language: String, languageSupported: Bool, answerGrounded: Bool? = nil,
        enrichment: EnrichmentState = .notRequested, modelHealth: ModelHealth = .absent, similar: [SimilarTicket] = [],
        earlier: [EarlierEscalation] = [], asks: [EscalationAsk]? = nil
    ) {
        self.ticket = ticket
        self.version = version
        self.at = at
        self.submittedAt = submittedAt
        self.classifiedAt = classifiedAt
        self.state = state
        self.requester = requester
        self.persona = persona
        self.category = category
        self.tier = tier
        self.severity = severity
        self.confidence = confidence
        self.guardrails = guardrails
        self.failedAttempts = failedAttempts
        self.language = language
        self.languageSupported = languageSupported
        self.answerGrounded = answerGrounded
        self.enrichment = enrichment
        self.modelHealth = modelHealth
        self.similar = similar
        self.earlier = earlier
        self.asks = asks
    }
}
