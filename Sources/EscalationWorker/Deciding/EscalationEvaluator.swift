import Domain
import Foundation
import Intelligence
import Policy
import Stores

/// Evaluates one ticket. Pure: the locked row, what is stored about it, the look-alikes, the model's health and the instant give the verdict.
/// What a verdict stores, the next evaluation sees; so evaluating again changes nothing.
struct EscalationEvaluator: Sendable {
    let policy: EscalationPolicy

    func verdict(
        on ticket: Ticket, _ record: EscalationRecord, similar: [SimilarTicket], model: ModelHealth, cause: EscalationCause, now: Date
    ) throws -> Verdict {
        let noted = try noted(record, in: ticket.cycle)
        let facts = facts(ticket, record, noted, similar, model, now)
        let decision = policy.evaluate(facts)
        let at = max(cause.at, ticket.updatedAt).inMicroseconds
        let (after, history) = raised(ticket, by: decision, cause, at)

        var events = SLAHistory.events(record.history)
        if after.severity.value != ticket.severity.value { events.append(SLAEvent(.severity(after.severity.value), at: at)) }
        let clocks = ClockBook(events, stored: record.clocks, targets: policy.targets, at: now)
        var timers: [TimerKind: Date] = [:]
        timers[.sla] = clocks.nextTimer
        timers[.evaluate] = decision.wakeAt
        return Verdict(
            ticket: after, cause: cause, at: at, facts: facts, decision: decision, history: history,
            record: try stored(facts, decision, record, noted, after, cause, now), clocks: clocks, earlier: record.escalations,
            timers: timers, seenTimers: record.timers)
    }

    private func facts(
        _ ticket: Ticket, _ record: EscalationRecord, _ noted: [EarlierEscalation], _ similar: [SimilarTicket], _ model: ModelHealth, _ now: Date
    ) -> PolicyFacts {
        let isSettled = ticket.category.source == .rule || ticket.category.source == .agent
        let isHandled = ticket.enrichment == .done && record.isEnriched
        return PolicyFacts(
            ticket: ticket.id, version: ticket.version, at: now.inMicroseconds, submittedAt: ticket.submittedAt,
            classifiedAt: ticket.classifiedAt, state: ticket.state, requester: ticket.requester.id, persona: ticket.persona,
            category: ticket.category.value, tier: ticket.tier, severity: ticket.severity, confidence: isSettled ? 1 : ticket.confidence,
            guardrails: ticket.guardrails, failedAttempts: ticket.failedAttempts, language: ticket.language,
            languageSupported: SupportedLanguage.contains(ticket.language) || isHandled, answerGrounded: ticket.answer.isGrounded,
            enrichment: ticket.enrichment, modelHealth: model, similar: similar.sorted { $0.ticket < $1.ticket },
            earlier: record.escalations.map { EarlierEscalation(rule: $0.rule, grounds: $0.grounds) } + noted,
            asks: record.asks.isEmpty ? nil : record.asks.map { EscalationAsk(id: $0.id.canonical, by: $0.by, tier: $0.tier) })
    }

    /// Rules without a tier that fired in this cycle. One that has a tier now may still escalate.
    private func noted(_ record: EscalationRecord, in cycle: Int) throws -> [EarlierEscalation] {
        guard let last = record.lastDecision, last.cycle == cycle else { return [] }
        let withoutTier = Set(policy.rules.filter { $0.tier == nil }.map(\.id))
        return try JSONDecoder().decode([EarlierEscalation].self, from: Data(last.noted)).filter { withoutTier.contains($0.rule) }
    }

    private func raised(
        _ ticket: Ticket, by decision: PolicyDecision, _ cause: EscalationCause, _ at: Date
    ) -> (Ticket, HistoryEntry?) {
        var after = ticket
        var changes: [FieldChange] = []
        if decision.tier != ticket.tier.value {
            after.tier = Labelled(decision.tier, by: .rule)
            changes.append(FieldChange("tier", from: String(ticket.tier.value.rawValue), to: String(decision.tier.rawValue)))
        }
        if decision.severity != ticket.severity.value {
            after.severity = Labelled(decision.severity, by: .rule)
            changes.append(FieldChange("severity", from: ticket.severity.value.rawValue, to: decision.severity.rawValue))
        }
        if !decision.escalations.isEmpty, !ticket.needsHuman {
            after.needsHuman = true
            changes.append(FieldChange("needsHuman", from: "false", to: "true"))
        }
        guard !changes.isEmpty else { return (ticket, nil) }
        let rules = decision.fired.filter(\.isNew).map(\.rule).joined(separator: ",")
        changes.append(FieldChange("escalation", from: nil, to: rules))
        after.version += 1
        after.updatedAt = at
        let entry = HistoryEntry(
            ticket: ticket.id, version: after.version, kind: .escalated, cause: cause.id,
            actor: Author(kind: .system, id: EscalationIDs.stage), origin: cause.origin, changes: changes, at: at)
        return (after, entry)
    }

    private func stored(
        _ facts: PolicyFacts, _ decision: PolicyDecision, _ record: EscalationRecord, _ noted: [EarlierEscalation], _ ticket: Ticket,
        _ cause: EscalationCause, _ now: Date
    ) throws -> StoredDecision? {
        let recorded = RecordedDecision(facts: facts, decision: decision)
        let fingerprint = recorded.fingerprint
        let isNews = !decision.escalations.isEmpty || !decision.notices.isEmpty
        guard isNews || record.lastDecision?.fingerprint != fingerprint || record.lastDecision?.cycle != ticket.cycle else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let told = noted + decision.notices.map { EarlierEscalation(rule: $0.rule, grounds: $0.grounds) }
        return StoredDecision(
            ticket: ticket.id, sequence: (record.lastDecision?.sequence ?? 0) + 1, ticketVersion: facts.version, cycle: ticket.cycle,
            policyVersion: policy.version, fingerprint: fingerprint, noted: Array(try encoder.encode(told)),
            facts: Array(try encoder.encode(facts)), decision: Array(try encoder.encode(decision)), cause: cause.id, at: now.inMicroseconds)
    }
}
