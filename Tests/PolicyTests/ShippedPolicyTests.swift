import Domain
import Foundation
import Policy
import Testing

/// The policy as it ships does what the tiering and escalation rules say.
@Suite struct ShippedPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var rules: [String]
        var tier = Tier.selfService
        var severity = Severity.medium
        var facts: PolicyFacts

        init(
            _ name: String, _ rules: [String] = [], _ tier: Tier = .selfService, _ severity: Severity = .medium, _ change: (inout PolicyFacts) -> Void
        ) {
            (self.name, self.rules, self.tier, self.severity, facts) = (name, rules, tier, severity, .quiet(change))
        }

        var testDescription: String { name }
    }

    static func neighbour(_ number: Int, _ requester: String, minutes: Double = 1, state: TicketState = .new, similarity: Double = 0.8)
        -> SimilarTicket
    {
        SimilarTicket(
            ticket: ticketID(number), requester: requester, state: state, submittedAt: PolicyFacts.noon.addingTimeInterval(minutes * 60),
            similarity: similarity)
    }

    static let cases: [Case] =
        [
            Case("nothing is wrong") { _ in },
            Case("failed twice", ["failed-twice"], .engineer) { $0.failedAttempts = 2 },
            Case("failed three times", ["failed-twice"], .engineer) { $0.failedAttempts = 3 },
            Case("failed once") { $0.failedAttempts = 1 },
            Case("high", ["high-impact"], .engineer, .high) { $0.severity = Labelled(.high, by: .llm) },
            Case("critical", ["high-impact"], .engineer, .critical) { $0.severity = Labelled(.critical, by: .rule) },
            Case("low", [], .selfService, .low) { $0.severity = Labelled(.low, by: .model) },
            Case("a crash in an assessment", ["assessment-crash", "high-impact"], .engineer, .high) { $0.category = "assessment_crash" },
            Case("a crash in a lab") { $0.category = "vm_crash" },
            Case("a kernel panic", ["platform-failure", "high-impact"], .platform, .high) { $0.category = "kernel_panic" },
            Case("three people", ["several-people", "high-impact"], .engineer, .high) { $0.similar = [neighbour(2, "bob"), neighbour(3, "cyd")] },
            Case("three people, a trifle", [], .selfService, .low) {
                $0.similar = [neighbour(2, "bob"), neighbour(3, "cyd")]
                $0.severity = Labelled(.low, by: .model)
            },
            Case("one person with three tickets") { $0.similar = [neighbour(2, "ann"), neighbour(3, "ann")] },
            Case("two people with three tickets") { $0.similar = [neighbour(2, "bob"), neighbour(3, "bob")] },
            Case("three people, too far apart") { $0.similar = [neighbour(2, "bob", minutes: -20), neighbour(3, "cyd", minutes: 11)] },
            Case("three people, just near enough", ["several-people", "high-impact"], .engineer, .high) {
                $0.similar = [neighbour(2, "bob", minutes: -20), neighbour(3, "cyd", minutes: 10)]
            },
            Case("three people, one ticket resolved") { $0.similar = [neighbour(2, "bob"), neighbour(3, "cyd", state: .resolved)] },
            Case("three people, one of another thing") { $0.similar = [neighbour(2, "bob"), neighbour(3, "cyd", similarity: 0.59)] },
            Case("unsure", ["low-confidence"], .generalist) { $0.confidence = 0.449 },
            Case("sure enough") { $0.confidence = 0.45 },
            Case("no confidence at all", ["low-confidence"], .generalist) { $0.confidence = .nan },
            Case("no article", ["no-supporting-article"], .generalist) { $0.answerGrounded = false },
            Case("no answer tried") { $0.answerGrounded = nil },
            Case("another language", ["unsupported-language"], .generalist) {
                $0.language = "pl"
                $0.languageSupported = false
            }
        ]
        + GuardrailKind.allCases.map { kind in
            Case("guardrail \(kind)", ["refused-request"], .engineer) { $0.guardrails = [kind.rawValue] }
        }

    @Test(arguments: cases)
    func `rules fire when they should, and only then`(_ item: Case) throws {
        let decision = try Shipped.policy().evaluate(item.facts)
        #expect(decision.fired.map(\.rule) == item.rules)
        #expect(decision.tier == item.tier)
        #expect(decision.severity == item.severity)
        #expect(decision.fired.allSatisfy { !$0.evidence.isEmpty && $0.isNew })
    }

    @Test func `a request not to escalate has no effect`() throws {
        let policy = try Shipped.policy()
        var random = Seeded(11)
        for _ in 0..<500 {
            let facts = PolicyFacts.random(using: &random)
            var asking = facts
            asking.guardrails.append("escalation_suppression")
            #expect(policy.evaluate(asking) == policy.evaluate(facts))
        }
    }

    @Test(arguments: TicketState.allCases)
    func `only open tickets are escalated`(state: TicketState) throws {
        let decision = try Shipped.policy().evaluate(
            .quiet {
                $0.failedAttempts = 2; $0.state = state
            })
        #expect(decision.escalations.isEmpty == !state.isOpen)
        if !state.isOpen { #expect(decision.why == "state \(state.rawValue) is not open") }
    }

    @Test func `targets are those of the SLA policy`() throws {
        let targets = try Shipped.policy().targets
        let hours = Severity.allCases.map { [targets[$0].firstResponse / 3600, targets[$0].resolution / 3600] }
        #expect(hours == [[8, 72], [4, 24], [1, 8], [0.25, 4]])
        #expect(Severity.allCases.map { targets[$0].calendar == .always } == [false, false, true, true])
        #expect(targets.warnAt == 0.75)
        #expect(targets.pausesIn == [.waitingRequester])
        let standard = SLATargets.standard(businessHours: targets.low.calendar)
        #expect(standard == targets)
    }

    @Test func `the kinds of guardrails are those of the guardrails file`() throws {
        let kinds = try Shipped.text("guardrails.yaml").split(separator: "\n").compactMap { line -> String? in
            let parts = line.split(separator: " ")
            return parts.first == "kind:" ? parts.last.map(String.init) : nil
        }
        #expect(Set(kinds) == Set(GuardrailKind.allCases.map(\.rawValue) + ["escalation_suppression"]))
    }

    @Test func `the categories are those of the taxonomy`() throws {
        let ids = try Shipped.text("taxonomy.yaml").split(separator: "\n").filter { $0.hasPrefix("  - id: ") }.map { String($0.dropFirst(8)) }
        let text = try Shipped.text("escalation-policy.yaml")
        #expect(throws: Never.self) { try EscalationPolicy(text: text, name: "policy", categories: ids) }
        do {
            _ = try EscalationPolicy(text: text, name: "policy", categories: ids.filter { $0 != "outage" })
            Issue.record("an unknown category was accepted")
        } catch {
            #expect(error.problems.map(\.key) == ["rules[2].when.category[1]"])
            #expect(error.problems.map(\.code) == [.unknownReference])
        }
    }
}
