/// What the articles say to a question, or that they say nothing.
public enum GroundedAnswer: Sendable, Hashable {
    case covered(Answer)
    /// No chunk carries an answer: a human's turn.
    case notCovered(Reason)

    public struct Answer: Sendable, Hashable {
        /// The best first.
        public var passages: [Passage]

        /// The chunks it rests on, `articleID@version#section`, in the order of the passages.
        public var citations: [String] { passages.map(\.citation) }

        /// As Markdown, each passage followed by its citation in brackets.
        public var text: String {
            passages.map { "\($0.blocks.joined(separator: "\n\n"))\n\n[\($0.citation)]" }.joined(separator: "\n\n")
        }
    }

    /// Blocks of one chunk, verbatim.
    public struct Passage: Sendable, Hashable {
        public var citation: String
        /// The article's title, then the headings down to the section.
        public var headingPath: [String]
        /// Paragraphs, lists and code as they stand in the chunk, in its order.
        public var blocks: [String]
        /// The numbered steps among them, without their numbers.
        public var steps: [String]
    }

    /// Why there is no answer. The raw value is stored.
    public enum Reason: String, Sendable, CaseIterable {
        /// No chunk that the persona may see has any word of the question.
        case nothingFound = "nothing_found"
        /// Chunks share words with the question, too few to answer it.
        case belowThreshold = "below_threshold"
    }
}
