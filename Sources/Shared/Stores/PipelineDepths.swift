public import Postgres

/// How much waits in the database, for operators' gauges. Cheap: estimates, short scans with a limit.
public struct PipelineDepths: Sendable, Hashable {
    /// Counting stops here.
    public static let countLimit = 10_000

    /// Rows of the inbox, as the statistics have it.
    public var inboxRows: Int
    /// Rows of the outbox; at most `countLimit`.
    public var outboxRows: Int
    /// Age of the oldest row of the outbox in seconds, 0 without one.
    public var oldestOutbox: Double
    /// Age of the oldest parked reply in seconds, 0 without one.
    public var oldestParked: Double
    /// Dead letters that nobody has replayed or discarded, by consumer; at most `countLimit` in all.
    public var deadLetters: [String: Int]

    /// - Throws: the pool's errors and `PostgresError`.
    public static func now(_ pool: ConnectionPool) async throws -> PipelineDepths {
        try await pool.withConnection { connection in
            let row = try connection.query(
                """
                SELECT pg_stat_get_live_tuples('helpdesk.inbox'::regclass),
                    (SELECT count(*) FROM (SELECT FROM helpdesk.outbox LIMIT \(countLimit)) AS o),
                    coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at) FROM helpdesk.outbox ORDER BY seq LIMIT 1), 0)
                        ::double precision,
                    coalesce((SELECT extract(epoch FROM clock_timestamp() - parked_at) FROM helpdesk.parked_replies ORDER BY expires_at LIMIT 1), 0)
                        ::double precision
                """
            ).first
            guard let row else { throw PostgresError(kind: .decoding, message: "expected a row of depths, found none") }
            let (inbox, outbox, oldestOutbox, oldestParked) = try row.decode(Int64.self, Int64.self, Double.self, Double.self)
            var dead: [String: Int] = [:]
            for row in try connection.query(
                """
                SELECT consumer, count(*) FROM (
                    SELECT consumer FROM helpdesk.inbox WHERE outcome = 'dead'
                    AND NOT starts_with(coalesce(detail, ''), \(DeadLetterQueries.discarded)) LIMIT \(countLimit)) AS d
                GROUP BY consumer
                """)
            {
                dead[try row.decode(at: 0)] = Int(try row.decode(Int64.self, at: 1))
            }
            return PipelineDepths(
                inboxRows: Int(inbox), outboxRows: Int(outbox), oldestOutbox: max(0, oldestOutbox), oldestParked: max(0, oldestParked),
                deadLetters: dead)
        }
    }
}
