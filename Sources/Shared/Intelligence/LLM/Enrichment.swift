public import Domain

/// What a model said about a ticket, after it was checked.
public struct Enrichment: Sendable, Hashable {
    public struct Labels: Sendable, Hashable {
        public var category: String
        public var tier: Tier
        public var severity: Severity
        /// Of the category, 0 to 1.
        public var confidence: Double
        /// ISO 639 code, `und` when the model cannot tell.
        public var language: String
        /// At most 1,000 characters.
        public var rationale: String

        public init(category: String, tier: Tier, severity: Severity, confidence: Double, language: String, rationale: String) {
            self.category = category
            self.tier = tier
            self.severity = severity
            self.confidence = confidence
            self.language = language
            self.rationale = rationale
        }
    }

    public enum Answer: Sendable, Hashable {
        /// Every command, path and address in the text stands in a cited section.
        case grounded(text: String, citations: [String])
        /// The sources do not answer the ticket, says the model.
        case none
        /// There is a text that the requester must not see: a human's turn.
        case withheld(Withheld)
    }

    /// Why an answer is kept back. The raw value is stored.
    public enum Withheld: String, Sendable, Hashable, CaseIterable {
        /// A text that cites nothing.
        case uncited
        /// A citation of what was not sent.
        case unknownCitation = "unknown_citation"
        /// A command or piece of code that stands in no cited section.
        case unknownCommand = "unknown_command"
        case unknownPath = "unknown_path"
        /// A URL, host, network or mail address.
        case unknownAddress = "unknown_address"
        /// It claims to have acted, or promises something.
        case promise
    }

    public var labels: Labels
    public var answer: Answer

    public init(labels: Labels, answer: Answer) {
        self.labels = labels
        self.answer = answer
    }
}
