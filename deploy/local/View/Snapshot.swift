import Domain
import Foundation
import Kafka
import Logging
import Postgres

/// How a stack stands at one moment.
struct Snapshot: Sendable, Hashable {
    var at = ContinuousClock.now
    /// Nil when the broker did not answer.
    var lag: Int64?
    /// Nil when the database did not answer.
    var counts: Counts?
    var processes: [ProcessRow] = []

    struct Counts: Sendable, Hashable {
        var tickets: Int64 = 0
        var messages: Int64 = 0
        var needsHuman: Int64 = 0
        var dead: Int64 = 0
        var parked: Int64 = 0
        var outbox: Int64 = 0
        /// Tickets by language, most frequent first.
        var languages: [String] = []
    }
}

/// Looks at a stack again and again over the same connections.
struct SnapshotSource: Sendable {
    private let admin: KafkaAdmin
    private let pool: ConnectionPool

    init(_ addresses: StackAddresses, logger: Logger) throws {
        admin = try KafkaAdmin(settings: addresses.kafka, limit: .seconds(3), logger: logger)
        var settings = try PostgresSettings(url: addresses.databaseURL)
        settings.maximumConnections = 1
        settings.connectTimeout = .seconds(2)
        settings.applicationName = "helpdesk-view"
        settings.session["statement_timeout"] = "3s"
        pool = ConnectionPool(settings: settings, logger: logger)
    }

    func look(_ processes: [ProcessRow]) async -> Snapshot {
        async let lag = try? admin.lag(group: Verifier.group, topics: [Topics.tickets]).values.reduce(0, +)
        async let counts = try? count()
        return await Snapshot(lag: lag, counts: counts, processes: processes)
    }

    func close() async {
        await admin.close()
        await pool.close()
    }

    private func count() async throws -> Snapshot.Counts {
        try await pool.withConnection { connection in
            var counts = Snapshot.Counts()
            let row = try connection.query(
                """
                SELECT (SELECT count(*) FROM helpdesk.tickets WHERE version > 0), (SELECT count(*) FROM helpdesk.messages),
                (SELECT count(*) FROM helpdesk.tickets WHERE version > 0 AND needs_human),
                (SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'), (SELECT count(*) FROM helpdesk.parked_replies),
                (SELECT count(*) FROM helpdesk.outbox)
                """)
            guard let row = row.first else { return counts }
            counts.tickets = try row.decode(at: 0)
            counts.messages = try row.decode(at: 1)
            counts.needsHuman = try row.decode(at: 2)
            counts.dead = try row.decode(at: 3)
            counts.parked = try row.decode(at: 4)
            counts.outbox = try row.decode(at: 5)
            counts.languages = try connection.query(
                "SELECT language || ' ' || count(*) FROM helpdesk.tickets WHERE version > 0 GROUP BY language ORDER BY count(*) DESC, language LIMIT 8"
            ).map { try $0.decode(at: 0) }
            return counts
        }
    }
}
