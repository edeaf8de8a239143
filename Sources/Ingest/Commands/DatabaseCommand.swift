import ArgumentParser
import Foundation
import Launch
import Logging
import Postgres
import Stores

/// A command that needs the database and nothing else.
enum DatabaseCommand {
    /// Who runs the command, for the audit log.
    static let origin = Origin(actor: "command:" + (ProcessInfo.processInfo.userName.isEmpty ? "unknown" : ProcessInfo.processInfo.userName))

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
