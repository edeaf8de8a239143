public import Foundation
public import Postgres

/// Work on the tables that one process does at a time: it holds an advisory lock on a session of its own, and everything runs on that session, so
/// that losing the lock ends the work.
public struct Housekeeping: Sendable {
    private let session: DedicatedSession

    /// - Returns: nil while another process is at it.
    /// - Throws: `PostgresError` when the database is away.
    public static func begin(_ pool: ConnectionPool) async throws -> Housekeeping? {
        // A process that was stopped must not keep the others out for good. What waits for a lock gives up soon: the workers come first.
        let session = try await pool.openDedicated(session: ["idle_session_timeout": "30s", "lock_timeout": "2s"])
        do {
            let isOurs = try await session.query("SELECT pg_try_advisory_lock(hashtextextended('helpdesk.housekeeping', 0))").scalar(Bool.self)
            if isOurs { return Housekeeping(session: session) }
        } catch {
            await session.close()
            throw error
        }
        await session.close()
        return nil
    }

    public func end() async {
        // A closed session gives its lock up when the server gets to it; whoever comes next should not have to wait for that.
        _ = try? await session.query("SELECT pg_advisory_unlock(hashtextextended('helpdesk.housekeeping', 0))")
        await session.close()
    }

    // MARK: Inbox

    /// Forgets events that were handled before `instant`, but never dead letters: they outlive everything until an operator decides.
    /// - Parameter limit: rows at most.
    /// - Returns: how many were forgotten.
    public func pruneInbox(before instant: Date, limit: Int = 5000) async throws -> Int {
        try await session.execute(
            """
            DELETE FROM helpdesk.inbox WHERE outcome IN ('applied', 'ignored') AND ctid = ANY(ARRAY(
                SELECT ctid FROM helpdesk.inbox WHERE received_at < \(instant) AND outcome IN ('applied', 'ignored')
                LIMIT \(limit) FOR UPDATE SKIP LOCKED))
            """)
    }

    // MARK: Days of facts

    /// The days that have a partition of their own, oldest first.
    public func days() async throws -> [Date] {
        try await session.query(
            """
            SELECT to_timestamp(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'helpdesk.metric_facts'::regclass AND c.relname ~ '^metric_facts_[0-9]{8}$' ORDER BY c.relname
            """
        ).map { try $0.decode(at: 0) }
    }

    /// Days whose facts lie in the default partition, oldest first.
    public func strayDays(from start: Date, to end: Date, limit: Int = 16) async throws -> [Date] {
        try await session.query(
            """
            SELECT DISTINCT day FROM helpdesk.metric_facts_default WHERE day >= \(start) AND day < \(end) ORDER BY day LIMIT \(limit)
            """
        ).map { try $0.decode(at: 0) }
    }

    /// Gives a day a partition of its own, with the facts of it that lie in the default partition.
    /// - Parameter day: midnight UTC.
    public func addDay(_ day: Date) async throws {
        let name = Self.partition(of: day), end = day.addingTimeInterval(86_400)
        try await session.transaction { connection in
            // Not CREATE TABLE ... PARTITION OF, which locks out everyone who files facts.
            try connection.executeScript(
                """
                CREATE TABLE helpdesk.\(name) (LIKE helpdesk.metric_facts INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
                LOCK TABLE ONLY helpdesk.metric_facts IN SHARE UPDATE EXCLUSIVE MODE;
                LOCK TABLE helpdesk.metric_facts_default IN ACCESS EXCLUSIVE MODE;
                """)
            try connection.execute(
                """
                WITH moved AS (DELETE FROM helpdesk.metric_facts_default WHERE day = \(day) RETURNING *)
                INSERT INTO helpdesk.\(unescaped: name) SELECT * FROM moved
                """)
            try connection.executeScript(
                """
                ALTER TABLE helpdesk.metric_facts ATTACH PARTITION helpdesk.\(name)
                FOR VALUES FROM ('\(Self.literal(day))') TO ('\(Self.literal(end))')
                """)
        }
    }

    /// Drops a day's partition.
    public func dropDay(_ day: Date) async throws {
        try await session.transaction { try $0.executeScript("DROP TABLE helpdesk.\(Self.partition(of: day))") }
    }

    /// Deletes facts of the default partition that were filed before `instant`. By filing, not by the day that they claim: a wrong clock's facts are kept
    /// as long as everyone's.
    public func pruneStrays(before instant: Date, limit: Int = 5000) async throws -> Int {
        try await session.execute(
            """
            DELETE FROM helpdesk.metric_facts_default WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM helpdesk.metric_facts_default WHERE recorded_at < \(instant) LIMIT \(limit)))
            """)
    }

    private static func partition(of day: Date) -> String { "metric_facts_" + RFC3339Day.text(day).replacing("-", with: "") }

    private static func literal(_ day: Date) -> String { RFC3339Day.text(day) + " 00:00:00+00" }
}
