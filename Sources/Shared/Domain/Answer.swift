/// What became of an attempt to answer a ticket from the knowledge base.
public enum AnswerOutcome: String, Codable, Sendable, CaseIterable {
    /// Not tried yet.
    case none
    /// The requester has an answer, grounded in articles.
    case answered
    /// No article supports an answer; the requester was told so.
    case notCovered = "not_covered"
    /// A guardrail refuses the request; the requester was told so.
    case refused
    /// The ticket's language is not supported, and answering by guesswork is forbidden.
    case unsupportedLanguage = "unsupported_language"
    /// Articles support an answer, and it is kept for the human: the classification is hardly more than a guess.
    case withheld

    /// Whether articles support an answer; nil where none was tried.
    public var isGrounded: Bool? {
        switch self {
        case .answered, .withheld: true
        case .notCovered: false
        case .none, .refused, .unsupportedLanguage: nil
        }
    }
}

/// Where the language model's look at a ticket stands.
public enum EnrichmentState: String, Codable, Sendable, CaseIterable {
    case notRequested = "not_requested"
    case pending, done
}

/// How the language model does, as stored when the facts were taken.
public enum ModelHealth: String, Codable, Sendable, CaseIterable {
    case healthy
    /// Its breaker is open, its budget is spent, or it does not answer.
    case unhealthy
    /// None is configured.
    case absent
}
