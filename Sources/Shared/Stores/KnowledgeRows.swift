public import Foundation
import Postgres

/// An article as it is stored: its text and what its front matter says.
public struct StoredArticle: Sendable, Hashable {
    public var id: String
    /// The hash of the text.
    public var contentVersion: String
    public var fileName: String
    public var title: String
    /// What the author calls it, for instance `2.1`; stands in citations.
    public var version: String
    /// `YYYY-MM-DD`.
    public var lastUpdated: String
    /// `current` or `deprecated`.
    public var status: String
    public var text: String

    public init(
        id: String, contentVersion: String, fileName: String, title: String, version: String, lastUpdated: String, status: String, text: String
    ) {
        self.id = id
        self.contentVersion = contentVersion
        self.fileName = fileName
        self.title = title
        self.version = version
        self.lastUpdated = lastUpdated
        self.status = status
        self.text = text
    }
}

/// A set of articles that was synced.
public struct StoredLibrary: Sendable, Hashable {
    public var version: String
    public var syncedAt: Date
    public var syncedBy: String
    /// When it last became the one that is answered from.
    public var activatedAt: Date
    public var isActive: Bool
    public var articles: Int
}

/// What a sync changed against the library that was active before. Ids, sorted.
public struct KnowledgeChanges: Sendable, Hashable {
    public var added: [String] = []
    public var changed: [String] = []
    public var removed: [String] = []
    public var unchanged: [String] = []
    /// The version that was active before; nil for the first.
    public var previous: String?
    /// True when it was active already and nothing was written.
    public var isRepetition = false
}

/// Articles as rows.
enum ArticleRow {
    /// Of `kb_articles` as `a` and `kb_library_articles` as `l`.
    static let columns: SQL = """
        a.article_id, a.content_version, l.file_name, a.title, a.version, to_char(a.last_updated, 'YYYY-MM-DD'), a.status, a.text
        """

    static func insert(_ articles: [StoredArticle]) -> SQL {
        let articles = articles.sorted { $0.id < $1.id }
        return """
            INSERT INTO helpdesk.kb_articles (article_id, content_version, title, version, last_updated, status, text)
            SELECT t.id, t.content, t.title, t.version, to_date(t.updated, 'YYYY-MM-DD'), t.status, t.text
            FROM unnest(\(articles.map(\.id)), \(articles.map(\.contentVersion)), \(articles.map(\.title)), \(articles.map(\.version)), \
            \(articles.map(\.lastUpdated)), \(articles.map(\.status)), \(articles.map(\.text)))
            AS t(id, content, title, version, updated, status, text) ON CONFLICT DO NOTHING
            """
    }

    static func insert(_ articles: [StoredArticle], into library: String) -> SQL {
        """
        INSERT INTO helpdesk.kb_library_articles (library_version, article_id, content_version, file_name)
        SELECT \(library), * FROM unnest(\(articles.map(\.id)), \(articles.map(\.contentVersion)), \(articles.map(\.fileName)))
        ON CONFLICT DO NOTHING
        """
    }

    static func decode(_ row: Row) throws -> StoredArticle {
        StoredArticle(
            id: try row.decode(at: 0), contentVersion: try row.decode(at: 1), fileName: try row.decode(at: 2), title: try row.decode(at: 3),
            version: try row.decode(at: 4), lastUpdated: try row.decode(at: 5), status: try row.decode(at: 6), text: try row.decode(at: 7))
    }
}
