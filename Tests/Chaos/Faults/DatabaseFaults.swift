import Faults
import Foundation
import HelpdeskLocal
import Logging
import Postgres

/// What happens to PostgreSQL and on the way to it.
enum DatabaseFaults {
    static let all: [any Fault] = [
        DatabaseEnds(ending: .killed, words: "PostgreSQL kill -9"),
        DatabaseEnds(ending: .aborted, words: "PostgreSQL restarted without a checkpoint"),
        DatabaseEnds(ending: .fast, words: "PostgreSQL restarted"), KillWhileDatabaseIsAway(), SessionsEnded(),
        CommitsCut(cut: .beforeArrival, words: "COMMIT cut before it arrives"), CommitsCut(cut: .onArrival, words: "COMMIT cut as it arrives"),
        CommitsCut(cut: .beforeAnswer, words: "COMMIT cut before its answer"),
        DiskFull(), Deadlock(), WritesRefused(sqlState: "40001", words: "serialisation failures"), ConnectionsTaken(), TableLocked()
    ]
}

extension DatabaseControl {
    /// Sessions that do harm, for as long as `body` runs.
    func withHostileSessions<T: Sendable>(_ body: (HostileSessions) async throws -> T) async throws -> T {
        let hostile = try HostileSessions(url: cluster.url, logger: Logger(label: "chaos.hostile"))
        let result = await Result { try await body(hostile) }
        await hostile.close()
        return try result.get()
    }
}

struct DatabaseEnds: Fault {
    let ending: PostgresServer.Ending
    let words: String

    var name: String { words }
    var expectation: Expectation { Expectation(recovery: .seconds(20)) }

    func duration(in mode: ChaosMode) -> Duration { .seconds(5) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let database = await rig.database
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
        try PostgresServer(dataDirectory: database.cluster.directory + "/data").end(ending)
        try await database.waitUntilReady()
        return "it is started again by itself"
    }
}

/// Hands are full, nothing can be committed, and then everybody dies: whoever moved an offset too early has lost what it held.
struct KillWhileDatabaseIsAway: Fault {
    let name = "kill -9 of every worker while PostgreSQL is away"
    let expectation = Expectation(recovery: .seconds(40))

    func duration(in mode: ChaosMode) -> Duration { .seconds(10) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        await rig.supervisor.hold(DatabaseControl.process, with: SIGINT)
        let result = await Result {
            // Longer than the interval at which offsets are committed.
            try await Task.sleep(for: .seconds(5))
            return try await KillAllAtOnce().inject(into: rig, using: &random)
        }
        try await rig.supervisor.resume(DatabaseControl.process)
        try await rig.database.waitUntilReady()
        return try result.get()
    }
}

struct SessionsEnded: Fault {
    let name = "sessions terminated in mid-transaction"
    let expectation = Expectation(recovery: .seconds(10))

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let ended = try await rig.database.withHostileSessions { try await $0.terminateTransactions(12, within: .seconds(5)) }
        guard ended > 0 else { throw FaultMissed("no transaction was caught") }
        return "\(ended) sessions"
    }
}

/// Whoever committed never learns whether it did.
struct CommitsCut: Fault {
    let cut: CommitCut
    let words: String

    var name: String { words }
    var expectation: Expectation { Expectation(recovery: .seconds(15)) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = await rig.databaseWire
        let before = wire.wire.counts.messages
        wire.cutCommits(cut, next: 6)
        defer { wire.wire.heal() }
        let isDone = try await rig.eventually(.seconds(8)) { wire.wire.counts.messages - before >= 6 }
        guard isDone || wire.wire.counts.messages > before else { throw FaultMissed("no COMMIT passed") }
        return "\(wire.wire.counts.messages - before) times"
    }
}

struct DiskFull: Fault {
    private static let tables = ["helpdesk.ticket_history", "helpdesk.outbox"]

    let name = "disk full"
    let expectation = Expectation(recovery: .seconds(40))

    func duration(in mode: ChaosMode) -> Duration { .seconds(12) }
    func obstacle(in rig: Rig) async -> String? { FullDisk.obstacle() }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let database = await rig.database
        return try await database.withHostileSessions { hostile in
            let disk = try await FullDisk.mount(
                under: Self.tables, room: 64 << 10, dataDirectory: database.cluster.directory + "/data", hostile)
            let result = await Result { try await Task.sleep(for: .seconds(8)) }
            try disk.extend()
            try await disk.remove(Self.tables)
            try result.get()
            return "64 KiB left for history and outbox, 8 s"
        }
    }
}

/// Somebody locks tickets against the pipeline's order.
struct Deadlock: Fault {
    let name = "forced deadlocks"
    let expectation = Expectation(recovery: .seconds(15))

    func duration(in mode: ChaosMode) -> Duration { .seconds(8) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let deadlocks = try await rig.database.withHostileSessions { hostile in
            var deadlocks = 0
            let end = ContinuousClock.now + .seconds(8)
            while ContinuousClock.now < end {
                // Replies to all of them come at once, so that a batch locks many, from the other end.
                let tickets = try await rig.world.recentTickets(40)
                try await rig.world.struck()
                async let locking = hostile.lockTicketsInReverse(tickets, rounds: 1, pause: .milliseconds(30))
                try await Task.sleep(for: .milliseconds(100))
                try await rig.world.special("replies", ["tickets": .text(tickets.map(\.uuidString).joined(separator: ",").lowercased())])
                deadlocks += try await locking
            }
            return deadlocks
        }
        guard deadlocks > 0 else { throw FaultMissed("the server saw no deadlock") }
        return "\(deadlocks) deadlocks"
    }
}

/// The server refuses writes with an SQLSTATE that says: try again.
struct WritesRefused: Fault {
    let sqlState: String
    let words: String

    var name: String { words }
    var expectation: Expectation { Expectation(recovery: .seconds(15)) }

    func duration(in mode: ChaosMode) -> Duration { .seconds(6) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let table = "helpdesk.ticket_history"
        return try await rig.database.withHostileSessions { hostile in
            try await hostile.refuseWrites(to: table, sqlState: sqlState, next: 25)
            let result = await Result { try await Task.sleep(for: .seconds(6)) }
            let count = try await hostile.refusals(by: table, of: 25)
            try await hostile.endRefusals(by: table)
            try result.get()
            guard count > 0 else { throw FaultMissed("nobody wrote") }
            return "\(count) statements, SQLSTATE \(sqlState)"
        }
    }
}

/// Somebody else takes every connection that the server has.
struct ConnectionsTaken: Fault {
    let name = "no connection left"
    let expectation = Expectation(recovery: .seconds(30))

    func duration(in mode: ChaosMode) -> Duration { .seconds(8) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.database.withHostileSessions { hostile in
            try await hostile.withAllConnectionsTaken { try await Task.sleep(for: .seconds(6)) }
        }
        return "6 s"
    }
}

struct TableLocked: Fault {
    let name = "inbox table locked by somebody"
    let expectation = Expectation(recovery: .seconds(25))

    func duration(in mode: ChaosMode) -> Duration { .seconds(7) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.database.withHostileSessions { hostile in
            try await hostile.withTableLocked("helpdesk.inbox") { try await Task.sleep(for: .seconds(7)) }
        }
        return "7 s"
    }
}
