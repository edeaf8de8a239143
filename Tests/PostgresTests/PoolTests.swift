import Logging
import Postgres
import ServiceLifecycle
import Synchronization
import Testing

private let database = TestDatabase()

/// Holds connections until it is told to let go.
private final class Latch: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .releasing) }

    /// Blocks the connection's own thread, which is what connections' threads are for.
    func wait(on connection: Connection) throws {
        while !isOpen.load(ordering: .acquiring) { try connection.execute("SELECT pg_sleep(0.005)") }
    }
}

/// Notes who came when.
private final class Order: Sendable {
    private let numbers = Mutex<[Int]>([])

    var noted: [Int] { numbers.withLock { $0 } }

    func note(_ number: Int) { numbers.withLock { $0.append(number) } }
}

@Suite("Connection pool (needs PostgreSQL)", .timeLimit(.minutes(2)))
struct PoolTests {
    @Test func opensNoMoreThanItMay() async throws {
        try await database.withPool({ $0.maximumConnections = 3 }) { pool in
            let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.withConnection {
                            try $0.execute("SELECT pg_sleep(0.002)"); return $0.backendProcess
                        }
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(processes.count <= 3)
            #expect(pool.status.leased == 0)
            #expect(pool.status.idle == processes.count)
        }
    }

    @Test func servesInTheOrderOfAsking() async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            let latch = Latch()
            let order = Order()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.withConnection { try latch.wait(on: $0) } }
                try await eventually { pool.status.leased == 1 }
                for number in 0..<5 {
                    group.addTask { try await pool.withConnection { _ in order.note(number) } }
                    try await eventually { pool.status.waiting == number + 1 }
                }
                latch.open()
                try await group.waitForAll()
            }
            #expect(order.noted == [0, 1, 2, 3, 4])
        }
    }

    @Test func refusesTheOneTooManyAndTimesOutTheRest() async throws {
        try await database.withPool({
            $0.maximumConnections = 1
            $0.maximumWaiters = 1
            $0.acquireTimeout = .milliseconds(300)
        }) { pool in
            let latch = Latch()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.withConnection { try latch.wait(on: $0) } }
                try await eventually { pool.status.leased == 1 }
                let start = ContinuousClock.now
                group.addTask {
                    let late = await #expect(throws: PoolError.self) { try await pool.execute("SELECT 1") }
                    #expect(late == .timedOut(after: .milliseconds(300), connections: 1))
                    #expect(ContinuousClock.now - start >= .milliseconds(290))
                    latch.open()
                }
                try await eventually { pool.status.waiting == 1 }
                let refused = await #expect(throws: PoolError.self) { try await pool.execute("SELECT 1") }
                #expect(refused == .exhausted(connections: 1, waiting: 1))
                try await group.waitForAll()
            }
            #expect(try await pool.query("SELECT 1::int8").scalar(Int.self) == 1)
        }
    }

    @Test func aCancelledWaiterLeavesTheQueue() async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            let latch = Latch()
            let holder = Task { try await pool.withConnection { try latch.wait(on: $0) } }
            try await eventually { pool.status.leased == 1 }
            let waiter = Task { try await pool.execute("SELECT 1") }
            try await eventually { pool.status.waiting == 1 }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            #expect(pool.status.waiting == 0)
            latch.open()
            try await holder.value
            #expect(pool.status.idle == 1)
        }
    }

    @Test(arguments: [false, true])
    func cancellationStopsTheStatement(inTransaction: Bool) async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            try await database.withPool { observer in
                let process = try await pool.withConnection { $0.backendProcess }
                let mark = "SELECT pg_sleep(61 + \(inTransaction ? 1 : 0))"
                let task = Task {
                    if inTransaction {
                        _ = try await pool.transaction { try $0.execute(SQL(unescaped: mark)) }
                    } else {
                        _ = try await pool.execute(SQL(unescaped: mark))
                    }
                }
                try await eventually { try await observer.count(running: mark) == 1 }
                let start = ContinuousClock.now
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                #expect(ContinuousClock.now - start < .seconds(10))
                #expect(try await observer.count(running: mark) == 0)
                // Nothing of it meets the next user of the same connection.
                for _ in 0..<20 {
                    #expect(
                        try await pool.withConnection {
                            try $0.execute("SELECT pg_sleep(0.01)"); return $0.backendProcess
                        } == process)
                }
            }
        }
    }

    @Test func cancellationBetweenStatementsIsNotLost() async throws {
        try await database.withPool({ $0.maximumConnections = 2 }) { pool in
            for _ in 0..<20 {
                let task = Task {
                    try await pool.transaction { connection in
                        while true { try connection.execute("SELECT 1") }
                    }
                }
                try await eventually { pool.status.leased == 1 }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(try await pool.query("SELECT 1::int8").scalar(Int.self) == 1)
        }
    }

    @Test func healsIdleConnectionsThatWereEnded() async throws {
        try await database.withPool({ $0.maximumConnections = 4 }) { pool in
            try await database.withPool { other in
                for round in 0..<5 {
                    let process = try await pool.withConnection { $0.backendProcess }
                    #expect(try await other.query("SELECT pg_terminate_backend(\(process), 5000)").scalar(Bool.self))
                    if round.isMultiple(of: 2) {
                        #expect(try await pool.query("SELECT 1::int8").scalar(Int.self) == 1)
                    } else {
                        #expect(try await pool.transaction { try $0.query("SELECT 1::int8").scalar(Int.self) } == 1)
                    }
                }
            }
        }
    }

    @Test func aSessionEndedAtWorkIsATransientError() async throws {
        try await database.withPool { pool in
            async let work = pool.execute("SELECT pg_sleep(77)")
            try await eventually { try await pool.terminate(running: "SELECT pg_sleep(77)") == 1 }
            do {
                _ = try await work
                Issue.record("expected the statement to fail")
            } catch let error as PostgresError {
                #expect(error.kind == .connection)
                #expect(error.isTransient)
            }
            #expect(try await pool.query("SELECT 1::int8").scalar(Int.self) == 1)
        }
    }

    @Test func rollsBackWhatABodyLeftOpen() async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            try await pool.withConnection { try $0.executeScript("BEGIN; CREATE TABLE left_open (a int)") }
            #expect(try await pool.withConnection { $0.isInTransaction } == false)
            #expect(try await pool.query("SELECT to_regclass('left_open') IS NULL").scalar(Bool.self))
        }
    }

    @Test func aServerThatIsAwayIsNotHammered() async throws {
        let away = try QuietPort()
        var settings = try PostgresSettings(url: "postgresql://nobody:s3cr3t@127.0.0.1:\(away.number)/none")
        settings.reconnectPause = .seconds(3600)...(.seconds(3600))
        let pool = ConnectionPool(settings: settings, logger: Logger(label: "test"))
        let first = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
        #expect(first?.kind == .connection)
        #expect(first?.isTransient == true)
        #expect(!"\(String(describing: first)) \(String(reflecting: first))".contains("s3cr3t"))
        try away.listen()
        for _ in 0..<100 { await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") } }
        #expect(!away.wasKnockedAt)
        #expect(pool.status.leased == 0)
        await pool.close()
    }

    @Test func aClosedPoolTurnsCallersAway() async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            let latch = Latch()
            let holder = Task { try await pool.withConnection { try latch.wait(on: $0) } }
            try await eventually { pool.status.leased == 1 }
            let waiter = Task { try await pool.execute("SELECT 1") }
            try await eventually { pool.status.waiting == 1 }
            await pool.close()
            await #expect(throws: PoolError.closed) { try await waiter.value }
            await #expect(throws: PoolError.closed) { try await pool.execute("SELECT 1") }
            latch.open()
            try await holder.value
            #expect(pool.status.idle == 0 && pool.status.leased == 0 && pool.status.waiting == 0)
        }
    }

    @Test func runChecksIdleConnectionsAndClosesAtTheEnd() async throws {
        try await database.withPool({
            $0.healthCheckInterval = .milliseconds(20)
            $0.idleLifetime = .milliseconds(300)
        }) { pool in
            try await database.withPool { observer in
                let process = try await pool.withConnection { $0.backendProcess }
                let service = Task { try await pool.run() }
                // Idle for too long: gone from the server, and opened again on demand.
                try await eventually {
                    try await observer.query("SELECT count(*) FROM pg_stat_activity WHERE pid = \(process)").scalar(Int.self) == 0
                }
                #expect(try await pool.query("SELECT 1::int8").scalar(Int.self) == 1)
                service.cancel()
                try await service.value
                await #expect(throws: PoolError.closed) { try await pool.execute("SELECT 1") }
            }
        }
    }

    @Test func aDedicatedSessionKeepsItsLockAndDoesNotComeBack() async throws {
        try await database.withPool { pool in
            try await pool.dedicated(session: ["idle_session_timeout": "15s"]) { session in
                #expect(try await session.query("SELECT current_setting('idle_session_timeout')").scalar(String.self) == "15s")
                #expect(try await session.query("SELECT pg_try_advisory_lock(5)").scalar(Bool.self))
                #expect(try await pool.query("SELECT pg_try_advisory_lock(5)").scalar(Bool.self) == false)
                let process = try await session.withConnection { $0.backendProcess }
                _ = try await pool.query("SELECT pg_terminate_backend(\(process), 5000)")
                for _ in 0..<2 {
                    let lost = await #expect(throws: PostgresError.self) { try await session.query("SELECT 1") }
                    #expect(lost?.kind == .connection)
                }
            }
            #expect(try await pool.query("SELECT pg_try_advisory_lock(5)").scalar(Bool.self))
        }
    }
}
