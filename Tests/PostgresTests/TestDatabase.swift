import Logging
import Postgres
import TestSupport

/// A suite's own database.
struct TestDatabase: Sendable {
    private let address = Task { try await PrivatePostgres.shared().createDatabase() }

    var url: String { get async throws { try await address.value } }

    /// Gives `body` a pool on it and closes the pool afterwards.
    func withPool<T>(
        _ adjust: (inout PostgresSettings) -> Void = { _ in }, _ body: (ConnectionPool) async throws -> T
    ) async throws -> T {
        var settings = try PostgresSettings(url: try await url)
        // Tests of a suite run side by side in one database; by this name they find their own sessions.
        settings.applicationName = "test-\(UInt64.random(in: .min ... .max))"
        // Hundreds of tests share two threads: a wait says nothing about the pool unless its test asks for it.
        settings.acquireTimeout = .seconds(60)
        adjust(&settings)
        let pool = ConnectionPool(settings: settings, logger: Logger(label: "test"))
        do {
            let value = try await body(pool)
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }
}

struct ConditionNotMet: Error {}

/// Waits until `condition` holds.
func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw ConditionNotMet() }
        try await Task.sleep(for: .milliseconds(10))
    }
}

extension ConnectionPool {
    /// Ends this pool's other sessions that run `query` (LIKE), and says how many.
    func terminate(running query: String) async throws -> Int {
        try await withConnection { connection in
            try connection.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()
                    AND query LIKE \(query) AND state = 'active'
                """
            ).count
        }
    }

    func count(running query: String) async throws -> Int {
        try await withConnection { connection in
            try connection.query(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE \(query) AND state = 'active'
                """
            ).scalar(Int.self)
        }
    }
}

/// What `body` throws; nil when it does not.
func failure<T>(of body: () async throws -> T) async -> (any Error)? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
