/// When a ticket is escalated, and how long it may take. Read from `escalation-policy.yaml`.
///
/// Without a `stop` the order of the rules means nothing: a permutation of the file decides alike.
public struct EscalationPolicy: Sendable, Hashable {
    /// 12 hexadecimal digits of the file's hash.
    public let version: String
    /// In the order of the file.
    public let rules: [PolicyRule]
    /// The names that a rule may notify, sorted.
    public let channels: [String]
    public let targets: SLATargets

    init(version: String, rules: [PolicyRule], channels: [String], targets: SLATargets) {
        self.version = version
        self.rules = rules
        self.channels = channels
        self.targets = targets
    }

    /// Seconds before and after a ticket's submission within which look-alikes matter to some rule; nil when to none.
    public var widestWindow: Int? { rules.compactMap { $0.when.similar?.within }.max() }

    /// The least similarity that matters to some rule.
    public var leastSimilarity: Double? { rules.compactMap { $0.when.similar?.similarity }.min() }
}
