public import Domain

/// The patterns that protect the platform: requests that must be refused, and attempts to talk the system out of its rules.
///
/// They read the text as it stands and through disguises (look-alike letters, signs for letters, words cut up or run together), in all
/// supported languages at once, whatever the language of the text.
public struct Guardrails: Sendable {
    /// What follows when a guardrail fires.
    public enum Effect: String, Sendable, CaseIterable {
        /// The request is refused and a human is told.
        case refuse
        /// Noted and otherwise without effect: "please do not escalate" changes nothing.
        case record
    }

    public struct Guardrail: Sendable {
        public var id: String
        /// What it protects against.
        public var kind: String
        public var effect: Effect
    }

    /// The kinds that a file may use.
    public static let kinds = [
        "logging_tampering", "hide_activity", "host_access", "destructive_all", "prompt_injection", "secret_request",
        "escalation_suppression"
    ]

    public let guardrails: [Guardrail]
    /// 12 hexadecimal digits of the file's hash.
    public let version: String
    private let patterns: PatternSet

    init(guardrails: [Guardrail], patterns: PatternSet, version: String) {
        self.guardrails = guardrails
        self.patterns = patterns
        self.version = version
    }

    /// Whether a hit of this kind refuses the request.
    public func refuses(_ hit: GuardrailHit) -> Bool {
        guardrails.contains { $0.id == hit.rule && $0.effect == .refuse }
    }

    /// Every guardrail that fires, once each, in the order of the file.
    public func check(_ text: NormalisedText) -> [GuardrailHit] {
        var found: [Int: String] = [:]
        for match in patterns.matches(in: text) {
            found[match.owner] = text.evidence(from: match.firstToken, through: match.lastToken)
        }
        if text.hasLookAlikes || text.hasFragments {
            let disguises = Disguises(of: text, lexicon: patterns.trie)
            for view in [disguises.plain, disguises.joined].compactMap(\.self) {
                for match in patterns.matches(in: view) where found[match.owner] == nil {
                    found[match.owner] = view.evidence(from: match.firstToken, through: match.lastToken)
                }
            }
        }
        return found.keys.sorted().map {
            GuardrailHit(rule: guardrails[$0].id, kind: guardrails[$0].kind, evidence: found[$0] ?? "")
        }
    }
}
