import Domain
public import Postgres

/// Keeps the words of tickets up to date for the search: reads the queue that every writer of texts fills, in any process, any number of them.
public struct TicketSearch: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    enum Enqueue {
        /// The tickets whose texts a transaction changes.
        static func insert(_ changes: TicketChanges) -> SQL? {
            let ids = Set(changes.inserted.map(\.id) + changes.messages.map(\.ticket) + changes.answers.map(\.ticket)).sorted()
            return ids.isEmpty ? nil : "INSERT INTO helpdesk.search_queue (ticket_id) SELECT * FROM unnest(\(ids.map(\.uuid)))"
        }
    }

    /// Brings the words of the tickets that wait longest up to date. Doing it twice does nothing, and what two processes do at once ends with
    /// the newer version.
    /// - Returns: rows of the queue that were handled.
    public func index(limit: Int = 200) async throws -> Int {
        do {
            return try await pool.transaction { try Self.index(limit: limit, $0) }
        } catch let error as TransactionError where !error.isTransient && limit > 1 {
            // One of them cannot be indexed: the others must not wait for it.
            var count = 0
            for _ in 0..<limit {
                let one = try await indexOne()
                if one == 0 { break }
                count += one
            }
            return count
        }
    }

    private func indexOne() async throws -> Int {
        do {
            return try await pool.transaction { try Self.index(limit: 1, $0) }
        } catch let error as TransactionError where !error.isTransient {
            // It stays out of the search, as it was before, until somebody writes on it again.
            return try await pool.execute("DELETE FROM helpdesk.search_queue WHERE seq = (SELECT min(seq) FROM helpdesk.search_queue)")
        }
    }

    private static func index(limit: Int, _ connection: Connection) throws -> Int {
        let taken = try connection.query(
            """
            DELETE FROM helpdesk.search_queue WHERE seq = ANY(ARRAY(
                SELECT seq FROM helpdesk.search_queue ORDER BY seq LIMIT \(limit) FOR UPDATE SKIP LOCKED)) RETURNING ticket_id
            """
        ).map { TicketID(try $0.decode(at: 0)) }
        guard !taken.isEmpty else { return 0 }
        // A statement sees one moment. Labels a reader searches by hand are words too: the ids of articles and the like stand in the texts.
        _ = try connection.execute(
            """
            WITH texts AS (
                SELECT t.id, t.version, concat_ws(E'\\n', t.subject, t.body, m.shown) AS shown, concat_ws(E'\\n', m.kept, a.kept) AS kept
                FROM helpdesk.tickets AS t
                LEFT JOIN LATERAL (
                    SELECT string_agg(left(body, 20000), E'\\n' ORDER BY number DESC) FILTER (WHERE visibility = 'public') AS shown,
                        string_agg(left(body, 20000), E'\\n' ORDER BY number DESC) FILTER (WHERE visibility = 'internal') AS kept
                    FROM (SELECT * FROM helpdesk.messages WHERE ticket_id = t.id ORDER BY number DESC LIMIT 500) AS newest
                ) AS m ON true
                LEFT JOIN LATERAL (
                    SELECT string_agg(left(text, 20000), E'\\n' ORDER BY number DESC) AS kept
                    FROM helpdesk.answers WHERE ticket_id = t.id AND message_id IS NULL AND text IS NOT NULL
                ) AS a ON true
                WHERE t.id = ANY(\(Set(taken).sorted().map(\.uuid))) AND t.version > 0
            )
            INSERT INTO helpdesk.ticket_search AS s (ticket_id, is_internal, version, words)
            SELECT id, false, version, helpdesk.search_words(shown) FROM texts
            UNION ALL
            SELECT id, true, version, helpdesk.search_words(kept || E'\\n' || shown) FROM texts WHERE kept <> ''
            ORDER BY 1, 2
            ON CONFLICT (ticket_id, is_internal) DO UPDATE SET version = excluded.version, words = excluded.words WHERE s.version <= excluded.version
            """)
        return taken.count
    }

    /// Rows that wait, counted up to `limit`.
    public func backlog(limit: Int = 10_000) async throws -> Int {
        try await Int(
            pool.query("SELECT count(*) FROM (SELECT FROM helpdesk.search_queue LIMIT \(limit)) AS q").scalar(Int64.self))
    }
}
