import Domain
public import Foundation
import Postgres

extension PostgresTicketTransaction: MetricsTransaction {
    public func file(_ facts: [MetricFact]) throws -> Set<UUID> {
        let labels = facts.map(\.labels)
        let words: SQL = """
            \(labels.map(\.detail)), \(labels.map(\.category)), \(labels.map { Int16($0.tier) }), \(labels.map(\.severity)), \
            \(labels.map(\.language)), \(labels.map(\.persona)), \(labels.map(\.channel))
            """
        // The inbox forgets after a while; what the facts still know is not counted again.
        return Set(
            try connection.query(
                """
                WITH filed AS (
                    INSERT INTO helpdesk.metric_facts
                        (day, event_id, ordinal, at, ticket_id, name, value, detail, category, tier, severity, language, persona, channel)
                    SELECT * FROM unnest(\(facts.map { MetricGrain.day.bucket(of: $0.at) }), \(facts.map(\.event)), \
                        \(facts.map { Int16($0.ordinal) }), \(facts.map { Date(timeIntervalSince1970: Double($0.at) / 1_000_000) }), \
                        \(facts.map(\.ticket.uuid)), \(facts.map(\.name)), \(facts.map(\.value)), \(words))
                    ON CONFLICT DO NOTHING RETURNING event_id
                ) SELECT DISTINCT event_id FROM filed
                """
            ).map { try $0.decode(UUID.self, at: 0) })
    }

    public func add(_ rollups: [MetricRollup], shards: Int) throws {
        guard !rollups.isEmpty else { return }
        // Transactions that are open at once have different server processes, so that they seldom share a shard.
        let shard = Int16(Int(connection.backendProcess) % shards)
        let keys = rollups.map(\.key), labels = keys.map(\.labels)
        let words: SQL = """
            \(labels.map(\.detail)), \(labels.map(\.category)), \(labels.map { Int16($0.tier) }), \(labels.map(\.severity)), \
            \(labels.map(\.language)), \(labels.map(\.persona)), \(labels.map(\.channel))
            """
        let sums: SQL = """
            \(rollups.map { Int64($0.count) }), \(rollups.map(\.sum)), \(rollups.map(\.min)), \(rollups.map(\.max))
            """
        try connection.execute(
            """
            INSERT INTO helpdesk.metric_rollups AS r
                (grain, name, bucket, detail, category, tier, severity, language, persona, channel, count, sum, min, max, shard)
            SELECT t.*, \(shard) FROM unnest(\(keys.map(\.grain.rawValue)), \(keys.map(\.name)), \(keys.map(\.bucket)), \(words), \(sums)) AS t
            ON CONFLICT (grain, name, bucket, detail, category, tier, severity, language, persona, channel, shard) DO UPDATE
            SET count = r.count + excluded.count, sum = r.sum + excluded.sum,
                min = least(r.min, excluded.min), max = greatest(r.max, excluded.max)
            """)
    }
}
