import Domain

/// Mistakes that lie in a rule's parts together, or in several rules.
enum RuleChecks {
    static func report(_ rules: [(rule: PolicyRule, section: PolicySection)]) {
        for (index, entry) in rules.enumerated() {
            reportEffects(entry.rule, entry.section)
            reportWait(entry.rule, entry.section)
            reportUnreachable(entry.rule, entry.section, after: rules[..<index])
        }
    }

    private static func reportEffects(_ rule: PolicyRule, _ section: PolicySection) {
        func report(_ code: PolicyProblem.Code, _ key: String, _ expected: String, _ found: String) {
            section.file.report(
                code, line: section.section("then")?.line(of: key) ?? section.line, key: section.path("then.\(key)"),
                expected: expected, found: found)
        }
        let isWithoutEffect = rule.tier == nil && rule.severity == nil && !rule.opensIncident && rule.notify.isEmpty && !rule.stops
        if isWithoutEffect {
            section.report(.missing, at: "then", expected: "`tier`, `severity`, `open_incident`, `notify` or `stop`", found: "no effect")
        }
        if let tier = rule.tier, let least = rule.when.tier?.lowerBound, tier < least {
            report(.impossible, "tier", "a tier of at least \(least.rawValue), which its tickets have", "`\(tier.rawValue)`: tiers only rise")
        }
        if let severity = rule.severity, let least = rule.when.severity?.lowerBound, severity < least {
            report(
                .impossible, "severity", "a severity of at least `\(least.rawValue)`, which its tickets have",
                "`\(severity.rawValue)`: severities only rise")
        }
        if rule.opensIncident, rule.when.similar == nil {
            report(.invalid, "open_incident", "a condition `similar_tickets`, which says whose incident it is", "none")
        }
        if rule.stops, rule.when.guardrails != nil {
            report(.unsafe, "stop", "no `stop` for a condition on guardrails: what a requester writes switches no rule off", "`true`")
        }
    }

    private static func reportWait(_ rule: PolicyRule, _ section: PolicySection) {
        guard rule.afterAtMost != nil else { return }
        let key = "after_at_most"
        let line = section.section("then")?.line(of: key) ?? section.line
        func report(_ code: PolicyProblem.Code, _ expected: String, _ found: String) {
            section.file.report(code, line: line, key: section.path("then.\(key)"), expected: expected, found: found)
        }
        let condition = rule.when
        var safety: [String] = []
        if condition.guardrails != nil { safety.append("guardrails") }
        if condition.failedAttempts != nil { safety.append("failed_attempts") }
        if condition.severity != nil { safety.append("severity") }
        if condition.similar != nil { safety.append("similar_tickets") }
        if !safety.isEmpty {
            report(.unsafe, "no wait: safety rules never wait", "a condition on \(safety.map { "`\($0)`" }.joined(separator: ", "))")
        } else if condition.confidenceBelow == nil, condition.answerGrounded == nil, condition.languageSupported == nil {
            report(.invalid, "a condition that the model can change: `confidence`, `answer_grounded` or `language_supported`", "none")
        }
        if let model = condition.model, !model.contains(.healthy) {
            report(.impossible, "a condition that holds with a healthy model, for which alone it waits", "a `model` without `healthy`")
        }
        if rule.stops { report(.invalid, "a wait or a `stop`", "both") }
    }

    private static func reportUnreachable(
        _ rule: PolicyRule, _ section: PolicySection, after earlier: ArraySlice<(rule: PolicyRule, section: PolicySection)>
    ) {
        if let twin = earlier.first(where: { $0.rule.when == rule.when }) {
            section.report(
                .unreachable, at: "when", expected: "a condition of its own: put the effects of both into one rule",
                found: "that of `\(twin.rule.id)`, line \(twin.section.line)")
        } else if !rule.isFinal, let blocker = earlier.first(where: { $0.rule.stops && rule.when.implies($0.rule.when) }) {
            section.report(
                .unreachable, at: "when", expected: "tickets that reach the rule, or `final: true`",
                found: "only such as `\(blocker.rule.id)`, line \(blocker.section.line), stops")
        }
    }
}
