import Domain
import Foundation
import Policy

/// Random numbers that a seed repeats (SplitMix64, Steele, Lea and Flood 2014).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }
}

/// The files that ship.
enum Shipped {
    static func text(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: "deploy/config/\(name)"), encoding: .utf8)
    }

    static func policy() throws -> EscalationPolicy {
        try EscalationPolicy(text: text("escalation-policy.yaml"), name: "escalation-policy.yaml")
    }

    /// The shipped policy with another rule in front.
    static func policy(first rule: String) throws -> EscalationPolicy {
        let text = try text("escalation-policy.yaml").replacing("\nrules:\n", with: "\nrules:\n\(rule)\n")
        return try EscalationPolicy(text: text, name: "escalation-policy.yaml")
    }

    /// The shipped policy with its rules in another order.
    static func policy(shuffledBy random: inout Seeded) throws -> EscalationPolicy {
        let text = try text("escalation-policy.yaml")
        guard let start = text.range(of: "\nrules:\n"), let end = text.range(of: "\ncalendar:") else { throw CocoaError(.coderInvalidValue) }
        let rules = text[start.upperBound..<end.lowerBound].components(separatedBy: "  - id: ").dropFirst().shuffled(using: &random)
        let shuffled = rules.map { "  - id: \($0)" }.joined(separator: "\n")
        return try EscalationPolicy(
            text: String(text[..<start.upperBound]) + shuffled + "\n" + String(text[end.lowerBound...]), name: "shuffled")
    }
}

func time(_ text: String) -> Date {
    guard let date = RFC3339.date(text) else { preconditionFailure("a test names no instant: \(text)") }
    return date
}

func ticketID(_ number: Int) -> TicketID {
    TicketID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, UInt8(number >> 8 & 255), UInt8(number & 255))))
}

extension PolicyFacts {
    static let noon = time("2026-11-02T12:00:00Z")

    /// A ticket that no rule concerns, changed by `change`.
    static func quiet(_ change: (inout PolicyFacts) -> Void = { _ in }) -> PolicyFacts {
        var facts = PolicyFacts(
            ticket: ticketID(1), version: 1, at: noon.addingTimeInterval(1), submittedAt: noon, classifiedAt: noon.addingTimeInterval(1),
            state: .triaged, requester: "ann", persona: .trainee, category: "vpn", tier: Labelled(.selfService, by: .model),
            severity: Labelled(.medium, by: .model), confidence: 0.9, language: "en", languageSupported: true, answerGrounded: true)
        change(&facts)
        return facts
    }

    /// Any ticket.
    static func random(using random: inout Seeded) -> PolicyFacts {
        quiet { facts in
            facts.ticket = ticketID(Int.random(in: 1...9, using: &random))
            facts.at = noon.addingTimeInterval(Double.random(in: 0...120, using: &random))
            facts.classifiedAt = noon.addingTimeInterval(Double.random(in: 0...60, using: &random))
            facts.state = random.pick(TicketState.allCases)
            facts.requester = random.pick(["ann", "bob", "eve"])
            facts.persona = random.pick(Persona.allCases)
            facts.category = random.pick(["vpn", "kernel_panic", "assessment_crash", "outage", "unheard_of"])
            facts.tier = Labelled(random.pick(Tier.allCases), by: random.pick(LabelSource.allCases))
            facts.severity = Labelled(random.pick(Severity.allCases), by: random.pick(LabelSource.allCases))
            facts.confidence = Double.random(in: 0...1, using: &random)
            facts.guardrails = GuardrailKind.allCases.map(\.rawValue).filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
            facts.failedAttempts = Int.random(in: 0...3, using: &random)
            facts.languageSupported = Bool.random(using: &random)
            facts.answerGrounded = random.pick([nil, true, false])
            facts.enrichment = random.pick(EnrichmentState.allCases)
            facts.modelHealth = random.pick(ModelHealth.allCases)
            facts.similar = (0..<Int.random(in: 0...6, using: &random)).map { index in
                SimilarTicket(
                    ticket: ticketID(10 + index), requester: random.pick(["ann", "bob", "cyd", "dan"]), state: random.pick(TicketState.allCases),
                    submittedAt: noon.addingTimeInterval(Double.random(in: -3600...3600, using: &random)),
                    similarity: Double.random(in: 0.3...1, using: &random))
            }
            facts.earlier = Bool.random(using: &random) ? [] : [EarlierEscalation(rule: random.pick(["high-impact", "failed-twice"]))]
        }
    }
}
