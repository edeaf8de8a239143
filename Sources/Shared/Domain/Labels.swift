/// Who works a ticket. Raising a ticket means a higher number.
public enum Tier: Int, Codable, Sendable, CaseIterable, Comparable {
    /// The AI, from the knowledge base alone.
    case selfService = 0
    /// A human generalist.
    case generalist = 1
    /// A support engineer.
    case engineer = 2
    /// Platform engineering.
    case platform = 3

    public static func < (a: Tier, b: Tier) -> Bool { a.rawValue < b.rawValue }
}

/// How much a ticket hurts; each has its service-level targets.
public enum Severity: String, ClosedWord, Codable, Sendable, CaseIterable, Comparable {
    case low, medium, high, critical

    public var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        case .critical: 3
        }
    }

    public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
}

/// What a requester is on the supported platform. It changes what the help desk may tell them; it is not a role of this software.
public enum Persona: String, ClosedWord, Codable, Sendable, CaseIterable {
    case trainee, instructor, `operator`
    case supportEngineer = "support_engineer"
    case admin
}

/// Who set a label. The order is the precedence: a later writer of lower rank does not overwrite.
public enum LabelSource: String, Codable, Sendable, CaseIterable, Comparable {
    case model, llm, rule, agent

    public var rank: Int {
        switch self {
        case .model: 0
        case .llm: 1
        case .rule: 2
        case .agent: 3
        }
    }

    public static func < (a: LabelSource, b: LabelSource) -> Bool { a.rank < b.rank }
}

/// A value together with who set it.
public struct Labelled<Value: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    public var value: Value
    public var source: LabelSource

    public init(_ value: Value, by source: LabelSource) {
        self.value = value
        self.source = source
    }

    /// What stands after `other` has spoken: a source of the same or a higher rank replaces the value.
    public func merging(_ other: Labelled) -> Labelled {
        other.source >= source ? other : self
    }
}

extension Labelled where Value: Comparable {
    /// As `merging`, and besides an LLM may raise what a rule set, and a rule may raise what it set itself; neither lowers. What an
    /// agent set stays.
    public func raising(_ other: Labelled) -> Labelled {
        if source == .agent && other.source != .agent { return self }
        if source == .rule && other.source != .agent { return other.value > value ? other : self }
        return merging(other)
    }
}
