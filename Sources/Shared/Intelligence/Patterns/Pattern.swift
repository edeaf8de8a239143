/// A pattern over the words of a text: groups of alternatives that must all occur close together.
///
/// An alternative is one or more words. `word` matches that word, `stem*` every word that begins so, `turn .. off` the two words with at
/// most three others between. Case and diacritics do not matter. For example
/// `all: [[disable, turn .. off], [logging, audit*]]` with `within: 8` matches "please turn the audit log off".
struct Pattern: Sendable, Hashable {
    /// Each group needs one of its alternatives.
    var all: [[String]]
    /// Over how many words the groups may spread, counted from the first word of the first match to the first word of the last.
    var within: Int
    /// When true the groups must occur in the order in which they are written.
    var isOrdered: Bool
    /// Alternatives that, in or within three words of the match, make it none.
    var unless: [String]

    static let defaultWithin = 8
    static let largestWithin = 60
    static let largestGroups = 7
    /// How far around a match `unless` looks, in words.
    static let surroundings = 3
    /// How many words `..` spans at most.
    static let gap = 3
}

/// Where a pattern matched.
struct PatternMatch: Sendable, Hashable {
    /// The number given to the pattern's owner (a rule or guardrail).
    var owner: Int
    var firstToken: Int
    var lastToken: Int
}
