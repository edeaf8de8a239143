public import Domain

/// What tickets are about, and the rules that recognise it with certainty.
public struct Taxonomy: Sendable {
    /// A subject of tickets.
    public struct Category: Sendable {
        public var id: String
        public var title: String
        public var description: String
        /// What holds unless a rule says more.
        public var tier: Tier
        public var severity: Severity
        /// Example texts by language; the local model learns from them.
        public var examples: [(language: String, text: String)]
    }

    /// What follows when its patterns match.
    public struct Rule: Sendable {
        public var id: String
        public var title: String
        /// When not empty, the rule holds for these personas alone.
        public var personas: Set<Persona>
        public var category: String?
        public var tier: Tier?
        public var severity: Severity?
    }

    /// A rule that fired, with the words that made it.
    public struct Firing: Sendable {
        public var rule: Rule
        public var evidence: String
    }

    /// Values that are not about one subject.
    public struct Settings: Sendable, Hashable {
        /// Below this probability the local model's answer needs a human.
        public var confidenceThreshold: Double
        /// The category of a request that a guardrail refuses.
        public var guardrailCategory: String
        /// The category of a text that says nothing.
        public var emptyCategory: String
    }

    public let categories: [Category]
    public let rules: [Rule]
    public let settings: Settings
    /// 12 hexadecimal digits of the file's hash.
    public let version: String
    /// The rules' patterns; the owner after the last rule is the wording of failed attempts.
    private let patterns: PatternSet

    init(categories: [Category], rules: [Rule], settings: Settings, patterns: PatternSet, version: String) {
        self.categories = categories
        self.rules = rules
        self.settings = settings
        self.patterns = patterns
        self.version = version
    }

    /// The category with this id.
    public func category(_ id: String) -> Category? {
        categories.first { $0.id == id }
    }

    /// All examples, for training the local model.
    public var examples: [LocalModel.Example] {
        categories.flatMap { category in category.examples.map { LocalModel.Example(text: $0.text, label: category.id) } }
    }

    /// The rules that fire for a requester of this persona, in the order of the file, and whether the text says that documented steps
    /// were tried without success.
    public func evaluate(_ text: NormalisedText, persona: Persona) -> (firings: [Firing], failedAttempt: Bool) {
        var firings: [Firing] = []
        var failedAttempt = false
        for match in patterns.matches(in: text, limit: text.analysedTokens) {
            if match.owner == rules.count {
                failedAttempt = true
            } else if rules[match.owner].personas.isEmpty || rules[match.owner].personas.contains(persona) {
                let evidence = text.evidence(from: match.firstToken, through: match.lastToken)
                firings.append(Firing(rule: rules[match.owner], evidence: evidence))
            }
        }
        return (firings, failedAttempt)
    }
}
