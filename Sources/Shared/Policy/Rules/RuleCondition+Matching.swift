import Domain
import Foundation

/// The tier and severity as rules that fired have raised them.
struct Raised {
    var tier: Tier
    var severity: Severity
}

extension RuleCondition {
    /// What the condition saw, or nil when it does not hold.
    ///
    /// A lower bound on tier or severity looks at the raised value, an upper bound at the recorded one. So what one rule raises can make
    /// another fire and never keep it from firing, which is why the order of the rules does not matter.
    func evidence(in facts: PolicyFacts, raised: Raised) -> [PolicyEvidence]? {
        var seen: [PolicyEvidence] = []
        func see(_ fact: String, _ found: String, needed: String) {
            seen.append(PolicyEvidence(fact: fact, found: found, needed: needed))
        }
        if let severity {
            guard severity.lowerBound <= raised.severity, facts.severity.value <= severity.upperBound else { return nil }
            see("severity", raised.severity.rawValue, needed: Self.bounds(severity.lowerBound.rawValue, severity.upperBound.rawValue))
        }
        if let tier {
            guard tier.lowerBound <= raised.tier, facts.tier.value <= tier.upperBound else { return nil }
            see("tier", "\(raised.tier.rawValue)", needed: Self.bounds("\(tier.lowerBound.rawValue)", "\(tier.upperBound.rawValue)"))
        }
        if let guardrails {
            let hits = matchingGuardrails(in: facts)
            guard !hits.isEmpty else { return nil }
            see("guardrails", hits.joined(separator: ", "), needed: Self.anyOf(guardrails.map(\.rawValue)))
        }
        if let failedAttempts {
            guard facts.failedAttempts >= failedAttempts else { return nil }
            see("failed_attempts", "\(facts.failedAttempts)", needed: "at least \(failedAttempts)")
        }
        if let similar {
            let group = similar.group(in: facts)
            guard group.requesters >= similar.requesters else { return nil }
            see(
                "similar_tickets", "\(group.tickets.count) of \(group.requesters) requesters",
                needed: "at least \(similar.requesters) requesters within \(DurationText.string(similar.within))")
        }
        if let confidenceBelow {
            guard facts.confidence < confidenceBelow || facts.confidence.isNaN else { return nil }
            see("confidence", "\(facts.confidence)", needed: "below \(confidenceBelow)")
        }
        if let answerGrounded {
            guard facts.answerGrounded == answerGrounded else { return nil }
            see("answer_grounded", "\(answerGrounded)", needed: "\(answerGrounded)")
        }
        if let languageSupported {
            guard facts.languageSupported == languageSupported else { return nil }
            see("language_supported", "\(facts.languageSupported) for `\(facts.language)`", needed: "\(languageSupported)")
        }
        if let category {
            guard category.contains(facts.category) else { return nil }
            see("category", facts.category, needed: Self.anyOf(Array(category)))
        }
        if let persona {
            guard persona.contains(facts.persona) else { return nil }
            see("persona", facts.persona.rawValue, needed: Self.anyOf(persona.map(\.rawValue)))
        }
        if let model {
            guard model.contains(facts.modelHealth) else { return nil }
            see("model", facts.modelHealth.rawValue, needed: Self.anyOf(model.map(\.rawValue)))
        }
        if let state {
            guard state.contains(facts.state) else { return nil }
            see("state", facts.state.rawValue, needed: Self.anyOf(state.map(\.rawValue)))
        }
        return seen
    }

    /// The guardrails asked for that fired, sorted.
    func matchingGuardrails(in facts: PolicyFacts) -> [String] {
        guard let guardrails else { return [] }
        return Set(facts.guardrails).intersection(guardrails.map(\.rawValue)).sorted()
    }

    private static func bounds(_ low: String, _ high: String) -> String { low == high ? low : "\(low) to \(high)" }

    private static func anyOf(_ names: [String]) -> String { names.sorted().joined(separator: " or ") }
}

extension RuleCondition.Similar {
    /// The window with the most different requesters, and the open tickets in it; the earliest of several such windows.
    func group(in facts: PolicyFacts) -> (requesters: Int, tickets: [TicketID]) {
        let own = SimilarTicket(
            ticket: facts.ticket, requester: facts.requester, state: facts.state, submittedAt: facts.submittedAt, similarity: 1)
        let others = facts.similar.filter {
            $0.ticket != facts.ticket && $0.state.isOpen && $0.similarity >= similarity
                && abs($0.submittedAt.timeIntervalSince(facts.submittedAt)) <= Double(within)
        }
        // In order of time, so that one pass sees every window: it is asked several times for each event, under the lock of its ticket.
        let candidates = (others + [own]).sorted { $0.submittedAt < $1.submittedAt }
        var best: (requesters: Int, window: Range<Int>)?
        var inside: [String: Int] = [:]
        var end = 0
        for first in candidates.indices {
            let start = candidates[first].submittedAt
            guard start <= facts.submittedAt else { break }
            while end < candidates.count, candidates[end].submittedAt.timeIntervalSince(start) <= Double(within) {
                inside[candidates[end].requester, default: 0] += 1
                end += 1
            }
            // Of those that begin at one moment the first is the largest.
            if facts.submittedAt.timeIntervalSince(start) <= Double(within), inside.count > best?.requesters ?? 1 {
                best = (inside.count, first..<end)
            }
            let leaving = candidates[first].requester
            if let count = inside[leaving] { inside[leaving] = count > 1 ? count - 1 : nil }
        }
        guard let best else { return (1, [facts.ticket]) }
        return (best.requesters, Set(candidates[best.window].map(\.ticket)).sorted())
    }
}
