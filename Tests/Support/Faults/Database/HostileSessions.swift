import Dispatch
public import Foundation
public import Logging
import Postgres
import Synchronization

/// What others may do to a database that the pipeline works in: end its sessions, hold its locks, take its connections, refuse its statements.
/// Works as a superuser over sessions of its own, with none of the pipeline's time-outs.
public struct HostileSessions: Sendable {
    static let applicationName = "fault-injection"

    let pool: ConnectionPool

    /// - Parameter url: the pipeline's database, as a superuser.
    public init(url: String, logger: Logger) throws {
        var settings = try PostgresSettings(url: url)
        settings.applicationName = Self.applicationName
        settings.maximumConnections = 4
        // Nobody but us is hurt when we knock again at once.
        settings.reconnectPause = .zero...(.zero)
        // Whoever waits longest for a lock is asked first whether there is a deadlock: never we, so that never we are its victim.
        settings.session = ["TimeZone": "UTC", "deadlock_timeout": "60s", "statement_timeout": "0", "lock_timeout": "0"]
        pool = ConnectionPool(settings: settings, logger: logger)
    }

    public func close() async { await pool.close() }

    // MARK: - Sessions

    /// Ends the sessions of everybody else in this database.
    /// - Parameter inTransaction: only those that are inside a transaction now.
    /// - Returns: how many.
    @discardableResult
    public func terminateSessions(inTransaction: Bool) async throws -> Int {
        try await pool.query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name <> \(Self.applicationName) AND backend_type = 'client backend'
                AND (NOT \(inTransaction) OR (xact_start IS NOT NULL AND state <> 'idle'))
            """
        ).count
    }

    /// Ends sessions in mid-transaction, as many as it catches, until so many are ended or the time is over.
    /// - Returns: how many.
    @discardableResult
    public func terminateTransactions(_ wanted: Int, within limit: Duration) async throws -> Int {
        let deadline = ContinuousClock.now + limit
        var ended = 0
        while ended < wanted, ContinuousClock.now < deadline, !Task.isCancelled {
            ended += try await terminateSessions(inTransaction: true)
        }
        return ended
    }

    /// Opens sessions until the server takes no more, and holds them while `body` runs.
    /// - Parameter ending: also ends everybody else's sessions, so that they find no place when they come back.
    public func withAllConnectionsTaken<T>(ending: Bool = true, _ body: () async throws -> T) async throws -> T {
        var taken: [DedicatedSession] = []
        func take() async throws {
            while true {
                do {
                    taken.append(try await pool.openDedicated())
                } catch let error as PostgresError where error.sqlState == "53300" || error.kind == .connection {
                    return
                }
            }
        }
        func release() async { for session in taken { await session.close() } }
        do {
            // One to end the others with, for when all the rest is taken.
            let own = try await pool.openDedicated()
            taken.append(own)
            try await take()
            if ending {
                var left = 1
                while left > 0, !Task.isCancelled {
                    left = try await own.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name <> \(Self.applicationName) AND backend_type = 'client backend'
                        """
                    ).count
                    try await take()
                }
            }
            let value = try await body()
            await release()
            return value
        } catch {
            await release()
            throw error
        }
    }

    // MARK: - Locks

    /// Holds a table so that nobody reads or writes it, idle in a transaction, while `body` runs.
    public func withTableLocked<T>(_ table: String, _ body: () async throws -> T) async throws -> T {
        try await holding({ try $0.executeScript("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE") }, body)
    }

    /// Locks tickets against the pipeline's order, one by one from the last to the first, again and again. The pipeline locks from the first to
    /// the last; where the two meet, it is the pipeline's transaction that the server ends with 40P01. A round gives up when it waits for a ticket for
    /// longer than 2 s, and locks no more after 4 s: the pipeline is to be the victim of deadlocks, not of somebody who keeps everything.
    /// - Returns: how many deadlocks the server has counted meanwhile.
    @discardableResult
    public func lockTicketsInReverse(_ tickets: [UUID], rounds: Int, pause: Duration = .milliseconds(20)) async throws -> Int {
        let before = try await deadlocks()
        let ordered = tickets.sorted { $0.uuidString > $1.uuidString }
        for _ in 0..<rounds where !Task.isCancelled {
            let end = ContinuousClock.now + .seconds(4)
            _ = try? await pool.transaction { connection in
                try connection.execute("SET LOCAL lock_timeout = '2s'")
                for ticket in ordered where ContinuousClock.now < end {
                    try connection.execute("SELECT 1 FROM helpdesk.tickets WHERE id = \(ticket) FOR UPDATE")
                    try connection.execute("SELECT pg_sleep(\(pause.inSeconds))")
                }
            }
        }
        return try await deadlocks() - before
    }

    /// Deadlocks that the server has ended in this database.
    public func deadlocks() async throws -> Int {
        try await pool.query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").scalar(Int.self)
    }

    /// Runs `lock` in a transaction that stays open and idle while `body` runs.
    private func holding<T>(_ lock: @escaping @Sendable (Connection) throws -> Void, _ body: () async throws -> T) async throws -> T {
        let release = DispatchSemaphore(value: 0)
        let (locked, input) = AsyncStream<Void>.makeStream()
        let pool = pool
        let holder = Task {
            defer { input.finish() }
            try await pool.transaction { connection in
                try lock(connection)
                input.finish()
                // On the connection's own thread, where nobody else waits.
                release.wait()
            }
        }
        for await _ in locked {}
        do {
            let value = try await body()
            release.signal()
            try await holder.value
            return value
        } catch {
            release.signal()
            _ = await holder.result
            throw error
        }
    }

    // MARK: - Refusals

    /// Has the server refuse the next statements that write to a table, with this SQLSTATE, whoever sends them. It counts past roll-backs.
    /// `endRefusals(by:)` takes it away.
    public func refuseWrites(to table: String, sqlState: String, next count: Int) async throws {
        let name = Self.refusalName(of: table)
        let state = sqlState.filter { $0.isLetter || $0.isNumber }
        try await pool.withConnection { connection in
            try connection.executeScript(
                """
                CREATE SCHEMA IF NOT EXISTS fault_injection;
                GRANT USAGE ON SCHEMA fault_injection TO PUBLIC;
                DROP TRIGGER IF EXISTS \(name) ON \(table);
                DROP SEQUENCE IF EXISTS fault_injection.\(name);
                CREATE SEQUENCE fault_injection.\(name);
                GRANT ALL ON SEQUENCE fault_injection.\(name) TO PUBLIC;
                CREATE OR REPLACE FUNCTION fault_injection.\(name)() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('fault_injection.\(name)') <= \(count) THEN
                        RAISE EXCEPTION 'refused on order' USING ERRCODE = '\(state)';
                    END IF;
                    RETURN NULL;
                END $$;
                CREATE TRIGGER \(name) BEFORE INSERT OR UPDATE OR DELETE ON \(table) EXECUTE FUNCTION fault_injection.\(name)();
                """)
        }
    }

    /// How many statements were refused so far.
    public func refusals(by table: String, of count: Int) async throws -> Int {
        let name = Self.refusalName(of: table)
        let asked = try await pool.query(
            SQL(unescaped: "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM fault_injection.\(name)")
        ).scalar(Int.self)
        return min(asked, count)
    }

    public func endRefusals(by table: String) async throws {
        let name = Self.refusalName(of: table)
        try await pool.withConnection { connection in
            try connection.executeScript(
                """
                DROP TRIGGER IF EXISTS \(name) ON \(table);
                DROP FUNCTION IF EXISTS fault_injection.\(name);
                DROP SEQUENCE IF EXISTS fault_injection.\(name);
                """)
        }
    }

    private static func refusalName(of table: String) -> String { "refusal_" + table.filter { $0.isLetter || $0.isNumber } }
}

extension Duration {
    /// As a fraction of seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
