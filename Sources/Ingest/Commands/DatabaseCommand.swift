import ArgumentParser
import Launch
import Logging
import Postgres

/// A command that needs the database and nothing else.
enum DatabaseCommand {
    static func run<Value: Sendable>(
        _ options: CommonOptions, _ body: (ConnectionPool) async throws -> Value
    ) async throws -> Value {
        let config = try options.load(keys: IngestKeys.databaseOnly, tolerated: IngestKeys.all)
        config.startLogging()
        let pool = ConnectionPool(settings: try GatewaySettings.database(config), logger: Logger(label: "ingest"))
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
