public import Domain
public import Foundation

/// What a language model said and nobody may act on by itself: kept for whoever works the ticket.
public struct Suggestion: Sendable, Hashable {
    /// Why it was not applied. The raw value is stored.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The ticket is no longer open.
        case closed
        /// Another classification is in force than the one it was asked about.
        case reclassified
        /// Somebody wrote meanwhile.
        case newMessages = "new_messages"
        /// The requester has an answer.
        case answered
        /// A guardrail fired on the ticket: what is said to the requester then is fixed.
        case guardrail
        /// The model is hardly sure what the ticket is about.
        case lowConfidence = "low_confidence"
        /// An agent set a label: somebody works it.
        case agent
    }

    public var ticket: TicketID
    /// 1, 2, ... among the ticket's suggestions.
    public var number: Int
    /// The event that caused it.
    public var cause: UUID
    public var reason: Reason
    public var category: String
    public var tier: Tier
    public var severity: Severity
    /// Of the category, 0 to 1.
    public var confidence: Double
    public var language: String
    /// The model's own words, in English.
    public var rationale: String
    /// A checked answer; nil when there was none that may be shown.
    public var text: String?
    /// What the text rests on, each `articleID@version#section`.
    public var citations: [String]
    public var model: String
    public var promptVersion: String
    public var at: Date

    public init(
        ticket: TicketID, number: Int, cause: UUID, reason: Reason, category: String, tier: Tier, severity: Severity, confidence: Double,
        language: String, rationale: String, text: String?, citations: [String], model: String, promptVersion: String, at: Date
    ) {
        self.ticket = ticket
        self.number = number
        self.cause = cause
        self.reason = reason
        self.category = category
        self.tier = tier
        self.severity = severity
        self.confidence = confidence
        self.language = language
        self.rationale = rationale
        self.text = text
        self.citations = citations
        self.model = model
        self.promptVersion = promptVersion
        self.at = at
    }
}
