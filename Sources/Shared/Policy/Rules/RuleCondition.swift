public import Domain

/// What must hold for a rule to fire: every part that is given. A part that is nil holds for all tickets.
public struct RuleCondition: Sendable, Hashable {
    /// Several people report the same thing.
    public struct Similar: Sendable, Hashable {
        /// Different requesters, the ticket's own included.
        public var requesters: Int
        /// Seconds: all of them within a window of this length that contains the ticket's own submission.
        public var within: Int
        /// 0 to 1, the least that counts.
        public var similarity: Double

        public init(requesters: Int, within: Int, similarity: Double) {
            self.requesters = requesters
            self.within = within
            self.similarity = similarity
        }
    }

    public var severity: ClosedRange<Severity>?
    public var tier: ClosedRange<Tier>?
    public var category: Set<String>?
    public var confidenceBelow: Double?
    /// One of these fired.
    public var guardrails: Set<GuardrailKind>?
    /// At least so many.
    public var failedAttempts: Int?
    public var similar: Similar?
    public var persona: Set<Persona>?
    public var languageSupported: Bool?
    public var answerGrounded: Bool?
    public var model: Set<ModelHealth>?
    public var state: Set<TicketState>?

    public init() {}

    /// Nothing is asked for.
    public var isEmpty: Bool { self == RuleCondition() }

    /// True when every ticket that meets this condition also meets `other`.
    public func implies(_ other: RuleCondition) -> Bool {
        func narrower<Value: Comparable>(_ a: ClosedRange<Value>?, _ b: ClosedRange<Value>?) -> Bool {
            guard let b else { return true }
            return a.map { b.lowerBound <= $0.lowerBound && $0.upperBound <= b.upperBound } ?? false
        }
        func narrower<Value>(_ a: Set<Value>?, _ b: Set<Value>?) -> Bool {
            guard let b else { return true }
            return a?.isSubset(of: b) ?? false
        }
        func equal<Value: Equatable>(_ a: Value?, _ b: Value?) -> Bool { b == nil || a == b }
        return narrower(severity, other.severity) && narrower(tier, other.tier) && narrower(category, other.category)
            && (other.confidenceBelow.map { limit in confidenceBelow.map { $0 <= limit } ?? false } ?? true)
            && narrower(guardrails, other.guardrails)
            && (other.failedAttempts.map { least in failedAttempts.map { $0 >= least } ?? false } ?? true)
            && (other.similar.map { needed in similar.map { $0.implies(needed) } ?? false } ?? true)
            && narrower(persona, other.persona) && equal(languageSupported, other.languageSupported)
            && equal(answerGrounded, other.answerGrounded) && narrower(model, other.model) && narrower(state, other.state)
    }
}

extension RuleCondition.Similar {
    fileprivate func implies(_ other: Self) -> Bool {
        requesters >= other.requesters && within <= other.within && similarity >= other.similarity
    }
}
