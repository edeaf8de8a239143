import Foundation
import HelpdeskLocal
import Postgres
import WorkerRuntime

/// Processes that die, stop, come and go.
enum ProcessFaults {
    static let all: [any Fault] =
        ProcessKind.allCases.map { KillAtRandom(kind: $0) as any Fault }
        + [
            KillAtPoint(point: .beforeCommit, kinds: ProcessKind.workers),
            KillAtPoint(point: .afterCommit, kinds: ProcessKind.workers),
            KillAtPoint(point: .afterPublish, kinds: [.classifier, .escalation]),
            KillAtPoint(point: .beforeOffsetStore, kinds: ProcessKind.workers),
            KillAtPoint(point: .beforeDeadMark, kinds: [.classifier]),
            KillAtPoint(point: .duringModelCall, kinds: [.classifier]),
            KillAtPoint(point: .afterModelAnswer, kinds: [.classifier]),
            KillAllAtOnce(), Zombie(), Scaling()
        ]
}

/// kill -9 at no moment in particular.
struct KillAtRandom: Fault {
    let kind: ProcessKind

    var name: String { "kill -9 \(kind.rawValue)" }
    var expectation: Expectation { Expectation() }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        guard let victim = await rig.names(kind).randomElement(using: &random) else { throw FaultMissed("none runs") }
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
        try await rig.signal(victim, SIGKILL)
        return victim
    }
}

/// kill -9 at a named point of the code.
struct KillAtPoint: Fault {
    let point: FaultPoint
    let kinds: [ProcessKind]

    var name: String { "kill -9 at \(point.rawValue)" }
    var expectation: Expectation { Expectation() }

    func duration(in mode: ChaosMode) -> Duration { .seconds(4) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        // Where the traffic gives no cause, the world does.
        if point == .beforeDeadMark {
            try await rig.world.special("poison", ["kinds": .text("badJSON,wrongSchema,nulCharacter"), "each": .number(12)])
        }
        let candidates = kinds.shuffled(using: &random)
        for kind in candidates {
            for victim in await rig.names(kind).shuffled(using: &random) {
                do {
                    try await rig.strike(victim, at: point.rawValue, within: .seconds(6))
                    try await rig.world.struck()
                    return victim
                } catch is FaultMissed {
                    continue
                }
            }
        }
        throw FaultMissed("nobody came to \(point.rawValue)")
    }
}

/// Every worker dies at one moment, as when a machine goes.
struct KillAllAtOnce: Fault {
    let name = "kill -9 of every worker at once"
    let expectation = Expectation(recovery: .seconds(25))

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        var victims: [String] = []
        for kind in ProcessKind.workers {
            for victim in await rig.names(kind) where (try? await rig.signal(victim, SIGKILL)) != nil { victims.append(victim) }
        }
        guard !victims.isEmpty else { throw FaultMissed("none runs") }
        return "\(victims.count) workers"
    }
}

/// A worker is stopped with its transaction open, long enough for everyone to give it up, and goes on as if nothing had been.
struct Zombie: Fault {
    /// For how long nobody may wait for what it has locked.
    static let longestBlock: Duration = .seconds(5)

    let name = "SIGSTOP in mid-transaction then SIGCONT"
    let expectation = Expectation(recovery: .seconds(20))

    func duration(in mode: ChaosMode) -> Duration { length(in: mode) + .seconds(4) }

    private func length(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(60) : .seconds(14) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let kind: ProcessKind = [.classifier, .escalation, .metrics].randomElement(using: &random) ?? .classifier
        guard let victim = await rig.names(kind).randomElement(using: &random) else { throw FaultMissed("none runs") }
        try await rig.strike(victim, at: FaultPoint.beforeCommit.rawValue, .stop)
        try await rig.world.struck()
        let began = ContinuousClock.now
        let end = began + length(in: rig.mode)
        var longest = 0.0
        do {
            while ContinuousClock.now < end {
                longest = max(longest, (try? await longestWait(rig)) ?? 0)
                try await Task.sleep(for: .milliseconds(100))
            }
        } catch {
            try? await rig.signal(victim, SIGCONT)
            throw error
        }
        try await rig.signal(victim, SIGCONT)
        let words = "\(victim), \(rig.mode == .long ? 60 : 14) s; longest wait for a lock \(String(format: "%.1f", longest)) s"
        // Half a second for looking only now and then.
        if Duration.seconds(longest) > Self.longestBlock + .milliseconds(500) {
            try await rig.world.special(
                "breach", ["kind": .text("stuck"), "words": .text("somebody waited \(longest) s for a stopped worker's lock")])
        }
        return words
    }

    /// Seconds that the longest waiting session has waited for a lock.
    private func longestWait(_ rig: Rig) async throws -> Double {
        let milliseconds = try await rig.database.count(
            """
            SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start) * 1000), 0)::bigint FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND wait_event <> 'advisory' AND state = 'active'
            """)
        return Double(milliseconds) / 1000
    }
}

/// Workers of every kind come and go under load: one, four, one.
struct Scaling: Fault {
    let name = "scaling 1 -> 4 -> 1 under load"
    let expectation = Expectation(recovery: .seconds(25))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(60) : .seconds(30) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let kind = ProcessKind.workers.randomElement(using: &random) ?? .classifier
        let usual = await rig.names(kind).count
        for count in [1, 4, 1, usual] {
            try await rig.world.struck()
            while await rig.names(kind).count > count, let oldest = await rig.names(kind).first { await rig.stop(oldest) }
            while await rig.names(kind).count < count { try await rig.start(kind) }
            if count != usual { try await Task.sleep(for: .seconds(rig.mode == .long ? 12 : 5)) }
        }
        return kind.rawValue
    }
}
