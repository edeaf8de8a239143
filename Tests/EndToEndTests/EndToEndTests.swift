import Foundation
import Logging
import Postgres
import Testing

@testable import HelpdeskLocal

/// The promises, kept by real processes. One after another: each test takes the whole machine.
@Suite("End to end (PostgreSQL, broker, gateway, workers as processes)", .serialized)
struct EndToEndTests {
    @Test("nothing is lost or doubled while every kind of process and PostgreSQL are killed", .timeLimit(.minutes(8)))
    func killings() async throws {
        try await Rig.run { rig in
            let mixture = FeedMixture(
                duplicates: 0.1, poison: 0.01, replies: 0.2, gateway: 0.1, past: 0.3, failures: 0.05, foreign: 0.05, bursts: 0.01)
            let feeder = try rig.feeder()
            // A backlog for the workers to be killed over, then a stream that keeps everyone busy all the while.
            let feeding = Task {
                try await feeder.run(Feeder.Options(count: 2000, mixture: mixture, seed: 11))
                try await feeder.run(Feeder.Options(rate: 25, count: 1000, mixture: mixture, seed: 12))
            }
            var killer = Killer(restartsDatabase: true, seed: 11)
            var blows = Blow.onPrograms.flatMap { Array(repeating: $0, count: 5) } + [.databaseAtOnce, .databaseInOrder]
            var random = FeedRandom(seed: 13)
            blows.shuffle(using: &random)
            for blow in blows {
                // The random moment is the point of this wait; nothing is expected to be ready after it.
                try await Task.sleep(for: .seconds(Double.random(in: 0.5...3, using: &random)))
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
            #expect(evidence.escalations.count > 100 && evidence.clocks.contains(where: \.isBreached))
            #expect(try await rig.scalar("SELECT count(*) FROM helpdesk.incidents") > 0)
            let restarts = await rig.processes().filter { $0.name != "postgres" }.map(\.restarts)
            #expect(restarts.allSatisfy { $0 >= 5 }, "\(restarts)")
        }
    }

    @Test("workers of every kind join and leave under load", .timeLimit(.minutes(8)))
    func scaling() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.05, replies: 0.5, gateway: 0.05, past: 0.3)
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 60, count: 2000, mixture: mixture, seed: 21)) }
            let steps: [(tickets: Int, classifier: Int, escalation: Int, metrics: Int)] = [
                (200, 2, 1, 1), (600, 2, 3, 2), (1000, 3, 2, 3), (1400, 1, 1, 1)
            ]
            for step in steps {
                #expect(await eventually(.seconds(60)) { feeder.progress.tickets >= step.tickets })
                try await rig.stack.scale(.classifier, to: step.classifier)
                try await rig.stack.scale(.escalation, to: step.escalation)
                try await rig.stack.scale(.metrics, to: step.metrics)
            }
            try await feeding.value
            let evidence = try await rig.verify()
            #expect(evidence.tickets.count == 2000)
            #expect(evidence.deadLetters.isEmpty)
        }
    }

    @Test("the language model is away: nothing else waits, and enrichment catches up when it is back", .timeLimit(.minutes(8)))
    func modelAway() async throws {
        try await Rig.run(model: .scripted) { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.05, replies: 0.2, gateway: 0.2)
            try await feeder.run(Feeder.Options(rate: 30, count: 60, mixture: mixture, seed: 61))
            #expect(try await eventually(.seconds(40)) { try await rig.scalar("SELECT count(*) FROM helpdesk.model_answers") > 30 })
            let model = try #require(await rig.stack.model)
            await model.stop()
            try await feeder.run(Feeder.Options(rate: 30, count: 300, mixture: mixture, seed: 62))
            #expect(
                try await eventually(.seconds(60)) {
                    try await rig.scalar("SELECT count(*) FROM helpdesk.model_health WHERE breaker = 'open'") == 1
                }, "the breaker never opened")
            // The fast path has finished with everything, and nothing that waits for the model was given up.
            let source = try SnapshotSource(rig.addresses, logger: rig.logger)
            var last = Snapshot()
            let isQuiet = await eventually(.seconds(60)) {
                last = await source.look([])
                return last.isQuiet && last.counts?.tickets == 360
            }
            await source.close()
            #expect(isQuiet, "\(LiveView.line(last, nil))")
            #expect(last.lags?[.enrichment] ?? 0 > 0 && last.counts?.toEnrich ?? 0 > 100, "\(LiveView.line(last, nil))")
            let slowest = try await rig.scalar(
                """
                SELECT (percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM classified_at - submitted_at)) * 1000)::bigint
                FROM helpdesk.tickets WHERE enrichment = 'pending' AND channel = 'api'
                """)
            // Far above what it takes, far below what waiting for the model would take.
            #expect(slowest < 10_000, "95 of 100 tickets were classified within \(slowest) ms")
            try await model.start()
            let isDone = try await eventually(.seconds(120)) {
                try await rig.scalar("SELECT count(*) FROM helpdesk.tickets WHERE enrichment = 'pending'") == 0
            }
            #expect(isDone, "tickets still wait for the model")
            let evidence = try await rig.verify()
            #expect(evidence.deadLetters.isEmpty)
            // All but those that a guardrail refuses: those are never sent to a model.
            let unasked = try await rig.scalar("SELECT count(*) FROM helpdesk.tickets WHERE enrichment = 'not_requested' AND answer = 'refused'")
            #expect(evidence.tickets.count == 360 && unasked < 60)
            #expect(Int64(evidence.tickets.values.count { $0.enrichment == "done" }) + Int64(unasked) == 360)
            #expect(try await rig.scalar("SELECT count(*) FROM helpdesk.model_health WHERE breaker = 'closed' AND state = 'healthy'") == 1)
        }
    }

    @Test("PostgreSQL is away for a minute: nothing dies, memory stays flat, work goes on by itself", .timeLimit(.minutes(8)))
    func databaseAway() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.02, replies: 0.2, gateway: 0.05)
            // The gateway knows its key before the database goes.
            try await feeder.run(Feeder.Options(rate: 100, count: 300, mixture: mixture, seed: 31))
            var workers: [(identity: ProcessIdentity, before: Int)] = []
            for kind in WorkerKind.allCases {
                let identity = try #require(await rig.stack.supervisor.identity(of: "\(kind.rawValue)-1"))
                workers.append((identity, try #require(identity.residentBytes)))
            }
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 150, count: 9000, mixture: mixture, seed: 32)) }
            await rig.stack.supervisor.hold("postgres", with: SIGQUIT)
            var highest = workers.map(\.before)
            let back = ContinuousClock.now + .seconds(60)
            while ContinuousClock.now < back {
                for (index, worker) in workers.enumerated() { highest[index] = max(highest[index], worker.identity.residentBytes ?? .max) }
                try await Task.sleep(for: .milliseconds(200))
            }
            try await rig.stack.supervisor.resume("postgres")
            try await feeding.value
            let evidence = try await rig.verify()
            #expect(evidence.deadLetters.isEmpty)
            for (kind, (worker, high)) in zip(WorkerKind.allCases, zip(workers, highest)) {
                #expect(high - worker.before < 64 << 20, "\(kind.rawValue) grew from \(worker.before >> 20) to \(high >> 20) MiB")
                #expect(
                    await rig.stack.supervisor.identity(of: "\(kind.rawValue)-1") == worker.identity, "\(kind.rawValue) was to live through it")
            }
        }
    }

    @Test("a payload that crashes the process ends in the dead letters, and its neighbours do not", .timeLimit(.minutes(8)))
    func crashLoop() async throws {
        try await Rig.run(workerEnvironment: ["HELPDESK_FAULT_TRAP": "kaboom"]) { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(duplicates: 0.05, replies: 0.2, gateway: 0.05)
            try await feeder.run(Feeder.Options(count: 300, mixture: mixture, seed: 41))
            let killer = try await rig.publish(body: "kaboom goes the lab VM")
            try await feeder.run(Feeder.Options(count: 300, mixture: mixture, seed: 42))
            let evidence = try await rig.verify()
            let letters = Verifier(evidence).deadLetters(of: killer)
            #expect(Set(letters.map(\.reason)) == ["crash_loop"])
            #expect(evidence.deadLetters.allSatisfy { $0.id == killer.id }, "a neighbour died too")
            #expect(evidence.tickets.count == 600)
            let restarts = await rig.processes().first { $0.name == "classifier-worker-1" }?.restarts ?? 0
            // The first crash counts no attempt yet: nobody knew that there was anything to count.
            #expect((5...6).contains(restarts), "\(restarts) crashes")
            // What was counted warns whoever might get the record once more; a holder who reads from beyond it forgets it.
            #expect(try await rig.scalar("SELECT count(*) FROM helpdesk.crash_attempts WHERE attempts > 0") <= 1)
            await rig.stack.supervisor.hold("classifier-worker-1")
            try await rig.stack.supervisor.resume("classifier-worker-1")
            #expect(
                try await eventually(.seconds(30)) { try await rig.scalar("SELECT count(*) FROM helpdesk.crash_attempts WHERE attempts > 0") == 0 },
                "attempts are remembered of a record that is over")
        }
    }

    @Test("SIGTERM under load: a clean exit in time, and the successor repeats nothing", .timeLimit(.minutes(8)))
    func termination() async throws {
        try await Rig.run { rig in
            let feeder = try rig.feeder()
            let mixture = FeedMixture(replies: 0.2, gateway: 0.05)
            let feeding = Task { try await feeder.run(Feeder.Options(rate: 120, count: 3000, mixture: mixture, seed: 51)) }
            for kind in WorkerKind.allCases {
                let name = "\(kind.rawValue)-1"
                #expect(await eventually(.seconds(60)) { await rig.handled(by: name) >= 300 }, "\(name) has hardly worked")
                let asked = ContinuousClock.now
                await rig.stack.supervisor.hold(name)
                #expect(ContinuousClock.now - asked < .seconds(20), "\(name)")
                let end = await eventually(.seconds(5)) { await rig.stack.supervisor.lastEnd(of: name) == .code(0) }
                #expect(end, "\(name)")
                try await rig.stack.addWorker(kind)
            }
            let asked = ContinuousClock.now
            await rig.stack.supervisor.hold("ingest")
            #expect(ContinuousClock.now - asked < .seconds(20))
            #expect(await eventually(.seconds(5)) { await rig.stack.supervisor.lastEnd(of: "ingest") == .code(0) })
            try await rig.stack.supervisor.resume("ingest")
            try await feeding.value
            let records = try await rig.verify().unread
            for (kind, reader) in [(WorkerKind.classifier, PipelineConsumer.triage), (.escalation, .escalation), (.metrics, .metrics)] {
                let successor = "\(kind.rawValue)-2"
                // Publishing is at least once: a copy on the topic is not a repetition of the successor's. The feed makes none.
                let ids = records.filter { $0.consumer == reader }.map(\.inboxID)
                let copies = ids.count - Set(ids).count
                if copies > 0 { print("\(copies) copies before \(reader)") }
                let repeated = await rig.metric("helpdesk_events_total", #"outcome="duplicate""#, of: successor) ?? .infinity
                let restarts = await rig.processes().first { $0.name == successor }?.restarts
                // On a busy machine the embedded broker gives members up that have just joined, and refuses what they commit meanwhile.
                let log = RigLogs.last(.max, of: successor, in: rig.directory)
                let wasCalm = log.split(separator: "partitions assigned").count == 2 && !log.contains("assignment lost")
                if !wasCalm { print("\(successor) lost its partitions and got them again") }
                #expect(
                    (!wasCalm || repeated <= Double(copies)) && restarts == 0,
                    """
                    \(successor): \(repeated) repeated, \(copies) copies before it
                    \(RigLogs.last(8, of: "\(kind.rawValue)-1", in: rig.directory))
                    \(RigLogs.last(12, of: successor, in: rig.directory))
                    """)
                #expect(await rig.handled(by: successor) > 0, "\(successor)")
            }
        }
    }

    @Test("a database of one's own keeps no key of the sample feed that is in force", .timeLimit(.minutes(4)))
    func foreignDatabase() async throws {
        let directory = LocalDirectory("\(NSTemporaryDirectory())/helpdesk-e2e-\(UUID().uuidString.prefix(8))")
        try directory.create()
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        let cluster = try await PrivateCluster.create(isDurable: false)
        let supervisor = Supervisor(logger: Logger(label: "rig") { _ in SwiftLogNoOpLogHandler() })
        try await supervisor.start(cluster.component(environment: [:], log: directory.log("postgres")))
        try await supervisor.waitUntilReady("postgres", within: .seconds(60))
        try await cluster.createDatabase()
        try await Rig.run(databaseURL: cluster.url) { rig in
            let keys = try await rig.scalar("SELECT count(*) FROM helpdesk.api_keys WHERE revoked_at IS NULL AND expires_at IS NOT NULL")
            #expect(keys == 1)
        }
        let left = try await PrivateCluster.withPool(cluster.url) {
            try await $0.query("SELECT count(*) FROM helpdesk.api_keys WHERE revoked_at IS NULL").scalar(Int64.self)
        }
        #expect(left == 0)
        await supervisor.stop("postgres")
        cluster.remove()
    }
}
