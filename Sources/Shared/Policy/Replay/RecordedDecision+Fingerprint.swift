import Crypto
import Domain

extension RecordedDecision {
    /// Equal for decisions about one ticket that say the same about the same: 32 hexadecimal digits.
    ///
    /// What changes with every evaluation (the instant, the version) and what a decision itself changes (tier and severity before it, whether a
    /// rule is new) is left out. So evaluating once more what has not changed gives the same fingerprint, and a history of decisions holds
    /// one for each thing that happened.
    public var fingerprint: String {
        var parts: [String] = [
            facts.state.rawValue, facts.category, "\(facts.confidence)", facts.guardrails.sorted().joined(separator: ","),
            "\(facts.failedAttempts)", "\(facts.languageSupported)", facts.answerGrounded.map { "\($0)" } ?? "none", facts.enrichment.rawValue,
            "\(decision.tier.rawValue)", decision.severity.rawValue, decision.incident?.rule ?? ""
        ]
        parts += decision.fired.map { "\($0.rule) \($0.grounds.joined(separator: ","))" }.sorted()
        parts += decision.waiting.map { "waits \($0.rule)" }.sorted()
        let digits = Array("0123456789abcdef")
        let hash = SHA256.hash(data: Array(parts.joined(separator: "\n").utf8))
        return String(hash.prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
