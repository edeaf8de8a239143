/// A chunk that was found, and why.
public struct Hit: Sendable, Hashable {
    /// Words of the query that a chunk has.
    public struct Match: Sendable, Hashable {
        /// As the requester wrote it, folded, for instance `kennwort`.
        public var words: String
        /// What it was searched as, stemmed, for instance `password`.
        public var terms: [String]
        /// What it adds to the score.
        public var score: Double
    }

    public var chunk: Chunk
    /// Above 0; comparable within one search only.
    public var score: Double
    /// How much of what was asked the chunk speaks of, 0 to 1: the rarity of the matched words among the rarity of all, of a long text
    /// among that of four words which occur nowhere.
    public var coverage: Double
    /// How much was matched at all: the rarity of the matched words, relative to the rarest possible word. A whole number of words
    /// that occur nowhere else would count as that number.
    public var evidence: Double
    /// As `evidence`, of the words alone that stand in the chunk's title, headings or tags: whether it is about the question, or only
    /// shares words with it.
    public var focus: Double
    /// The weightiest first.
    public var matches: [Match]
    /// The deprecated chunk that was found and that this one replaces; nil when it was found by itself.
    public var replaced: String?
}
