import Foundation
import Testing

@testable import HelpdeskLocal

/// The promises, kept by real processes. One after another: each test takes the whole machine.
@Suite("End to end (PostgreSQL, broker, gateway, workers as processes)", .serialized)
struct EndToEndTests {
    @Test("nothing is lost or doubled while workers, gateway and PostgreSQL are killed", .timeLimit(.minutes(5)))
    func killings() async throws {
        try await Rig.run { rig in
            let mixture = FeedMixture(duplicates: 0.1, poison: 0.01, replies: 0.2, gateway: 0.1)
            let feeder = try rig.feeder()
            // A backlog for the workers to be killed over, then a stream that keeps the gateway busy all the while.
            let feeding = Task {
                try await feeder.run(Feeder.Options(count: 2000, mixture: mixture, seed: 11))
                try await feeder.run(Feeder.Options(rate: 25, count: 1000, mixture: mixture, seed: 12))
            }
            var killer = Killer(restartsDatabase: true, seed: 11)
            var blows: [Killer.Blow] =
                Array(repeating: .worker, count: 5) + Array(repeating: .gateway, count: 5) + [.databaseAtOnce, .databaseInOrder]
            var random = FeedRandom(seed: 13)
            blows.shuffle(using: &random)
            for blow in blows {
                // The random moment is the point of this wait; nothing is expected to be ready after it.
                try await Task.sleep(for: .seconds(Double.random(in: 1...4, using: &random)))
                var fell: String?
                let isDone = await eventually(.seconds(30)) {
                    fell = killer.strike(blow, await rig.processes())
                    return fell != nil
                }
                #expect(isDone, "found nothing to kill with \(blow.rawValue)")
            }
            try await feeding.value
            #expect(feeder.progress.refused.isEmpty)
            let evidence = try await rig.verify()
            #expect(evidence.acknowledged.filter { $0.kind == .ticket }.count >= 3000)
            #expect(Set(evidence.acknowledged.compactMap(\.poison)) == Set(PoisonKind.allCases))
            #expect(evidence.inboxes[.triage]?.values.contains("parked") == true)
        }
    }

    @Test("workers join and leave under load", .timeLimit(.minutes(4)))
    func scaling() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.05, replies: 0.5, gateway: 0.05)
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 60, count: 2000, mixture: mixture, seed: 21)) }
            for (workers, tickets) in [(2, 300), (4, 800), (2, 1200), (1, 1600)] {
                #expect(await eventually(.seconds(60)) { feeder.progress.tickets >= tickets })
                try await rig.stack.scale(to: workers)
            }
            try await feeding.value
            let evidence = try await rig.verify()
            #expect(evidence.tickets.count == 2000)
            #expect(evidence.deadLetters.isEmpty)
        }
    }

    @Test("PostgreSQL is away for a minute: nothing dies, memory stays flat, work goes on by itself", .timeLimit(.minutes(4)))
    func databaseAway() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.02, replies: 0.2, gateway: 0.05)
            // The gateway knows its key before the database goes.
            try await feeder.run(Feeder.Options(rate: 100, count: 300, mixture: mixture, seed: 31))
            let worker = try #require(await rig.stack.supervisor.identity(of: "classifier-worker-1"))
            let before = try #require(worker.residentBytes)
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 200, count: 12_000, mixture: mixture, seed: 32)) }
            await rig.stack.supervisor.hold("postgres", with: SIGQUIT)
            var highest = before
            let back = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < back {
                highest = max(highest, worker.residentBytes ?? .max)
                try await Task.sleep(for: .milliseconds(200))
            }
            try await rig.stack.supervisor.resume("postgres")
            try await feeding.value
            let evidence = try await rig.verify()
            #expect(evidence.deadLetters.isEmpty)
            #expect(highest - before < 64 << 20, "grew from \(before >> 20) to \(highest >> 20) MiB")
            #expect(await rig.stack.supervisor.identity(of: "classifier-worker-1") == worker, "the worker was to live through it")
        }
    }

    @Test("a payload that crashes the process ends in the dead letters, and its neighbours do not", .timeLimit(.minutes(5)))
    func crashLoop() async throws {
        try await Rig.run(workerEnvironment: ["HELPDESK_FAULT_TRAP": "kaboom"]) { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.05, replies: 0.2, gateway: 0.05)
            try await feeder.run(Feeder.Options(count: 300, mixture: mixture, seed: 41))
            let killer = try await rig.publish(body: "kaboom goes the lab VM")
            try await feeder.run(Feeder.Options(count: 300, mixture: mixture, seed: 42))
            let evidence = try await rig.verify(within: .seconds(200))
            let letters = Verifier(evidence).deadLetters(of: killer)
            #expect(Set(letters.map(\.reason)) == ["crash_loop"])
            #expect(evidence.deadLetters.allSatisfy { $0.id == killer.id }, "a neighbour died too")
            #expect(evidence.tickets.count == 600)
            #expect(evidence.crashAttempts == 0)
            let restarts = await rig.processes().first { $0.name == "classifier-worker-1" }?.restarts ?? 0
            // The first crash counts no attempt yet: nobody knew that there was anything to count.
            #expect((5...6).contains(restarts), "\(restarts) crashes")
        }
    }

    @Test("SIGTERM under load: a clean exit in time, and the successor repeats nothing", .timeLimit(.minutes(3)))
    func termination() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(replies: 0.2, gateway: 0.05)
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 150, count: 2500, mixture: mixture, seed: 51)) }
            let name = "classifier-worker-1"
            #expect(await eventually(.seconds(60)) { await rig.metric("helpdesk_events_total", #"outcome="applied""#, of: name) ?? 0 >= 500 })
            let asked = ContinuousClock.now
            await rig.stack.supervisor.hold(name)
            #expect(ContinuousClock.now - asked < .seconds(20))
            #expect(await eventually(.seconds(5)) { await rig.stack.supervisor.lastEnd(of: name) == .code(0) })
            let successor = try await rig.stack.addWorker()
            try await feeding.value
            try await rig.verify()
            #expect(await rig.metric("helpdesk_events_total", #"outcome="duplicate""#, of: successor) == 0)
            #expect(await rig.metric("helpdesk_events_total", #"outcome="applied""#, of: successor) ?? 0 > 0)
        }
    }
}
