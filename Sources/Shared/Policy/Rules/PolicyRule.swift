public import Domain

/// One rule of the policy: a condition and what follows from it.
public struct PolicyRule: Sendable, Hashable {
    public var id: String
    public var title: String
    /// Always looked at: no `stop` of another rule keeps it from firing, and its first firing raises even what an agent set.
    public var isFinal: Bool
    public var when: RuleCondition
    /// Escalates to at least this tier; nil does not escalate.
    public var tier: Tier?
    /// Raises to at least this severity.
    public var severity: Severity?
    public var opensIncident: Bool
    /// The channels that are told, sorted.
    public var notify: [String]
    /// Seconds after the classification for which it lets a healthy model speak first; nil fires at once.
    public var afterAtMost: Int?
    /// Rules further down that are not final are not looked at.
    public var stops: Bool

    public init(
        id: String, title: String, isFinal: Bool = false, when: RuleCondition, tier: Tier? = nil, severity: Severity? = nil,
        opensIncident: Bool = false, notify: [String] = [], afterAtMost: Int? = nil, stops: Bool = false
    ) {
        self.id = id
        self.title = title
        self.isFinal = isFinal
        self.when = when
        self.tier = tier
        self.severity = severity
        self.opensIncident = opensIncident
        self.notify = notify
        self.afterAtMost = afterAtMost
        self.stops = stops
    }
}
