public import Domain

/// One article of the knowledge base: what its front matter says, and its body cut into chunks.
public struct Article: Sendable, Hashable {
    public enum Status: String, Sendable, CaseIterable {
        case current
        /// Kept for the record. It grounds no answer any more.
        case deprecated
    }

    /// The name of its file.
    public var file: String
    /// Small letters, digits and `-`; unique in the library.
    public var id: String
    public var title: String
    /// Numbers with dots, for instance `2.1`. Stands in every citation.
    public var version: String
    /// A date, `YYYY-MM-DD`.
    public var lastUpdated: String
    public var tags: [String]
    /// Who may be answered from it.
    public var audience: Set<Persona>
    public var status: Status
    /// The ids of the articles that it replaces.
    public var supersedes: [String]
    /// The sections, in the order of the file.
    public var chunks: [Chunk]
    /// First 12 hexadecimal digits of the SHA-256 of the file's text: what exactly was read, whatever `version` claims.
    public var contentVersion: String
    /// The lines of the front matter's keys, counted from 1.
    var lines: [String: Int]
    /// Files that the body links to, with the line of each link.
    var links: [Link]

    struct Link: Sendable, Hashable {
        var target: String
        var line: Int
    }
}
