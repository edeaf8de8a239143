import Domain
import Foundation
import Postgres
import Stores
import Testing
import WorkerRuntime

@testable import MetricsWorker

@Suite("Housekeeping in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct HousekeepingTests {
    let settings = HousekeepingRound.Settings(inboxRetention: .seconds(14 * 86_400), factsRetention: .seconds(30 * 86_400))

    func round(_ pool: ConnectionPool, _ settings: HousekeepingRound.Settings? = nil, now: Date = ten) async throws -> HousekeepingRound.Result {
        let housekeeping = try #require(try await Housekeeping.begin(pool))
        let result = await HousekeepingRound(housekeeping: housekeeping, settings: settings ?? self.settings, now: now).run()
        await housekeeping.end()
        return result
    }

    func file(_ day: String, _ pool: ConnectionPool) async throws {
        let at = try #require(RFC3339Day.date(day)).addingTimeInterval(40_000)
        try await deliver([try await decided(record(MetricRecorded(sampleTicket(), at: at, [.init(.ticketsSubmitted)])))], pool)
    }

    func count(_ table: SQL, _ pool: ConnectionPool) async throws -> Int {
        Int(try await pool.query("SELECT count(*) FROM helpdesk.\(table)").scalar(Int64.self))
    }

    @Test func daysAreMadeAheadAndFactsOfUnexpectedDaysMoveIn() async throws {
        let pool = try await emptyDatabase()
        for day in ["2026-11-22", "2026-11-01", "2026-10-23", "1970-01-01", "2026-12-24"] { try await file(day, pool) }
        let result = try await round(pool)
        #expect(result.problems == [])
        #expect(
            result.daysAdded == (14...25).map { "2026-11-\($0)" } + ["2026-10-23", "2026-11-01"])
        #expect(try await count("metric_facts_20261122", pool) == 1)
        #expect(try await count("metric_facts_20261101", pool) == 1)
        // Too old and too new to get a partition, and still there.
        #expect(try await count("metric_facts_default", pool) == 2)
        #expect(try await count("metric_facts", pool) == 5)
        // Another round finds nothing to do.
        #expect(try await round(pool) == HousekeepingRound.Result())
        // A partition is as good as the default one: filed, and not twice.
        let event = try await decided(record(MetricRecorded(sampleTicket(), at: ten, [.init(.ticketsSubmitted)])))
        try await deliver([event], pool)
        try await pool.execute("DELETE FROM helpdesk.inbox")
        #expect(try await deliver([event], pool) == [.ignored(reason: "its facts are filed already")])
        #expect(try await count("metric_facts_20261122", pool) == 2)
        await pool.close()
    }

    @Test func factsPastTheirRetentionGoAndRollupsStay() async throws {
        let pool = try await emptyDatabase()
        try await file("2026-11-22", pool)
        _ = try await round(pool)
        try await file("1999-01-01", pool)
        let later = ten.addingTimeInterval(40 * 86_400)
        try await pool.execute("UPDATE helpdesk.metric_facts_default SET recorded_at = \(later.addingTimeInterval(-29 * 86_400))")
        let result = try await round(pool, now: later)
        #expect(result.problems == [])
        #expect(result.daysDropped.contains("2026-11-22") && result.daysDropped.count == 12)
        #expect(result.daysAdded.first == "2026-12-24")
        // By when it was filed, not by the day it claims.
        #expect(try await count("metric_facts", pool) == 1)
        #expect(try await count("metric_rollups WHERE grain = 'day'", pool) == 2)
        #expect(try await round(pool, now: later.addingTimeInterval(2 * 86_400)).strayFacts == 1)
        #expect(try await count("metric_facts", pool) == 0)
        #expect(try await count("metric_rollups WHERE grain = 'day'", pool) == 2)
        await pool.close()
    }

    @Test func theInboxForgetsWhatWasHandledAndNeverADeadLetter() async throws {
        let pool = try await emptyDatabase()
        try await pool.execute(
            """
            INSERT INTO helpdesk.inbox (consumer, event_id, payload_hash, outcome, received_at)
            SELECT 'metrics', gen_random_uuid(), '\\x00', o, \(ten) - make_interval(days => d)
            FROM unnest(ARRAY['applied', 'ignored', 'dead', 'replaying']) AS o, generate_series(1, 400) AS d, generate_series(1, 5)
            """)
        var small = settings
        small.step = 100
        small.steps = 3
        #expect(try await round(pool, small).inboxRows == 300)
        #expect(try await round(pool).inboxRows == 2 * 5 * 386 - 300)
        let kept = try await pool.query("SELECT outcome, count(*) FROM helpdesk.inbox GROUP BY outcome ORDER BY outcome").map {
            try $0.decode(String.self, Int64.self)
        }
        #expect(kept.map(\.0) == ["applied", "dead", "ignored", "replaying"])
        #expect(kept.map(\.1) == [70, 2000, 70, 2000])
        await pool.close()
    }

    @Test func oneProcessAtATime() async throws {
        let pool = try await emptyDatabase()
        let first = try #require(try await Housekeeping.begin(pool))
        #expect(try await Housekeeping.begin(pool) == nil)
        await first.end()
        // The server ends the session in its own time.
        let deadline = ContinuousClock.now + .seconds(10)
        var next = try await Housekeeping.begin(pool)
        while next == nil && ContinuousClock.now < deadline { next = try await Housekeeping.begin(pool) }
        #expect(next != nil)
        await next?.end()
        await pool.close()
    }

    /// Days are made while facts of the same days are filed: nothing is lost, and nobody sees more than a conflict.
    @Test func daysAreMadeWhileFactsAreFiled() async throws {
        let pool = try await emptyDatabase()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    for index in 0..<40 {
                        let at = ten.addingTimeInterval(Double((index + worker) % 10 - 8) * 86_400)
                        let event = try await decided(record(MetricRecorded(sampleTicket(), at: at, [.init(.ticketsSubmitted)])))
                        while true {
                            do {
                                try await deliver([event], pool)
                                break
                            } catch LedgerError.conflict {
                            } catch LedgerError.transient {
                            }
                        }
                    }
                }
            }
            group.addTask {
                let result = try await round(pool)
                #expect(result.problems == [])
            }
            try await group.waitForAll()
        }
        _ = try await round(pool)
        #expect(try await count("metric_facts", pool) == 120)
        #expect(try await count("metric_facts_default", pool) == 0)
        await pool.close()
    }
}
