public import Domain

/// One section of an article: what is searched, cited and answered with.
public struct Chunk: Sendable, Hashable {
    /// Larger sections are cut between blocks. In bytes; a list of steps or a code block that is larger alone stays whole.
    public static let maximumBytes = 4000

    /// `articleID@version#section`, what a citation names.
    public var id: String
    public var articleID: String
    public var articleVersion: String
    /// The heading as letters, digits and `-`; unique in the article. A section's second part ends in `.2`.
    public var section: String
    /// The article's title, then the headings down to this section.
    public var headingPath: [String]
    /// The section's Markdown without its heading, as it stands in the article.
    public var text: String
    /// The line on which the text begins, counted from 1.
    public var line: Int
    public var tags: [String]
    public var audience: Set<Persona>
    public var isDeprecated: Bool
    var blocks: [MarkdownBlock]

    /// The items of the section's numbered lists in order, verbatim, without their numbers.
    public var steps: [String] {
        blocks.flatMap(\.steps)
    }

    /// Whether the section describes a procedure: it has numbered steps.
    public var isProcedure: Bool {
        blocks.contains { $0.kind == .steps }
    }
}
