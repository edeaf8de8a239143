import Domain

/// The rules that no policy may leave out or weaken, "the rules no one may talk the system out of". A policy may be stricter.
enum SafetyFloor {
    private struct Demand {
        var what: String
        var example: String
        var condition: RuleCondition
        var opensIncident = false

        init(_ what: String, _ example: String, opensIncident: Bool = false, _ build: (inout RuleCondition) -> Void) {
            self.what = what
            self.example = example
            self.opensIncident = opensIncident
            condition = RuleCondition()
            build(&condition)
        }
    }

    private static let demands: [Demand] = general + guardrails

    private static let guardrails = GuardrailKind.allCases.map { kind in
        Demand("a refused request of the kind `\(kind.rawValue)`", "guardrails: [\(kind.rawValue)]") { $0.guardrails = [kind] }
    }

    private static let general: [Demand] = [
        Demand("a ticket whose documented steps failed twice", "failed_attempts: {at_least: 2}") { $0.failedAttempts = 2 },
        Demand("a ticket of high or critical severity", "severity: {at_least: high}") { $0.severity = .high...(.critical) },
        Demand("the same blocking problem reported by ten people in 15 minutes, and opens an incident", "similar_tickets", opensIncident: true) {
            $0.severity = .medium...(.critical)
            $0.similar = RuleCondition.Similar(requesters: 10, within: 900, similarity: 1)
        },
        Demand("a category that is hardly more than a guess", "confidence: {below: 0.45}") { $0.confidenceBelow = RuleCondition.lowestThreshold },
        Demand("an answer that no article supports", "answer_grounded: false") { $0.answerGrounded = false },
        Demand("a language that is not supported", "language_supported: false") { $0.languageSupported = false }
    ]

    /// Reports every demand that no final rule meets for all tickets concerned.
    static func report(_ rules: [PolicyRule], _ root: PolicySection) {
        for demand in demands {
            let isMet = rules.contains { rule in
                rule.isFinal && rule.tier != nil && (rule.opensIncident || !demand.opensIncident) && demand.condition.implies(rule.when)
            }
            if isMet { continue }
            root.report(.unsafe, at: "rules", expected: "a final rule that escalates \(demand.what) (`\(demand.example)`)", found: "none")
        }
    }
}
