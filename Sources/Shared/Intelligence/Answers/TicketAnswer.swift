public import Domain

/// What the fast path says to a ticket, and why.
public struct TicketAnswer: Codable, Sendable, Hashable {
    public var outcome: AnswerOutcome
    /// Of the text: ISO 639-1. The articles in it stay English.
    public var language: String
    /// The whole message; of a withheld answer the draft for the agent; nil where nothing can be said.
    public var text: String?
    /// The sections that the text is made of, `articleID@version#section`.
    public var citations: [String]
    /// What was found, the best first, whether or not it was used.
    public var evidence: [AnswerEvidence]
    /// Why nothing was answered, or not shown; nil for an answer.
    public var reason: String?
    /// The version of the articles it was looked for in; nil when there are none.
    public var library: String?

    public init(
        outcome: AnswerOutcome, language: String, text: String?, citations: [String] = [], evidence: [AnswerEvidence] = [],
        reason: String? = nil, library: String?
    ) {
        self.outcome = outcome
        self.language = language
        self.text = text
        self.citations = citations
        self.evidence = evidence
        self.reason = reason
        self.library = library
    }

    /// What the requester sees; nil for what is kept for the agent.
    public var message: String? {
        switch outcome {
        case .answered, .notCovered, .refused: text
        case .none, .unsupportedLanguage, .withheld: nil
        }
    }
}
