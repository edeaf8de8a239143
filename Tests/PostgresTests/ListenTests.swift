@testable import Postgres
import Testing

private let database = TestDatabase()

@Suite("Listening (needs PostgreSQL)", .timeLimit(.minutes(1)))
struct ListenTests {
    @Test func hearsWhatIsSaid() async throws {
        try await database.withPool { pool in
            var events = pool.listen("Some \"channel\"").makeAsyncIterator()
            #expect(await events.next() == .mayHaveMissed)
            for word in ["one", "", "drei ü"] {
                try await pool.execute("SELECT pg_notify('Some \"channel\"', \(word))")
                #expect(await events.next() == .notification(payload: word))
            }
        }
    }

    @Test func saysWhenItMayHaveMissed() async throws {
        try await database.withPool { pool in
            var events = pool.listen("healing").makeAsyncIterator()
            #expect(await events.next() == .mayHaveMissed)
            let ended = try await pool.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query = 'LISTEN \"healing\"'")
            #expect(ended.count == 1)
            #expect(await events.next() == .mayHaveMissed)
            try await pool.execute("SELECT pg_notify('healing', 'again')")
            #expect(await events.next() == .notification(payload: "again"))
        }
    }

    @Test func endsWithItsTaskAndClosesItsConnection() async throws {
        try await database.withPool { pool in
            let task = Task {
                var count = 0
                for await _ in pool.listen("ending") { count += 1 }
                return count
            }
            let sessions: SQL = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN \"ending\"'"
            try await eventually { try await pool.query(sessions).scalar(Int.self) == 1 }
            task.cancel()
            #expect(await task.value <= 1)
            try await eventually { try await pool.query(sessions).scalar(Int.self) == 0 }
        }
    }

    @Test func aFullBufferBecomesOneMark() async {
        let buffer = EventBuffer(limit: 3)
        for number in 0..<3 { buffer.push(.notification(payload: "\(number)")) }
        #expect(await buffer.next() == .notification(payload: "0"))
        for number in 3..<5 { buffer.push(.notification(payload: "\(number)")) }
        #expect(await buffer.next() == .mayHaveMissed)
        buffer.push(.notification(payload: "5"))
        #expect(await buffer.next() == .notification(payload: "5"))
        buffer.finish()
        #expect(await buffer.next() == nil)
    }
}
