/// One step of a decision, kept with it so that it explains itself.
public struct Reason: Codable, Sendable, Hashable {
    /// What was decided by this step.
    public enum Subject: String, Codable, Sendable, CaseIterable {
        case language, category, tier, severity, guardrail, routing
    }

    public var subject: Subject
    /// The rule's or guardrail's id in its file, or the name of the mechanism (`local-model`, `default`).
    public var rule: String
    /// The value it argued for: a category, a tier number, a severity, a language code.
    public var value: String
    /// What it saw: the matching words, or the scores. At most 200 characters of ticket text.
    public var evidence: String
    public var source: LabelSource

    public init(subject: Subject, rule: String, value: String, evidence: String, source: LabelSource) {
        self.subject = subject
        self.rule = rule
        self.value = value
        self.evidence = evidence
        self.source = source
    }
}

/// A guardrail that fired: the request is refused and a human is told.
public struct GuardrailHit: Codable, Sendable, Hashable {
    /// The pattern's id in `guardrails.yaml`.
    public var rule: String
    /// What it protects against, for instance `prompt_injection` or `logging_tampering`.
    public var kind: String
    /// The matching words, at most 200 characters.
    public var evidence: String

    public init(rule: String, kind: String, evidence: String) {
        self.rule = rule
        self.kind = kind
        self.evidence = evidence
    }
}

/// A guessed language.
public struct LanguageGuess: Codable, Sendable, Hashable {
    /// ISO 639-1 code, `und` when the text gives no ground for a guess.
    public var code: String
    /// 0 to 1.
    public var confidence: Double

    public init(code: String, confidence: Double) {
        self.code = code
        self.confidence = confidence
    }

    public static let undetermined = LanguageGuess(code: "und", confidence: 0)
}

/// What the fast path decided about a text. A pure function of the text, the persona and the versions named in it.
public struct Classification: Codable, Sendable, Hashable {
    public var language: LanguageGuess
    public var category: Labelled<String>
    public var tier: Labelled<Tier>
    public var severity: Labelled<Severity>
    /// Of the category, 0 to 1.
    public var confidence: Double
    public var guardrails: [GuardrailHit]
    /// True when the text must be seen by a human: a guardrail fired, the language is not supported, or confidence is low.
    public var needsHuman: Bool
    public var reasons: [Reason]
    public var versions: Versions

    /// What produced it; enough to repeat it.
    public struct Versions: Codable, Sendable, Hashable {
        /// Content hash of the taxonomy file, 12 hexadecimal digits.
        public var taxonomy: String
        /// Content hash of the guardrails file.
        public var guardrails: String
        /// Name and content hash of the local model.
        public var model: String

        public init(taxonomy: String, guardrails: String, model: String) {
            self.taxonomy = taxonomy
            self.guardrails = guardrails
            self.model = model
        }
    }

    public init(
        language: LanguageGuess, category: Labelled<String>, tier: Labelled<Tier>, severity: Labelled<Severity>,
        confidence: Double, guardrails: [GuardrailHit], needsHuman: Bool, reasons: [Reason], versions: Versions
    ) {
        self.language = language
        self.category = category
        self.tier = tier
        self.severity = severity
        self.confidence = confidence
        self.guardrails = guardrails
        self.needsHuman = needsHuman
        self.reasons = reasons
        self.versions = versions
    }
}
