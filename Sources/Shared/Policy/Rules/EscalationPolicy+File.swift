extension EscalationPolicy {
    /// Reads and checks `escalation-policy.yaml`. Throws everything that is wrong with it, line by line.
    ///
    /// - Parameters:
    ///   - name: the file's name, for the messages.
    ///   - categories: the taxonomy's categories, when they are known: a rule that names another is reported.
    public init(text: String, name: String, categories: [String]? = nil) throws(InvalidPolicy) {
        let file = PolicyFile(name: name)
        let root = try file.root(of: text)
        root.allow(["version", "channels", "rules", "calendar", "sla"])
        _ = root.integer("version", in: 1...1)
        let channels = root.has("channels") ? root.items("channels").map(\.text) : []
        var lines: [String: Int] = [:]
        var rules: [(rule: PolicyRule, section: PolicySection)] = []
        let sections = root.sections("rules")
        for section in sections {
            if let rule = PolicyRule(section, channels: channels, categories: categories, taken: &lines) { rules.append((rule, section)) }
        }
        RuleChecks.report(rules)
        // With a rule missing for a mistake of its own, what else is missing would be guesswork.
        if rules.count == sections.count, !rules.isEmpty { SafetyFloor.report(rules.map(\.rule), root) }
        let targets = SLATargets(root)
        try file.finish()
        guard let targets else { throw InvalidPolicy(problems: file.problems) }
        self.init(version: policyVersion(of: text), rules: rules.map(\.rule), channels: channels.sorted(), targets: targets)
    }
}
