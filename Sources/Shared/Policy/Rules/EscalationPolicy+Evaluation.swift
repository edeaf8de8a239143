import Domain
import Foundation

extension EscalationPolicy {
    /// Decides. Pure: the same facts and the same policy give the same decision, whatever the clock or the machine.
    ///
    /// Tier and severity only rise, and each rule raises once: what an agent lowers afterwards stays. What an agent had set before is raised
    /// by final rules alone. Tickets that are not open are left alone.
    public func evaluate(_ facts: PolicyFacts) -> PolicyDecision {
        guard facts.state.isOpen else {
            return decision(facts, raised: Raised(facts), firings: [], waiting: [], why: ["state \(facts.state.rawValue) is not open"])
        }
        let active = activeRules(facts)
        var raised = Raised(facts)
        var firings: [Firing] = []
        var waiting: [WaitingRule] = []
        // Raising can make further rules fire. Each round but the last raises something, so there are few.
        while true {
            (firings, waiting) = ([], [])
            for rule in active {
                guard let evidence = rule.when.evidence(in: facts, raised: raised) else { continue }
                if let until = rule.waits(facts) {
                    waiting.append(WaitingRule(rule: rule.id, until: until))
                } else {
                    firings.append(Firing(rule, evidence, facts))
                }
            }
            let next = firings.reduce(Raised(facts)) { $1.raising($0, of: facts) }
            if next.tier == raised.tier, next.severity == raised.severity { break }
            raised = next
        }
        return decision(facts, raised: raised, firings: firings, waiting: waiting, why: [])
    }

    /// The final rules, and the others down to the first that stops. Whether a rule stops is asked of the recorded facts alone, so that
    /// it cannot depend on what other rules raise.
    private func activeRules(_ facts: PolicyFacts) -> [PolicyRule] {
        let stop = rules.firstIndex { $0.stops && $0.when.evidence(in: facts, raised: Raised(facts)) != nil } ?? rules.endIndex
        return rules.indices.filter { $0 <= stop || rules[$0].isFinal }.map { rules[$0] }
    }

    private func decision(
        _ facts: PolicyFacts, raised: Raised, firings: [Firing], waiting: [WaitingRule], why: [String]
    ) -> PolicyDecision {
        let firings = firings.sorted(by: Firing.precedes)
        let waiting = waiting.sorted { $0.rule < $1.rule }
        let caller = firings.first { $0.rule.opensIncident }
        let incident = caller.flatMap { firing in
            firing.rule.when.similar.map { condition in
                let group = condition.group(in: facts)
                return IncidentCall(
                    rule: firing.rule.id, tickets: group.tickets, requesters: group.requesters,
                    severity: firing.rule.severity ?? raised.severity)
            }
        }
        let asked = facts.state.isOpen ? Self.asked(facts) : []
        var parts = why + asked.map { "\($0.rule)\($0.isNew ? "" : " (as before)")" } + firings.map(\.explanation)
        if parts.isEmpty { parts.append("no rule applies") }
        parts += waiting.map { "\($0.rule) waits for the model until \(RFC3339.string($0.until))" }
        if raised.tier != facts.tier.value { parts.append("tier \(facts.tier.value.rawValue) -> \(raised.tier.rawValue)") }
        if raised.severity != facts.severity.value { parts.append("severity \(facts.severity.value.rawValue) -> \(raised.severity.rawValue)") }
        return PolicyDecision(
            policyVersion: version, ticket: facts.ticket, ticketVersion: facts.version, tier: raised.tier, severity: raised.severity,
            fired: asked + firings.map(\.fired), waiting: waiting, incident: incident,
            notify: Set(firings.filter(\.fired.isNew).flatMap(\.rule.notify)).sorted(), why: parts.joined(separator: "; "))
    }
}

extension EscalationPolicy {
    /// What persons asked for stands before every rule: one entry for each kind of them, new while there is an ask that was not told.
    fileprivate static func asked(_ facts: PolicyFacts) -> [FiredRule] {
        Dictionary(grouping: facts.asks ?? [], by: \.rule).sorted { $0.key < $1.key }.map { rule, asks in
            let grounds = asks.map(\.id).sorted()
            let told = facts.earlier.filter { $0.rule == rule }.flatMap(\.grounds)
            let tier = asks.map(\.tier).max() ?? facts.tier.value
            return FiredRule(
                rule: rule, isFinal: true, isNew: !Set(grounds).isSubset(of: told), tier: max(tier, facts.tier.value), severity: nil,
                grounds: grounds, evidence: [PolicyEvidence(fact: "asks", found: String(asks.count), needed: "at least 1")])
        }
    }
}

/// A rule that holds, with what it leads to.
private struct Firing {
    let rule: PolicyRule
    let fired: FiredRule

    init(_ rule: PolicyRule, _ evidence: [PolicyEvidence], _ facts: PolicyFacts) {
        self.rule = rule
        let grounds = rule.when.matchingGuardrails(in: facts)
        let before = facts.earlier.filter { $0.rule == rule.id }
        let isNew = before.isEmpty || !Set(grounds).isSubset(of: before.flatMap(\.grounds))
        fired = FiredRule(
            rule: rule.id, isFinal: rule.isFinal, isNew: isNew, tier: rule.tier.map { max($0, facts.tier.value) },
            severity: rule.severity.map { max($0, facts.severity.value) }, grounds: grounds, evidence: evidence)
    }

    func raising(_ raised: Raised, of facts: PolicyFacts) -> Raised {
        guard fired.isNew else { return raised }
        func mayRaise(_ source: LabelSource) -> Bool { source != .agent || rule.isFinal }
        var raised = raised
        if let tier = fired.tier, mayRaise(facts.tier.source) { raised.tier = max(raised.tier, tier) }
        if let severity = fired.severity, mayRaise(facts.severity.source) { raised.severity = max(raised.severity, severity) }
        return raised
    }

    var explanation: String {
        let note = fired.isNew ? "" : " (as before)"
        return "\(rule.id)\(note): \(fired.evidence.map(\.description).joined(separator: ", "))"
    }

    static func precedes(_ a: Firing, _ b: Firing) -> Bool {
        if a.rule.isFinal != b.rule.isFinal { return a.rule.isFinal }
        let tiers = (a.rule.tier?.rawValue ?? -1, b.rule.tier?.rawValue ?? -1)
        if tiers.0 != tiers.1 { return tiers.0 > tiers.1 }
        let severities = (a.rule.severity?.rank ?? -1, b.rule.severity?.rank ?? -1)
        if severities.0 != severities.1 { return severities.0 > severities.1 }
        return a.rule.id < b.rule.id
    }
}

extension Raised {
    fileprivate init(_ facts: PolicyFacts) {
        self.init(tier: facts.tier.value, severity: facts.severity.value)
    }
}

extension PolicyRule {
    /// The instant until which the rule holds back, or nil when it fires now: it does not wait, the model is not healthy or has spoken,
    /// or the time is over.
    fileprivate func waits(_ facts: PolicyFacts) -> Date? {
        guard let afterAtMost, facts.modelHealth == .healthy, facts.enrichment == .pending else { return nil }
        let until = facts.classifiedAt.addingTimeInterval(Double(afterAtMost))
        return facts.at < until ? until : nil
    }
}
