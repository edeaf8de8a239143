import Domain
import Foundation
import Kafka
import Logging
import Postgres

/// Looks at a stack again and again over the same connections.
struct SnapshotSource: Sendable {
    private let admin: KafkaAdmin
    private let pool: ConnectionPool
    private let consumers: [PipelineConsumer]

    init(_ addresses: StackAddresses, logger: Logger) throws {
        consumers = PipelineConsumer.running(hasModel: addresses.hasModel)
        admin = try KafkaAdmin(settings: addresses.kafka, limit: .seconds(3), logger: logger)
        var settings = try PostgresSettings(url: addresses.databaseURL)
        settings.maximumConnections = 1
        settings.connectTimeout = .seconds(2)
        settings.applicationName = "helpdesk-view"
        settings.session["statement_timeout"] = "3s"
        pool = ConnectionPool(settings: settings, logger: logger)
    }

    func look(_ processes: [ProcessRow]) async -> Snapshot {
        async let lags = lags()
        async let counts = try? count()
        return await Snapshot(lags: lags, counts: counts, processes: processes)
    }

    func close() async {
        await admin.close()
        await pool.close()
    }

    private func lags() async -> [PipelineConsumer: Int64]? {
        var lags: [PipelineConsumer: Int64] = [:]
        for consumer in consumers {
            guard let lag = try? await admin.lag(group: consumer.group, topics: [consumer.topic]) else { return nil }
            lags[consumer] = lag.values.reduce(0, +)
        }
        return lags
    }

    private func count() async throws -> Snapshot.Counts {
        try await pool.withConnection { connection in
            var counts = Snapshot.Counts()
            let tickets = try connection.query(
                """
                SELECT count(*), count(*) FILTER (WHERE needs_human), count(*) FILTER (WHERE enrichment = 'done'),
                count(*) FILTER (WHERE enrichment = 'pending') FROM helpdesk.tickets WHERE version > 0
                """)
            if let row = tickets.first {
                (counts.tickets, counts.needsHuman, counts.enriched, counts.toEnrich) = try row.decode(Int64.self, Int64.self, Int64.self, Int64.self)
            }
            func scalar(_ sql: SQL) throws -> Int64 { try connection.query(sql).scalar(Int64.self) }
            counts.replies = try scalar("SELECT count(*) FROM helpdesk.messages WHERE author_kind IN ('requester', 'agent')")
            counts.answers = try scalar("SELECT count(*) FROM helpdesk.answers")
            counts.answered = try scalar("SELECT count(*) FROM helpdesk.answers WHERE outcome = 'answered'")
            counts.escalations = try scalar("SELECT count(*) FROM helpdesk.escalations")
            counts.incidents = try scalar("SELECT count(*) FROM helpdesk.incidents")
            counts.warnings = try scalar("SELECT count(*) FROM helpdesk.sla_clocks WHERE warned_at IS NOT NULL")
            counts.breaches = try scalar("SELECT count(*) FROM helpdesk.sla_clocks WHERE breached_at IS NOT NULL")
            counts.dead = try scalar("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'")
            counts.parked = try scalar("SELECT count(*) FROM helpdesk.parked_replies")
            counts.outbox = try scalar("SELECT count(*) FROM helpdesk.outbox")
            counts.languages = try connection.query(
                "SELECT language || ' ' || count(*) FROM helpdesk.tickets WHERE version > 0 GROUP BY language ORDER BY count(*) DESC, language LIMIT 8"
            ).map { try $0.decode(at: 0) }
            return counts
        }
    }
}
