import Domain
import Foundation

extension EscalationPolicy {
    /// Decides again what was decided, and tells the differences. Pure, so it can be run over any history.
    ///
    /// Each record is decided from its own facts, in which the ticket stands as the recorded policy had left it: the report tells what this
    /// policy would have done at that moment, not what would have followed from it.
    public func replay(over records: some Sequence<RecordedDecision>) -> ReplayReport {
        var report = ReplayReport(
            candidate: version, decisions: 0, escalatedRecorded: 0, escalatedCandidate: 0, rules: [], differences: [], unfaithful: 0)
        var counts: [String: ReplayReport.RuleCount] = [:]
        for record in records {
            let decision = evaluate(record.facts)
            report.decisions += 1
            if record.decision.fired.contains(where: { $0.tier != nil }) { report.escalatedRecorded += 1 }
            if decision.fired.contains(where: { $0.tier != nil }) { report.escalatedCandidate += 1 }
            for fired in record.decision.fired { counts[fired.rule, default: .init(rule: fired.rule, recorded: 0, candidate: 0)].recorded += 1 }
            for fired in decision.fired { counts[fired.rule, default: .init(rule: fired.rule, recorded: 0, candidate: 0)].candidate += 1 }
            if let difference = ReplayDifference(record, candidate: decision) {
                report.differences.append(difference)
                report.differing += 1
            }
            if record.decision.policyVersion == version, record.decision != decision { report.unfaithful += 1 }
        }
        report.rules = counts.values.sorted { $0.rule < $1.rule }
        return report
    }
}

extension ReplayDifference {
    /// Nil when both decide alike.
    init?(_ record: RecordedDecision, candidate: PolicyDecision) {
        let recorded = record.decision
        func change<Value>(_ value: (PolicyDecision) -> Value) -> Change<Value>? {
            let (old, new) = (value(recorded), value(candidate))
            return old == new ? nil : Change(recorded: old, candidate: new)
        }
        let then = Set(recorded.fired.map(\.rule)), now = Set(candidate.fired.map(\.rule))
        self.init(
            ticket: record.facts.ticket, ticketVersion: record.facts.version, at: record.facts.at, gained: now.subtracting(then).sorted(),
            lost: then.subtracting(now).sorted(), tier: change(\.tier), severity: change(\.severity),
            waiting: change { $0.waiting.map(\.rule) }, incident: change { $0.incident?.tickets ?? [] }, notify: change(\.notify))
        if gained.isEmpty, lost.isEmpty, tier == nil, severity == nil, waiting == nil, incident == nil, notify == nil { return nil }
    }
}
