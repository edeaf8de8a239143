import Domain

extension PolicyRule {
    private static let longestWait = 300

    /// Reads one rule; nil when a part of it cannot be understood.
    init?(_ section: PolicySection, channels: [String], categories: [String]?, taken: inout [String: Int]) {
        let mistakes = section.file.problems.count
        section.allow(["id", "title", "final", "when", "then"])
        let id = section.identifier("id", taken: &taken)
        let title = section.text("title")
        let isFinal = section.has("final") ? section.boolean("final") : false
        let condition = section.section("when").flatMap { RuleCondition($0, categories: categories) }
        guard let then = section.section("then") else { return nil }
        then.allow(["tier", "severity", "open_incident", "notify", "after_at_most", "stop"])
        let tier = then.has("tier") ? then.integer("tier", in: 1...3).flatMap(Tier.init) : nil
        let severity = then.has("severity") ? then.choice("severity", of: Severity.self) : nil
        let opensIncident = then.has("open_incident") ? then.boolean("open_incident") : false
        let wait = then.has("after_at_most") ? then.seconds("after_at_most", in: 1...Self.longestWait) : nil
        let stops = then.has("stop") ? then.boolean("stop") : false
        let told = then.has("notify") ? then.items("notify") : []
        for item in told where !channels.contains(item.text) { then.reportUnknown(item, among: channels.isEmpty ? ["channels"] : channels) }
        guard section.file.problems.count == mistakes, let id, let title, let isFinal, let condition, let opensIncident, let stops else {
            return nil
        }
        self.init(
            id: id, title: title, isFinal: isFinal, when: condition, tier: tier, severity: severity, opensIncident: opensIncident,
            notify: told.map(\.text).sorted(), afterAtMost: wait, stops: stops)
    }
}

extension RuleCondition {
    /// Below this a guess is no better than a coin: a policy cannot trust it.
    static let lowestThreshold = 0.2

    fileprivate init?(_ section: PolicySection, categories: [String]?) {
        let mistakes = section.file.problems.count
        section.allow([
            "severity", "tier", "category", "confidence", "guardrails", "failed_attempts", "similar_tickets", "persona",
            "language_supported", "answer_grounded", "model", "state"
        ])
        self.init()
        if section.names.isEmpty {
            section.file.report(.impossible, line: section.line, key: section.key, expected: "at least one condition", found: "none")
        }
        if section.has("severity") {
            severity = section.range("severity", from: .low, to: .critical) { $0.choice($1, of: Severity.self) }
        }
        if section.has("tier") {
            tier = section.range("tier", from: .selfService, to: .platform) { $0.integer($1, in: 0...3).flatMap(Tier.init) }
        }
        if section.has("category") {
            let items = section.items("category")
            category = Set(items.map(\.text))
            if let categories {
                for item in items where !categories.contains(item.text) { section.reportUnknown(item, among: categories) }
            }
        }
        confidenceBelow = section.part("confidence", "below") { $0.number($1, in: Self.lowestThreshold...1) }
        failedAttempts = section.part("failed_attempts", "at_least") { $0.integer($1, in: 1...20) }
        if section.has("guardrails") { guardrails = section.choices("guardrails", of: GuardrailKind.self) }
        if section.has("persona") { persona = section.choices("persona", of: Persona.self) }
        if section.has("model") { model = section.choices("model", of: ModelHealth.self) }
        if section.has("language_supported") { languageSupported = section.boolean("language_supported") }
        if section.has("answer_grounded") { answerGrounded = section.boolean("answer_grounded") }
        if section.has("state") {
            state = section.choices("state", of: TicketState.self)
            let ended = (state ?? []).filter { !$0.isOpen }.map(\.rawValue).sorted()
            if !ended.isEmpty {
                section.report(
                    .impossible, at: "state", expected: "states of open tickets, the only ones that rules look at",
                    found: ended.map { "`\($0)`" }.joined(separator: ", "))
            }
        }
        if section.has("similar_tickets"), let similar = section.section("similar_tickets") {
            similar.allow(["requesters", "within", "similarity"])
            // Of the tickets around one the newest 200 are looked at: a rule that needs more people might never see them.
            let requesters = similar.integer("requesters", in: 2...100)
            let within = similar.seconds("within", in: 60...86_400)
            let similarity = similar.number("similarity", in: 0.1...1)
            if let requesters, let within, let similarity {
                self.similar = Similar(requesters: requesters, within: within, similarity: similarity)
            }
        }
        if section.file.problems.count != mistakes { return nil }
    }
}

extension PolicySection {
    /// `name: {key: value}` with that one key.
    fileprivate func part<Value>(_ name: String, _ key: String, read: (PolicySection, String) -> Value?) -> Value? {
        guard has(name), let inner = section(name) else { return nil }
        inner.allow([key])
        return read(inner, key)
    }

    /// `name: {at_least: a, at_most: b}`, one of them or both.
    fileprivate func range<Value: Comparable>(
        _ name: String, from lowest: Value, to highest: Value, read: (PolicySection, String) -> Value?
    ) -> ClosedRange<Value>? {
        guard let inner = section(name) else { return nil }
        inner.allow(["at_least", "at_most"])
        let low = inner.has("at_least") ? read(inner, "at_least") : lowest
        let high = inner.has("at_most") ? read(inner, "at_most") : highest
        guard let low, let high else { return nil }
        if low > high {
            report(.impossible, at: name, expected: "`at_least` not above `at_most`", found: "a condition that no ticket meets")
            return nil
        }
        if low == lowest, high == highest {
            report(.impossible, at: name, expected: "a condition that some ticket does not meet", found: "one that all meet: leave it out")
            return nil
        }
        return low...high
    }
}
