import Dispatch
import Domain
import Postgres
import Stores
import Testing

@Suite("Locks on tickets", .serialized, .timeLimit(.minutes(3)))
struct TicketLockTests {
    /// The index of the search refers to tickets, hundreds in a statement: waiting for the first that a stage holds, it would keep the stages from all the
    /// others.
    @Test("Who holds tickets keeps out whoever else would change them, and nobody who only refers to them")
    func references() async throws {
        try await WorkDesk.with { desk in
            let ids = [try await desk.store().id, try await desk.store().id].sorted()
            let (locked, input) = AsyncStream.makeStream(of: Void.self)
            let release = DispatchSemaphore(value: 0)
            async let holding: Void = desk.pool.transaction { connection in
                // On a busy machine what is asked meanwhile takes longer than a stage may be idle.
                try connection.execute("SET LOCAL idle_in_transaction_session_timeout = '60s'")
                _ = try PostgresTicketTransaction(connection).lock(ids)
                input.yield()
                _ = release.wait(timeout: .now() + 30)
            }
            for await _ in locked { break }
            let indexed = await Task { try await desk.search.index() }.result
            let free = await Task { try await desk.pool.transaction { try PostgresTicketTransaction($0).lockFree(ids) } }.result
            release.signal()
            try await holding
            #expect(try indexed.get() == ids.count)
            #expect(try free.get().isEmpty)
        }
    }
}
