import Domain
import Foundation
import Policy
import Testing

@Suite struct EvaluationTests {
    /// The ticket as the decision leaves it.
    static func applied(_ decision: PolicyDecision, to facts: PolicyFacts) -> PolicyFacts {
        var facts = facts
        if decision.tier != facts.tier.value { facts.tier = Labelled(decision.tier, by: .rule) }
        if decision.severity != facts.severity.value { facts.severity = Labelled(decision.severity, by: .rule) }
        facts.earlier += decision.fired.filter(\.isNew).map { EarlierEscalation(rule: $0.rule, grounds: $0.grounds) }
        return facts
    }

    @Test func `tier and severity never fall, and every escalation explains itself`() throws {
        let policies = [
            try Shipped.policy(),
            try Shipped.policy(first: "  - {id: staff, title: Staff, when: {persona: [admin, operator]}, then: {stop: true}}")
        ]
        var random = Seeded(1)
        for _ in 0..<4000 {
            let facts = PolicyFacts.random(using: &random)
            for policy in policies {
                let decision = policy.evaluate(facts)
                #expect(decision.tier >= facts.tier.value && decision.severity >= facts.severity.value)
                for escalation in decision.escalations {
                    #expect(escalation.tier.map { $0 >= facts.tier.value } == true)
                    #expect(decision.why.contains(escalation.rule))
                }
                #expect(decision == policy.evaluate(facts))
            }
        }
    }

    @Test func `safety rules fire whatever else is true`() throws {
        let policy = try Shipped.policy(
            first: "  - {id: hush, title: Hush, when: {persona: [trainee, instructor, operator, support_engineer, admin]}, then: {stop: true}}")
        var random = Seeded(2)
        for _ in 0..<2000 {
            var facts = PolicyFacts.random(using: &random)
            guard facts.state.isOpen else { continue }
            facts.earlier = []
            let rules = Set(policy.evaluate(facts).escalations.map(\.rule))
            #expect(rules.contains("failed-twice") == (facts.failedAttempts >= 2))
            #expect(rules.contains("refused-request") == !facts.guardrails.isEmpty)
            if facts.severity.value >= .high { #expect(rules.contains("high-impact")) }
        }
    }

    @Test(arguments: 1...12)
    func `the order of the rules means nothing`(seed: UInt64) throws {
        let policy = try Shipped.policy()
        var random = Seeded(seed)
        let shuffled = try Shipped.policy(shuffledBy: &random)
        #expect(Set(shuffled.rules) == Set(policy.rules))
        for _ in 0..<300 {
            let facts = PolicyFacts.random(using: &random)
            var decision = shuffled.evaluate(facts)
            decision.policyVersion = policy.version
            #expect(decision == policy.evaluate(facts))
        }
    }

    @Test func `what was escalated is not escalated again`() throws {
        let policy = try Shipped.policy()
        var random = Seeded(3)
        for _ in 0..<2000 {
            let facts = PolicyFacts.random(using: &random)
            let first = policy.evaluate(facts)
            let second = policy.evaluate(Self.applied(first, to: facts))
            #expect(second.escalations.isEmpty, "\(second.why)")
            #expect(second.tier == first.tier && second.severity == first.severity)
            #expect(second.notify.isEmpty)
            #expect(second.fired.map(\.rule) == first.fired.map(\.rule))
        }
    }

    @Test func `another guardrail is a new escalation, the same is not`() throws {
        let policy = try Shipped.policy()
        let earlier = [EarlierEscalation(rule: "refused-request", grounds: ["host_access"])]
        let same = policy.evaluate(
            .quiet {
                $0.guardrails = ["host_access"]; $0.earlier = earlier
            })
        #expect(same.fired.map(\.isNew) == [false])
        #expect(
            same.why == """
                refused-request (as before): guardrails host_access (destructive_all or hide_activity or host_access or logging_tampering or \
                prompt_injection or secret_request)
                """)
        let more = policy.evaluate(
            .quiet {
                $0.guardrails = ["host_access", "hide_activity"]; $0.earlier = earlier
            })
        #expect(more.escalations.map(\.grounds) == [["hide_activity", "host_access"]])
        #expect(more.notify == ["security"])
    }

    @Test func `an agent's label is raised by the first firing of a final rule alone`() throws {
        let policy = try Shipped.policy(first: "  - {id: lab, title: L, when: {category: [vpn]}, then: {tier: 1}}")
        func tier(_ change: (inout PolicyFacts) -> Void) -> Tier {
            policy.evaluate(
                .quiet {
                    $0.tier = Labelled(.selfService, by: .agent); change(&$0)
                }
            ).tier
        }
        #expect(policy.evaluate(.quiet()).tier == .generalist)
        #expect(tier { _ in } == .selfService)
        #expect(tier { $0.failedAttempts = 2 } == .engineer)
        #expect(
            tier {
                $0.failedAttempts = 2; $0.earlier = [EarlierEscalation(rule: "failed-twice")]
            } == .selfService)
        let severity = policy.evaluate(
            .quiet {
                $0.severity = Labelled(.low, by: .agent); $0.category = "assessment_crash"
            })
        #expect(severity.severity == .high)
    }

    @Test func `a stop holds for later rules that are not final`() throws {
        let rules = """
              - {id: early, title: E, when: {category: [vpn]}, then: {tier: 1}}
              - {id: enough, title: N, when: {persona: [operator]}, then: {stop: true}}
              - {id: late, title: L, when: {language_supported: true}, then: {tier: 3}}
            """
        let policy = try Shipped.policy(first: rules)
        #expect(policy.evaluate(.quiet()).fired.map(\.rule) == ["late", "early"])
        let stopped = policy.evaluate(
            .quiet {
                $0.persona = .operator; $0.failedAttempts = 2
            })
        #expect(stopped.fired.map(\.rule) == ["failed-twice", "early", "enough"])
        #expect(stopped.tier == .engineer)
        #expect(stopped.escalations.map(\.rule) == ["failed-twice", "early"])
    }

    struct Wait: Sendable {
        var seconds: Double
        var health: ModelHealth
        var enrichment: EnrichmentState
        var waits: Bool
    }

    @Test(arguments: [
        Wait(seconds: 0, health: .healthy, enrichment: .pending, waits: true),
        Wait(seconds: 29.9, health: .healthy, enrichment: .pending, waits: true),
        Wait(seconds: 30, health: .healthy, enrichment: .pending, waits: false),
        Wait(seconds: 1, health: .unhealthy, enrichment: .pending, waits: false),
        Wait(seconds: 1, health: .absent, enrichment: .notRequested, waits: false),
        Wait(seconds: 1, health: .healthy, enrichment: .notRequested, waits: false),
        Wait(seconds: 1, health: .healthy, enrichment: .done, waits: false)
    ])
    func `low confidence waits for a healthy model at work, and safety rules never`(_ wait: Wait) throws {
        let facts = PolicyFacts.quiet {
            $0.confidence = 0.3
            $0.failedAttempts = 2
            $0.at = $0.classifiedAt.addingTimeInterval(wait.seconds)
            $0.modelHealth = wait.health
            $0.enrichment = wait.enrichment
        }
        let decision = try Shipped.policy().evaluate(facts)
        #expect(decision.fired.map(\.rule) == (wait.waits ? ["failed-twice"] : ["failed-twice", "low-confidence"]))
        #expect(decision.wakeAt == (wait.waits ? facts.classifiedAt.addingTimeInterval(30) : nil))
        #expect(decision.why.contains("low-confidence waits for the model until 2026-11-02T12:00:31Z") == wait.waits)
    }

    @Test func `an incident names its tickets and people`() throws {
        let facts = PolicyFacts.quiet {
            $0.similar = [
                ShippedPolicyTests.neighbour(5, "bob"), ShippedPolicyTests.neighbour(3, "cyd"), ShippedPolicyTests.neighbour(4, "bob"),
                ShippedPolicyTests.neighbour(2, "dan", minutes: 90)
            ]
        }
        let decision = try Shipped.policy().evaluate(facts)
        #expect(decision.incident == IncidentCall(rule: "several-people", tickets: [1, 3, 4, 5].map(ticketID), requesters: 3, severity: .high))
        #expect(decision.notify == ["on_call"])
        #expect(
            decision.why == """
                several-people: severity high (medium to critical), similar_tickets 4 of 3 requesters (at least 3 requesters within 30m); \
                high-impact: severity high (high to critical); tier 0 -> 2; severity medium -> high
                """)
        #expect(!decision.why.contains("bob"))
        var later = facts
        later.earlier = [EarlierEscalation(rule: "several-people"), EarlierEscalation(rule: "high-impact")]
        #expect(try Shipped.policy().evaluate(later).incident == decision.incident)
    }

    @Test func `look-alikes count alike in any order`() throws {
        let policy = try Shipped.policy()
        var random = Seeded(4)
        for _ in 0..<300 {
            let facts = PolicyFacts.random(using: &random)
            var shuffled = facts
            shuffled.similar.shuffle(using: &random)
            #expect(policy.evaluate(shuffled) == policy.evaluate(facts))
        }
    }

    @Test func `facts and decisions survive storage`() throws {
        let policy = try Shipped.policy()
        var random = Seeded(5)
        for _ in 0..<200 {
            let facts = PolicyFacts.random(using: &random)
            let stored = try JSONDecoder().decode(PolicyFacts.self, from: JSONEncoder().encode(facts))
            #expect(stored == facts)
            let decision = policy.evaluate(stored)
            #expect(try JSONDecoder().decode(PolicyDecision.self, from: JSONEncoder().encode(decision)) == decision)
        }
    }

    @Test func `what look-alikes matter to is told`() throws {
        let policy = try Shipped.policy()
        #expect(policy.widestWindow == 1800)
        #expect(policy.leastSimilarity == 0.6)
    }
}
