import Domain
import Foundation
import Policy
import Testing

@Suite struct ReplayTests {
    static let facts: [PolicyFacts] = [
        .quiet { $0.ticket = ticketID(1) },
        .quiet {
            $0.ticket = ticketID(2); $0.confidence = 0.5
        },
        .quiet {
            $0.ticket = ticketID(3); $0.failedAttempts = 2; $0.version = 7
        },
        .quiet {
            $0.ticket = ticketID(4)
            $0.similar = [ShippedPolicyTests.neighbour(8, "bob", minutes: -25), ShippedPolicyTests.neighbour(9, "cyd", minutes: -1)]
        }
    ]

    static func records() throws -> [RecordedDecision] {
        let policy = try Shipped.policy()
        return facts.map { RecordedDecision(facts: $0, decision: policy.evaluate($0)) }
    }

    static func candidate(_ changes: [(String, String)]) throws -> EscalationPolicy {
        let text = try changes.reduce(Shipped.text("escalation-policy.yaml")) { $0.replacing($1.0, with: $1.1) }
        return try EscalationPolicy(text: text, name: "candidate.yaml")
    }

    @Test func `the same policy finds nothing`() throws {
        let policy = try Shipped.policy()
        let report = try policy.replay(over: Self.records())
        #expect(report.differences.isEmpty && report.unfaithful == 0)
        #expect(report.description == "policy \(policy.version): 4 decisions, 0 differ; escalated 2 -> 2")
    }

    @Test func `a candidate's differences are told`() throws {
        let candidate = try Self.candidate([
            ("below: 0.45", "below: 0.6"), ("requesters: 3, within: 30m", "requesters: 3, within: 20m"),
            ("then: {tier: 2, notify: [service_desk]}", "then: {tier: 3, notify: [on_call]}")
        ])
        let report = candidate.replay(over: try Self.records())
        #expect(report.differences.count == 3)
        #expect(
            report.description == """
                policy \(candidate.version): 4 decisions, 3 differ; escalated 2 -> 2
                rule high-impact: 1 -> 0
                rule low-confidence: 0 -> 1
                rule several-people: 1 -> 0
                \(ticketID(2)) v1: +low-confidence, tier 0 -> 1
                \(ticketID(3)) v7: tier 2 -> 3, notify service_desk -> on_call
                \(ticketID(4)) v1: -high-impact, -several-people, tier 2 -> 0, severity high -> medium, incident of 3 -> 0 tickets, \
                notify on_call -> nobody
                """)
        #expect(report.unfaithful == 0)
    }

    @Test func `a rule that waits instead of firing is a difference`() throws {
        let facts = PolicyFacts.quiet {
            $0.confidence = 0.1
            $0.modelHealth = .healthy
            $0.enrichment = .pending
            $0.at = $0.classifiedAt.addingTimeInterval(30)
        }
        let record = RecordedDecision(facts: facts, decision: try Shipped.policy().evaluate(facts))
        let candidate = try Self.candidate([("after_at_most: 30s", "after_at_most: 2m")])
        #expect(
            candidate.replay(over: [record]).differences.map(\.description) == [
                "\(ticketID(1)) v1: -low-confidence, tier 1 -> 0, waiting nobody -> low-confidence"
            ])
    }

    @Test func `a record that its own version does not repeat is reported`() throws {
        var records = try Self.records()
        records[2].facts.failedAttempts = 0
        let report = try Shipped.policy().replay(over: records)
        #expect(report.unfaithful == 1)
        #expect(report.description.contains("warning: 1 decisions of this very version come out differently"))
    }

    @Test func `reports survive storage`() throws {
        let report = try Self.candidate([("below: 0.45", "below: 0.6")]).replay(over: Self.records())
        #expect(try JSONDecoder().decode(ReplayReport.self, from: JSONEncoder().encode(report)) == report)
    }
}
