import Faults
import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("Faults of the database are what they pretend; starts PostgreSQL servers of its own", .serialized, .timeLimit(.minutes(4)))
struct DatabaseFaultTests {
    /// A server to be broken, with a table of facts.
    struct Broken {
        let server: PrivatePostgres
        let url: String
        let hostile: HostileSessions
        private let logger: Logger

        static func with(maximumConnections: Int = 50, _ body: (Broken) async throws -> Void) async throws {
            let broken = try await Broken(maximumConnections)
            do {
                try await body(broken)
                await broken.stop()
            } catch {
                await broken.stop()
                throw error
            }
        }

        private init(_ maximumConnections: Int) async throws {
            var logger = Logger(label: "database-faults")
            logger.logLevel = .critical
            self.logger = logger
            server = try await PrivatePostgres.own(maximumConnections: maximumConnections)
            url = try await server.createDatabase()
            hostile = try HostileSessions(url: url, logger: logger)
            let pool = try pool()
            try await pool.withConnection { connection in
                try connection.executeScript(
                    """
                    CREATE SCHEMA helpdesk;
                    CREATE TABLE helpdesk.facts (number bigint PRIMARY KEY, text text);
                    CREATE TABLE helpdesk.tickets (id uuid PRIMARY KEY, version int NOT NULL DEFAULT 0);
                    """)
            }
            await pool.close()
        }

        func pool(_ url: String? = nil, connections: Int = 4, timeout: Duration = .seconds(5)) throws -> ConnectionPool {
            var settings = try PostgresSettings(url: url ?? self.url)
            settings.maximumConnections = connections
            settings.acquireTimeout = timeout
            settings.reconnectPause = .milliseconds(5)...(.milliseconds(50))
            return ConnectionPool(settings: settings, logger: logger)
        }

        var processes: PostgresServer { PostgresServer(dataDirectory: server.directory + "/data") }

        /// Through a proxy at a socket of its own.
        func proxied() async throws -> (proxy: PostgresFaultProxy, url: String) {
            let directory = "/var/tmp/pgx-" + UUID().uuidString.prefix(8).lowercased()
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            let file = "/.s.PGSQL.\(server.port)"
            let proxy = try await PostgresFaultProxy(before: .socket(path: server.directory + file), at: .socket(path: directory + file))
            return (proxy, url.replacing(server.directory, with: directory))
        }

        func stop() async {
            await hostile.close()
            await server.stop()
        }
    }

    /// Writes numbers, one transaction each, and trusts nobody: what it was told is committed must be there once.
    private final class Writer: Sendable {
        private struct State {
            var acknowledged: Set<Int> = []
            var unknown = 0
            var errors: [any Error] = []
        }

        private let state = Mutex(State())
        private let pool: ConnectionPool
        private let task = Mutex<Task<Void, Never>?>(nil)

        init(_ pool: ConnectionPool) {
            self.pool = pool
            task.withLock { $0 = Task { [self] in await run() } }
        }

        var count: Int { state.withLock { $0.acknowledged.count } }
        var errors: [any Error] { state.withLock { $0.errors } }

        private func run() async {
            var number = 0
            while !Task.isCancelled {
                do {
                    _ = try await pool.transaction { [number] connection in
                        try connection.execute("INSERT INTO helpdesk.facts VALUES (\(number), 'fact') ON CONFLICT DO NOTHING")
                    }
                    _ = state.withLock { $0.acknowledged.insert(number) }
                    number += 1
                } catch is CancellationError {
                    return
                } catch {
                    state.withLock { $0.errors.append(error) }
                    await Task.yield()
                }
            }
        }

        /// Stops and compares.
        func check() async throws {
            let task = task.withLock { $0 }
            task?.cancel()
            await task?.value
            let rows = try await pool.query("SELECT number FROM helpdesk.facts")
            let stored = try rows.map { try $0.decode(Int.self, at: 0) }
            #expect(Set(stored).isSuperset(of: state.withLock { $0.acknowledged }))
            // The one under way may or may not be there.
            #expect(stored.count <= count + 1)
        }
    }

    @Test(arguments: PostgresServer.Ending.allCases) func aServerThatEndsLosesNothingItAcknowledged(ending: PostgresServer.Ending) async throws {
        try await Broken.with { broken in
            let pool = try broken.pool()
            let writer = Writer(pool)
            for round in 1...2 {
                try await reach("facts") { writer.count >= round * 50 }
                let before = try #require(broken.processes.postmaster)
                try broken.processes.end(ending)
                #expect(broken.processes.postmaster == nil)
                try await reach("that it is missed") { writer.errors.count >= round }
                try await broken.server.startAgain()
                #expect(broken.processes.postmaster != before)
                let reached = writer.count
                try await reach("more facts") { writer.count > reached }
            }
            try await writer.check()
            #expect(writer.errors.allSatisfy { $0.isAbsence }, "\(writer.errors.first { !$0.isAbsence }.map { "\($0)" } ?? "")")
            await pool.close()
        }
    }

    @Test func sessionsEndInMidTransaction() async throws {
        try await Broken.with { broken in
            let pool = try broken.pool()
            let writer = Writer(pool)
            try await reach("facts") { writer.count >= 20 }
            #expect(try await broken.hostile.terminateTransactions(10, within: .seconds(20)) >= 10)
            let reached = writer.count
            try await reach("more facts") { writer.count > reached }
            try await writer.check()
            #expect(!writer.errors.isEmpty)
            #expect(writer.errors.allSatisfy { $0.isAbsence }, "\(writer.errors.first { !$0.isAbsence }.map { "\($0)" } ?? "")")
            await pool.close()
        }
    }

    @Test(arguments: CommitCut.allCases) func theOutcomeOfACutCommitIsUnknown(cut: CommitCut) async throws {
        try await Broken.with { broken in
            let (proxy, url) = try await broken.proxied()
            let pool = try broken.pool(url)
            try await pool.execute("INSERT INTO helpdesk.facts VALUES (-1, 'a statement of its own is no COMMIT')")
            proxy.cutCommits(cut, next: 1)
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { try $0.execute("INSERT INTO helpdesk.facts VALUES (1, 'cut')") }
            }
            #expect(error?.commitOutcomeUnknown == true)
            #expect(proxy.wire.counts.messages == 1 && proxy.wire.counts.cut == 1)
            try await reach("the end of the cut session") {
                try await pool.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'").isEmpty
            }
            let isThere = try await !pool.query("SELECT 1 FROM helpdesk.facts WHERE number = 1").isEmpty
            switch cut {
            case .beforeArrival: #expect(!isThere)
            case .beforeAnswer: #expect(isThere)
            case .onArrival: break
            }
            // Whoever does not know does it again.
            _ = try await pool.transaction { try $0.execute("INSERT INTO helpdesk.facts VALUES (1, 'again') ON CONFLICT DO NOTHING") }
            #expect(try await pool.query("SELECT 1 FROM helpdesk.facts WHERE number = 1").count == 1)
            await pool.close()
            await proxy.wire.stop()
        }
    }

    @Test func commitsCutAllTheTimeLoseNothing() async throws {
        try await Broken.with { broken in
            let (proxy, url) = try await broken.proxied()
            let pool = try broken.pool(url)
            let writer = Writer(pool)
            for cut in CommitCut.allCases {
                proxy.cutCommits(cut, next: 20)
                let errors = writer.errors.count
                try await reach("the cuts") { writer.errors.count >= errors + 20 }
            }
            let reached = writer.count
            try await reach("more facts") { writer.count > reached }
            try await writer.check()
            await pool.close()
            await proxy.wire.stop()
        }
    }

    @Test func whoComesTooLateFindsNoConnection() async throws {
        try await Broken.with(maximumConnections: 15) { broken in
            let pool = try broken.pool()
            try await pool.execute("SELECT 1")
            try await broken.hostile.withAllConnectionsTaken {
                try await reach("the refusal") {
                    do {
                        try await pool.execute("SELECT 1")
                        return false
                    } catch {
                        // libpq tells no SQLSTATE of a connection that was never made.
                        return error.isAbsence && (error as? PostgresError)?.message.contains("too many clients") == true
                    }
                }
            }
            try await reach("a connection again") { (try? await pool.execute("SELECT 1")) != nil }
            await pool.close()
        }
    }

    @Test func aTableIsLockedByAnIdleSession() async throws {
        try await Broken.with { broken in
            let pool = try broken.pool(connections: 1, timeout: .milliseconds(200))
            try await broken.hostile.withTableLocked("helpdesk.facts") {
                // The pool's only connection waits for the lock, and everybody else for the connection.
                async let waiting: Void = {
                    let error = await #expect(throws: (any Error).self) {
                        try await pool.transaction { connection in
                            try connection.execute("SET LOCAL lock_timeout = '1s'")
                            try connection.execute("INSERT INTO helpdesk.facts VALUES (1, 'waits')")
                        }
                    }
                    #expect(error?.postgresError?.sqlState == "55P03")
                }()
                try await reach("that it waits") { pool.status.leased == 1 }
                await #expect(throws: PoolError.self) { try await pool.execute("SELECT 1") }
                await waiting
            }
            try await pool.execute("INSERT INTO helpdesk.facts VALUES (1, 'free')")
            await pool.close()
        }
    }

    @Test func theVictimOfADeadlockIsNeverTheHostileSession() async throws {
        try await Broken.with { broken in
            let pool = try broken.pool()
            let tickets = (0..<4).map { _ in UUID() }
            try await pool.execute("INSERT INTO helpdesk.tickets SELECT * FROM unnest(\(tickets), \([Int32](repeating: 0, count: 4)))")
            let hostile = Task { try await broken.hostile.lockTicketsInReverse(tickets, rounds: 10, pause: .milliseconds(50)) }
            try await reach("40P01") {
                do {
                    try await pool.transaction { connection in
                        for ticket in tickets.sorted(by: { $0.uuidString < $1.uuidString }) {
                            try connection.execute("SELECT 1 FROM helpdesk.tickets WHERE id = \(ticket) FOR UPDATE")
                        }
                    }
                    return false
                } catch {
                    return error.postgresError?.sqlState == "40P01"
                }
            }
            hostile.cancel()
            _ = await hostile.result
            try await reach("the server's own count") { try await broken.hostile.deadlocks() >= 1 }
            await pool.close()
        }
    }

    @Test(arguments: ["40001", "40P01", "53100", "57014"]) func writesAreRefusedSoManyTimes(state: String) async throws {
        try await Broken.with { broken in
            let pool = try broken.pool()
            try await broken.hostile.refuseWrites(to: "helpdesk.facts", sqlState: state, next: 3)
            for _ in 1...3 {
                let error = await #expect(throws: (any Error).self) {
                    try await pool.transaction { try $0.execute("INSERT INTO helpdesk.facts VALUES (1, 'refused')") }
                }
                #expect(error?.postgresError?.sqlState == state)
            }
            try await pool.execute("INSERT INTO helpdesk.facts VALUES (1, 'taken')")
            #expect(try await broken.hostile.refusals(by: "helpdesk.facts", of: 3) == 3)
            try await broken.hostile.endRefusals(by: "helpdesk.facts")
            try await pool.execute("INSERT INTO helpdesk.facts VALUES (2, 'taken')")
            await pool.close()
        }
    }

    static let mayMount = FullDisk.obstacle() == nil

    @Test(.enabled(if: mayMount, "mounting a small disk needs root")) func aFullDiskIsFull() async throws {
        try await Broken.with { broken in
            let pool = try broken.pool()
            let disk = try await FullDisk.mount(
                under: ["helpdesk.facts"], room: 256 << 10, dataDirectory: broken.server.directory + "/data", broken.hostile)
            let text = String(repeating: "x", count: 1000)
            var number = 0
            var full: (any Error)?
            while full == nil, number < 5000 {
                number += 1
                do { try await pool.execute("INSERT INTO helpdesk.facts VALUES (\(number), \(text))") } catch { full = error }
            }
            #expect(full?.postgresError?.sqlState == "53100" && full?.isAbsence == true, "\(full.map { "\($0)" } ?? "never full")")
            try disk.extend()
            try await pool.execute("INSERT INTO helpdesk.facts VALUES (\(number), \(text))")
            try await disk.remove(["helpdesk.facts"])
            #expect(try await pool.query("SELECT 1 FROM helpdesk.facts").count == number)
            await pool.close()
        }
    }
}

extension Error {
    /// Whether it says that the database is away or in trouble, never that the work itself is at fault.
    fileprivate var isAbsence: Bool {
        (self as? TransactionError)?.isTransient == true || postgresError?.isTransient == true || self is PoolError
    }
}
