/// How BM25 weighs.
///
/// The formula and the usual values of `k1` and `b`: S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and
/// Beyond", Foundations and Trends in Information Retrieval 3(4), 2009. Fields are joined before saturation, as in section 3.6 there
/// (BM25F). The inverse document frequency is Lucene's `ln(1 + (N - n + 0.5) / (n + 0.5))`, which is never negative.
public struct BM25Parameters: Sendable, Hashable {
    /// How soon repetitions of a word stop counting. 0 and above.
    public var k1: Double
    /// How much long chunks are discounted: 0 not at all, 1 in proportion.
    public var b: Double
    /// How often a word in the article's title counts.
    public var title: Double
    /// How often a word in the section's headings counts.
    public var heading: Double
    /// How often a word in the article's tags counts.
    public var tags: Double

    public init(k1: Double = 1.2, b: Double = 0.75, title: Double = 1, heading: Double = 3, tags: Double = 1) {
        self.k1 = k1
        self.b = b
        self.title = title
        self.heading = heading
        self.tags = tags
    }
}
