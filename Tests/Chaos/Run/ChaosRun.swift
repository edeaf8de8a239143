import Foundation
import HelpdeskLocal

/// One run from the first process to the table.
struct ChaosRun: Sendable {
    let rig: Rig
    let schedule: Schedule
    let events: Int
    let rate: Double
    /// Factor on every expected recovery time.
    let patience: Double
    let say: @Sendable (String) -> Void

    private static let clock = ContinuousClock()

    /// - Returns: whether every promise was kept.
    /// - Throws: `CancellationError` when told to stop. Everything that was started has ended by then.
    func run() async throws -> Bool {
        say("schedule:\n" + schedule.lines.joined(separator: "\n"))
        try? schedule.lines.joined(separator: "\n").write(toFile: "\(rig.options.directory)/schedule.txt", atomically: true, encoding: .utf8)
        let result: Result<Verdict, any Error>
        do {
            result = .success(try await harmAndJudge())
        } catch {
            result = .failure(Task.isCancelled ? CancellationError() : error)
        }
        // Apart from this task, which may be cancelled: what was started must be ended.
        await Task { await rig.stop() }.value
        let verdict = try result.get()
        say("")
        for line in verdict.summary { say(line) }
        say("")
        say(verdict.table(names: Catalogue.all.map(\.name)))
        say("")
        for kind in Verdict.Finding.Kind.allCases {
            let these = verdict.findings.filter { $0.kind == kind }
            for finding in these.prefix(8) { say("  \(kind.rawValue.uppercased()): \(finding.words)") }
            if these.count > 8 { say("  and \(these.count - 8) more: see findings.json") }
        }
        let holds = verdict.holds(in: schedule.mode)
        let late = holds && !verdict.findings.isEmpty ? ", but \(verdict.findings.count) recoveries were late, which short mode allows" : ""
        say(
            "\(holds ? "every promise was kept\(late)" : "\(verdict.findings.count) findings"); again with: "
                + "chaos --mode \(schedule.mode.rawValue) --seed \(schedule.seed)")
        return holds
    }

    private func harmAndJudge() async throws -> Verdict {
        let began = Self.clock.now
        say("starting PostgreSQL, brokers, the world and \(rig.options.instances) processes of each kind")
        try await rig.start()
        let world = await rig.world
        say("started in \(Self.seconds(Self.clock.now - began)) s; feeding \(events) events, \(Int(rate)) a second")
        try await world.feed(count: events, rate: rate)
        let fedSince = Self.clock.now
        // The groups have formed and the backlog of their forming is gone: on a machine that others use, not at once.
        let isMoving = try await rig.eventually(.seconds(240)) {
            let status = try await world.status()
            return status.stored > 50 && status.oldest < 2
        }
        guard isMoving else {
            throw LocalError(
                "not_moving", "the pipeline did not keep up with the feed within 240 s of its start",
                next: "See the logs in \(rig.options.directory)."
            )
        }
        var broken: [String] = [], injected = 0
        for entry in schedule.entries {
            if entry.waits { try await recovery(after: entry.number - 1, world) }
            try await Task.sleep(for: entry.pause)
            try await check(world)
            switch await harm(entry, world, fedSince) {
            case .injected: injected += 1
            case .missed: break
            case .failed(let words): broken.append(words)
            }
            try Task.checkCancellation()
        }
        try await recovery(after: schedule.entries.count, world)
        say("no more faults; waiting until everything is fed, as fast as it is handled")
        try await world.hurry(rate: rate * 4)
        var lastSaid = Self.clock.now
        while true {
            let status = try await check(world)
            if status.fed >= events { break }
            if Self.clock.now - lastSaid > .seconds(15) {
                say("\(Self.stamp(fedSince))  \(Self.words(status))")
                lastSaid = Self.clock.now
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        say("\(Self.stamp(fedSince))  fed; waiting until everything has come to rest, then judging")
        try await world.rest(within: schedule.mode == .long ? .seconds(600) : .seconds(120))
        // Clocks run out all the time: whoever fires them finishes what it has in hand and ends, so that there is one moment to be judged.
        for name in await rig.names(.escalation) { await rig.stop(name) }
        let data = try await world.judge()
        try? data.write(to: URL(fileURLWithPath: "\(rig.options.directory)/findings.json"))
        var verdict = try JSONDecoder().decode(Verdict.self, from: data)
        // Harm may have been done and not undone: whoever recovered, recovered from something else.
        verdict.findings += broken.map { .init(kind: .world, fault: nil, words: "a fault failed by itself: \($0)") }
        if injected == 0, !schedule.entries.isEmpty { verdict.findings.append(.init(kind: .world, fault: nil, words: "nothing was harmed")) }
        verdict.findings += await crashes()
        for name in ["broker", "world"] {
            // Their data is gone with them: whatever was judged was not the run.
            if let end = await rig.supervisor.lastEnd(of: name) {
                verdict.findings.append(.init(kind: .world, fault: nil, words: "\(name) ended by itself (\(end)): the run is worth nothing"))
            }
        }
        return verdict
    }

    /// Deaths by a signal that no fault sends: SIGKILL is ours, and a payload that traps ends its reader with SIGILL or SIGTRAP.
    private func crashes() async -> [Verdict.Finding] {
        await rig.supervisor.ends.compactMap { name, end in
            guard case .signal(let number) = end, ![SIGKILL, SIGTERM, SIGINT, SIGQUIT, SIGILL, SIGTRAP].contains(number) else { return nil }
            return Verdict.Finding(kind: .crash, fault: nil, words: "\(name) ended with \(end): see its log")
        }
    }

    private enum Harm {
        case injected
        case missed
        case failed(String)
    }

    /// Waits until tickets pass again as ever, or the fault has had its time and more.
    private func recovery(after number: Int, _ world: World) async throws {
        guard number > 0 else { return }
        let longest: Duration = schedule.mode == .long ? .seconds(120) : .seconds(20)
        let deadline = Self.clock.now + min(schedule.entries[number - 1].fault.expectation.recovery * 2, longest)
        while Self.clock.now < deadline {
            let status = try await world.status()
            // What was redelivered has to be gone as well, or the next fault is blamed for it.
            // Half of the probes take two seconds through all stages when nothing is wrong.
            if status.oldest <= 4, status.lag < 3_000 { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    @discardableResult
    private func check(_ world: World) async throws -> World.Status {
        let status = try await world.status()
        if let failure = status.failure { throw LocalError("world", failure, next: "See world.log.") }
        return status
    }

    private func harm(_ entry: Schedule.Entry, _ world: World, _ since: ContinuousClock.Instant) async -> Harm {
        let fault = entry.fault
        var note = "", isMissed = false, harm = Harm.injected
        do {
            if let obstacle = await fault.obstacle(in: rig) { throw FaultMissed(obstacle) }
            try await world.began(
                entry.number, fault.name, recovery: fault.expectation.recovery * patience, allowsDeadLetters: fault.expectation.allowsDeadLetters)
            var random = FeedRandom(seed: entry.seed)
            note = try await fault.inject(into: rig, using: &random)
        } catch {
            // Missed, or something of ours went wrong: either way it is no fault of the pipeline's, and it is said.
            isMissed = true
            note = "\(error)"
            harm = error is FaultMissed ? .missed : .failed("\(fault.name): \(error)")
        }
        try? await world.ended(entry.number, note: note, isMissed: isMissed)
        let status = (try? await world.status()).map { Self.words($0) } ?? ""
        say("\(Self.stamp(since))  \(entry.number)/\(schedule.entries.count) \(fault.name): \(isMissed ? "MISSED: " : "")\(note)   [\(status)]")
        return harm
    }

    private static func words(_ status: World.Status) -> String {
        "fed \(status.fed), stored \(status.stored), unread \(status.lag)\(status.isPaused ? ", feed waits" : "")"
    }

    private static func stamp(_ since: ContinuousClock.Instant) -> String {
        String(format: "%6.1f s", (clock.now - since) / .seconds(1))
    }

    private static func seconds(_ duration: Duration) -> String { String(format: "%.1f", duration / .seconds(1)) }
}
