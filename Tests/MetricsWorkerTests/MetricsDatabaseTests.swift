import Domain
import Foundation
import Postgres
import Stores
import Testing
import WorkerRuntime

@testable import MetricsWorker

@Suite("Metrics in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct MetricsDatabaseTests {
    struct Sum: Hashable {
        let grain, name, detail: String
        let count: Int64
        let sum, min, max: Double
    }

    func sums(_ pool: ConnectionPool) async throws -> Set<Sum> {
        Set(
            try await pool.query(
                """
                SELECT grain, name, detail, sum(count)::bigint, sum(sum), min(min), max(max) FROM helpdesk.metric_rollups
                GROUP BY grain, name, detail
                """
            ).map { row in
                let (grain, name, detail, count, sum, min, max) = try row.decode(
                    String.self, String.self, String.self, Int64.self, Double.self, Double.self, Double.self)
                return Sum(grain: grain, name: name, detail: detail, count: count, sum: sum, min: min, max: max)
            })
    }

    func count(_ table: SQL, _ pool: ConnectionPool) async throws -> Int {
        Int(try await pool.query("SELECT count(*) FROM helpdesk.\(table)").scalar(Int64.self))
    }

    @Test func factsAndRollupsAreStoredOnceHoweverOftenTheyAreDelivered() async throws {
        let pool = try await emptyDatabase()
        let first = try await decided(
            record(MetricRecorded(sampleTicket(), at: ten, [.init(.answers, detail: "answered"), .init(.modelCost, 0.5, detail: "m")])))
        let second = try await decided(
            record(
                MetricRecorded(
                    sampleTicket(), at: ten.addingTimeInterval(3600), [.init(.modelCost, 0.25, detail: "m"), .init(.modelCost, 1, detail: "m")])))
        for batch in [[first], [second, first], [first, second]] { try await deliver(batch, pool) }
        #expect(try await count("metric_facts", pool) == 4)
        for grain in ["minute", "hour", "day"] {
            let expected: Set = [
                Sum(grain: grain, name: "answers", detail: "answered", count: 1, sum: 1, min: 1, max: 1),
                Sum(grain: grain, name: "model_cost", detail: "m", count: 3, sum: 1.75, min: 0.25, max: 1)
            ]
            #expect(Set(try await sums(pool).filter { $0.grain == grain }) == expected)
        }
        // The two costs share a day, not an hour.
        let rows = try await pool.query(
            "SELECT grain, count(*) FROM helpdesk.metric_rollups WHERE name = 'model_cost' GROUP BY grain, name, bucket ORDER BY grain"
        ).map { try $0.decode(String.self, at: 0) }
        #expect(rows == ["day", "hour", "hour", "minute", "minute"])
        // The inbox forgets some day; the facts do not, and nothing is counted twice.
        try await pool.execute("DELETE FROM helpdesk.inbox")
        #expect(
            try await deliver([first, second], pool) == [
                .ignored(reason: "its facts are filed already"), .ignored(reason: "its facts are filed already")
            ])
        #expect(try await sums(pool).filter { $0.name == "answers" }.allSatisfy { $0.count == 1 })
        await pool.close()
    }

    /// Batches of the same keys at once, in opposite orders and overlapping, on one shard so that they do meet.
    @Test(arguments: [1, 8]) func workersAtOnceNeitherLoseNorDoubleNorWaitInACircle(shards: Int) async throws {
        let pool = try await emptyDatabase()
        var events: [DecidedMetric] = []
        for index in 0..<200 {
            let ticket = sampleTicket(category: ["dns", "vpn", "mfa", "lab"][index % 4], tier: Tier.allCases[index % 3])
            events.append(
                try await decided(
                    record(
                        MetricRecorded(
                            ticket, at: ten.addingTimeInterval(Double(index % 7) * 61),
                            [.init(.ticketsSubmitted), .init(.answers, detail: "answered")]))))
        }
        let all = events
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let own = worker % 2 == 0 ? all : all.reversed()
                    for start in stride(from: 0, to: own.count, by: 20) {
                        let batch = Array(own[start..<start + 20])
                        while true {
                            do {
                                try await deliver(batch, pool, shards: shards)
                                break
                            } catch LedgerError.conflict(let message) {
                                // Two workers hold the same events only after a rebalance, and then in any order.
                                #expect(!message.contains("metric_rollups"))
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await count("metric_facts", pool) == 400)
        for sum in try await sums(pool) { #expect(sum.count == 200 && sum.sum == 200) }
        if shards == 1 { #expect(try await pool.query("SELECT DISTINCT shard FROM helpdesk.metric_rollups").count == 1) }
        await pool.close()
    }

    @Test func factsOfAnyDayAreFiledAndCount() async throws {
        let pool = try await emptyDatabase()
        for year in ["1970-01-01", "2001-09-09", "2026-11-22", "9999-12-31"] {
            let day = try #require(RFC3339Day.date(year))
            try await deliver([try await decided(record(MetricRecorded(sampleTicket(), at: day, [.init(.ticketsSubmitted)])))], pool)
        }
        #expect(try await count("metric_facts_default", pool) == 4)
        #expect(try await sums(pool).allSatisfy { $0.count == 4 })
        let days = try await pool.query("SELECT bucket FROM helpdesk.metric_rollups WHERE grain = 'day' ORDER BY bucket").map {
            RFC3339Day.text(try $0.decode(Date.self, at: 0))
        }
        #expect(days == ["1970-01-01", "2001-09-09", "2026-11-22", "9999-12-31"])
        await pool.close()
    }

    /// Words as long and as wide as the event's limits let them be must fit the key's index.
    @Test func hostileWordsAreStoredAsTheyAreOrCut() async throws {
        let pool = try await emptyDatabase()
        let wide = String((0..<200).map { Character(UnicodeScalar(0x1F300 + $0 * 3)!) })
        let words = ["'; DROP TABLE helpdesk.metric_facts; --", "{\"a\":\u{1F}}", "caf\u{E9}", "cafe\u{301}", "\\", "%s", "\u{202E}evil", " ", wide]
        var batch: [DecidedMetric] = []
        for word in words {
            let ticket = sampleTicket(category: word, language: word, channel: word)
            batch.append(try await decided(record(MetricRecorded(ticket, at: ten, [.init(.escalations, detail: word)]))))
        }
        try await deliver(batch, pool)
        let stored = try await pool.query("SELECT detail FROM helpdesk.metric_facts").map { try $0.decode(String.self, at: 0) }
        #expect(Set(stored.map { Array($0.utf8) }) == Set(words.map { Array(String(String.UnicodeScalarView($0.unicodeScalars.prefix(100))).utf8) }))
        // Each for itself: Swift alone would take two of them for the same.
        let summed = try await pool.query("SELECT count FROM helpdesk.metric_rollups WHERE grain = 'day'").map { try $0.decode(Int64.self, at: 0) }
        #expect(summed == words.map { _ in 1 })
        await pool.close()
    }
}
