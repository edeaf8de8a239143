import Foundation
public import Postgres

/// The articles in PostgreSQL: every version that was ever answered from, and which one is answered from now. Errors are the pool's,
/// `PostgresError` and `TransactionError`.
public struct KnowledgeStore: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Stores a library and makes it the active one. Repeating it does nothing; an older one comes back the same way.
    ///
    /// - Parameters:
    ///   - version: of all articles together; the same version means the same articles.
    ///   - who: is written down with a version that is new.
    public func sync(version: String, articles: [StoredArticle], by who: String) async throws -> KnowledgeChanges {
        try await pool.transaction { connection in
            // One sync at a time: each compares with what the one before it left. Readers are not kept waiting.
            try connection.execute("LOCK TABLE helpdesk.kb_libraries IN SHARE ROW EXCLUSIVE MODE")
            let previous = try Self.activeVersion(connection)
            var changes = Self.compare(articles, with: try previous.map { try Self.articles(of: $0, connection) } ?? [])
            changes.previous = previous
            changes.isRepetition = previous == version
            if changes.isRepetition { return changes }
            try connection.execute(ArticleRow.insert(articles))
            try connection.execute(
                """
                INSERT INTO helpdesk.kb_libraries (version, synced_by, is_active) VALUES (\(version), \(who), false) ON CONFLICT DO NOTHING
                """)
            try connection.execute(ArticleRow.insert(articles, into: version))
            try connection.execute("UPDATE helpdesk.kb_libraries SET is_active = false WHERE is_active")
            try connection.execute(
                "UPDATE helpdesk.kb_libraries SET is_active = true, activated_at = clock_timestamp() WHERE version = \(version)")
            return changes
        }
    }

    private static func compare(_ articles: [StoredArticle], with before: [StoredArticle]) -> KnowledgeChanges {
        let old = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        var changes = KnowledgeChanges()
        for article in articles.sorted(by: { $0.id < $1.id }) {
            switch old[article.id] {
            case nil: changes.added.append(article.id)
            case .some(let was) where was.contentVersion != article.contentVersion || was.fileName != article.fileName:
                changes.changed.append(article.id)
            case .some: changes.unchanged.append(article.id)
            }
        }
        changes.removed = old.keys.filter { id in !articles.contains { $0.id == id } }.sorted()
        return changes
    }

    /// The version that is answered from; nil when none was ever synced.
    public func activeVersion() async throws -> String? {
        try await pool.withConnection(Self.activeVersion)
    }

    /// The library that is answered from, from one snapshot; nil when none was ever synced. Articles by id.
    public func active() async throws -> (version: String, articles: [StoredArticle])? {
        try await pool.transaction(.snapshot) { connection in
            guard let version = try Self.activeVersion(connection) else { return nil }
            return (version, try Self.articles(of: version, connection))
        }
    }

    /// Every library that was synced, the one that was active last first.
    public func libraries() async throws -> [StoredLibrary] {
        try await pool.query(
            """
            SELECT version, synced_at, synced_by, activated_at, is_active,
                (SELECT count(*) FROM helpdesk.kb_library_articles WHERE library_version = version)
            FROM helpdesk.kb_libraries ORDER BY activated_at DESC, version
            """
        ).map {
            StoredLibrary(
                version: try $0.decode(at: 0), syncedAt: try $0.decode(at: 1), syncedBy: try $0.decode(at: 2), activatedAt: try $0.decode(at: 3),
                isActive: try $0.decode(at: 4), articles: Int(try $0.decode(Int64.self, at: 5)))
        }
    }

    /// The article that a citation `articleID@version#section` named, as it stood in a library; nil when it was never stored.
    ///
    /// - Parameter library: the version stored with the answer; nil takes the newest library that has the article in that version.
    public func article(cited citation: String, in library: String?) async throws -> StoredArticle? {
        guard let at = citation.firstIndex(of: "@") else { return nil }
        let id = String(citation[..<at])
        let version = String(citation[citation.index(after: at)...].prefix { $0 != "#" })
        let place: SQL = if let library { "AND l.library_version = \(library)" } else { "" }
        return try await pool.query(
            """
            SELECT \(ArticleRow.columns) FROM helpdesk.kb_library_articles AS l
            JOIN helpdesk.kb_articles AS a USING (article_id, content_version)
            JOIN helpdesk.kb_libraries AS b ON b.version = l.library_version
            WHERE l.article_id = \(id) AND a.version = \(version) \(place)
            ORDER BY b.activated_at DESC LIMIT 1
            """
        ).first.map(ArticleRow.decode)
    }

    private static func activeVersion(_ connection: Connection) throws -> String? {
        try connection.query("SELECT version FROM helpdesk.kb_libraries WHERE is_active").first.map { try $0.decode(at: 0) }
    }

    private static func articles(of library: String, _ connection: Connection) throws -> [StoredArticle] {
        try connection.query(
            """
            SELECT \(ArticleRow.columns) FROM helpdesk.kb_library_articles AS l
            JOIN helpdesk.kb_articles AS a USING (article_id, content_version)
            WHERE l.library_version = \(library) ORDER BY a.article_id
            """
        ).map(ArticleRow.decode)
    }
}
