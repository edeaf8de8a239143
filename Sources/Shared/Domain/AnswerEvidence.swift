/// One section of an article that an attempt to answer found, and why: kept with the answer, so that it explains itself.
public struct AnswerEvidence: Codable, Sendable, Hashable {
    /// `articleID@version#section`.
    public var chunk: String
    /// Comparable within one answer only.
    public var score: Double
    /// How much of what was asked the section speaks of, 0 to 1.
    public var coverage: Double
    /// How much was matched at all, in words that occur nowhere else.
    public var evidence: Double
    /// The same of the section's title, headings and tags alone: whether it is about the question.
    public var focus: Double
    /// The requester's words that the section has, the weightiest first.
    public var words: [String]
    /// The withdrawn section that was found and that this one replaces.
    public var replaced: String?

    public init(
        chunk: String, score: Double, coverage: Double, evidence: Double, focus: Double, words: [String], replaced: String? = nil
    ) {
        self.chunk = chunk
        self.score = score
        self.coverage = coverage
        self.evidence = evidence
        self.focus = focus
        self.words = words
        self.replaced = replaced
    }
}
