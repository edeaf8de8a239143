public import Domain
public import Foundation

/// A decision as it was stored, with what it was made from.
public struct RecordedDecision: Codable, Sendable, Hashable {
    public var facts: PolicyFacts
    public var decision: PolicyDecision

    public init(facts: PolicyFacts, decision: PolicyDecision) {
        self.facts = facts
        self.decision = decision
    }
}

/// One ticket about which two policies disagree.
public struct ReplayDifference: Codable, Sendable, Hashable, CustomStringConvertible {
    /// A value then and under the candidate.
    public struct Change<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
        public var recorded: Value
        public var candidate: Value

        public init(recorded: Value, candidate: Value) {
            self.recorded = recorded
            self.candidate = candidate
        }
    }

    public var ticket: TicketID
    public var ticketVersion: Int
    /// When it was decided.
    public var at: Date
    /// Rules that fire now and did not, sorted.
    public var gained: [String]
    /// Rules that fired and do not now, sorted.
    public var lost: [String]
    public var tier: Change<Tier>?
    public var severity: Change<Severity>?
    /// The rules that wait.
    public var waiting: Change<[String]>?
    /// The tickets of the incident.
    public var incident: Change<[TicketID]>?
    /// The channels that are told.
    public var notify: Change<[String]>?

    public var description: String {
        var parts = gained.map { "+\($0)" } + lost.map { "-\($0)" }
        if let tier { parts.append("tier \(tier.recorded.rawValue) -> \(tier.candidate.rawValue)") }
        if let severity { parts.append("severity \(severity.recorded.rawValue) -> \(severity.candidate.rawValue)") }
        if let waiting { parts.append("waiting \(Self.list(waiting.recorded)) -> \(Self.list(waiting.candidate))") }
        if let incident { parts.append("incident of \(incident.recorded.count) -> \(incident.candidate.count) tickets") }
        if let notify { parts.append("notify \(Self.list(notify.recorded)) -> \(Self.list(notify.candidate))") }
        return "\(ticket) v\(ticketVersion): \(parts.joined(separator: ", "))"
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "nobody" : names.joined(separator: " ") }
}

/// What a policy would have decided otherwise.
public struct ReplayReport: Codable, Sendable, Hashable, CustomStringConvertible {
    /// How often a rule fires, then and under the candidate.
    public struct RuleCount: Codable, Sendable, Hashable {
        public var rule: String
        public var recorded: Int
        public var candidate: Int

        public init(rule: String, recorded: Int, candidate: Int) {
            self.rule = rule
            self.recorded = recorded
            self.candidate = candidate
        }
    }

    /// The candidate's version.
    public var candidate: String
    public var decisions: Int
    /// Decisions that escalate: some rule with a tier holds.
    public var escalatedRecorded: Int
    public var escalatedCandidate: Int
    /// By rule id.
    public var rules: [RuleCount]
    /// In the order of the records. Perhaps not all of them: see `differing`.
    public var differences: [ReplayDifference]
    /// How many decisions come out differently.
    public var differing: Int
    /// Differences although the same version decided: the record or the code has changed since. Something is broken.
    public var unfaithful: Int

    public init(
        candidate: String, decisions: Int, escalatedRecorded: Int, escalatedCandidate: Int, rules: [RuleCount],
        differences: [ReplayDifference], unfaithful: Int
    ) {
        self.candidate = candidate
        self.decisions = decisions
        self.escalatedRecorded = escalatedRecorded
        self.escalatedCandidate = escalatedCandidate
        self.rules = rules
        self.differences = differences
        differing = differences.count
        self.unfaithful = unfaithful
    }

    /// Adds the report on the records that follow, keeping only the first `limit` differences: a history has any length.
    public mutating func append(_ next: ReplayReport, keeping limit: Int) {
        decisions += next.decisions
        escalatedRecorded += next.escalatedRecorded
        escalatedCandidate += next.escalatedCandidate
        differing += next.differing
        unfaithful += next.unfaithful
        differences += next.differences.prefix(max(0, limit - differences.count))
        var counts = Dictionary(uniqueKeysWithValues: rules.map { ($0.rule, $0) })
        for rule in next.rules {
            counts[rule.rule, default: RuleCount(rule: rule.rule, recorded: 0, candidate: 0)].recorded += rule.recorded
            counts[rule.rule, default: RuleCount(rule: rule.rule, recorded: 0, candidate: 0)].candidate += rule.candidate
        }
        rules = counts.values.sorted { $0.rule < $1.rule }
    }

    /// For an operator: the counts, the rules whose count changed, the first 50 differences.
    public var description: String {
        var lines = [
            "policy \(candidate): \(decisions) decisions, \(differing) differ; escalated \(escalatedRecorded) -> \(escalatedCandidate)"
        ]
        if unfaithful > 0 {
            lines.append("warning: \(unfaithful) decisions of this very version come out differently; the records or the program have changed")
        }
        lines += rules.filter { $0.recorded != $0.candidate }.map { "rule \($0.rule): \($0.recorded) -> \($0.candidate)" }
        lines += differences.prefix(50).map(\.description)
        if differing > 50 { lines.append("... and \(differing - 50) more") }
        return lines.joined(separator: "\n")
    }
}
