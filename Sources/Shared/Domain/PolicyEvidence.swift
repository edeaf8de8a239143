/// What a rule saw of one fact.
public struct PolicyEvidence: Codable, Sendable, Hashable, CustomStringConvertible {
    /// As the policy file spells it.
    public var fact: String
    public var found: String
    public var needed: String

    public init(fact: String, found: String, needed: String) {
        self.fact = fact
        self.found = found
        self.needed = needed
    }

    public var description: String { "\(fact) \(found) (\(needed))" }
}
