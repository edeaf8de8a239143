import Domain
import Foundation
import Logging
import Messaging
import Observability
import Synchronization
import TestSupport
import WorkerRuntime

/// One world: a broker, a ledger, and one to four processes that are killed, stopped, stalled and refused, as its seed decides.
final class Simulation: Sendable {
    typealias SimulatedWorker = Worker<SimulatedStage, InMemoryLedger>

    private struct Running {
        let process: SimulatedProcess
        let worker: SimulatedWorker
        let member: Int
        var isStopping = false
    }

    private struct State {
        var feed: SimulationFeed
        var running: [Running] = []
        var finished = 0
        var left: Int
        var crashesLeft: Int
        var databaseAway = false
        var sinkAway = false
        var isCalm = false
        var fed: [(TopicPartition, Int64, FedRecord.Fate)] = []
        var holders = 0
        var failures: [String] = []
    }

    let seed: UInt64
    let scheduler: DeterministicScheduler
    let ledgerStore = InMemoryLedgerStore()
    let broker: InMemoryBroker
    let fate = SimulatedFate()
    private let settings: WorkerSettings
    private let slots: Int
    /// Everything takes no time or 100 ms, so that much happens at the same moment and the order is the scheduler's.
    private let isCoarse: Bool
    private let state: Mutex<State>
    private let logger: Logger

    init(seed: UInt64, isLoud: Bool = false) {
        self.seed = seed
        let scheduler = DeterministicScheduler(seed: seed)
        self.scheduler = scheduler
        let store = ledgerStore
        broker = InMemoryBroker(clock: scheduler, topic: SimulationFeed.topic, partitions: Int32(scheduler.random { 1 + $0.below(4) })) {
            Simulation.complaint(about: $1, in: store)
        }
        broker.create(DeadLetter.topic(of: SimulationFeed.topic), partitions: 2)
        broker.create(SimulatedStage.output, partitions: 2)
        let isCoarse = scheduler.random { $0.chance(0.5) }
        self.isCoarse = isCoarse
        settings = scheduler.random { generator in
            var settings = WorkerSettings(consumer: "simulation", fallbackType: SimulatedEvent.type)
            settings.pollWait = .milliseconds(isCoarse ? 100 : 100 + generator.below(500))
            settings.batchLimit = 1 + generator.below(30)
            settings.parallelCommits = 1 + generator.below(3)
            settings.decideChunk = 1 + generator.below(6)
            settings.parallelDecides = 1 + generator.below(4)
            settings.inHandLimit = 8 + generator.below(150)
            settings.offsetWindow = Int64(8 + generator.below(200))
            return settings
        }
        slots = scheduler.random { 1 + $0.below(4) }
        let traps = scheduler.random { $0.chance(0.4) ? 1 + $0.below(2) : 0 }
        let tickets = scheduler.random { 2 + $0.below(14) }
        let crashes = scheduler.random { $0.below(5) }
        let events = scheduler.random { 30 + $0.below(90) }
        state = Mutex(
            State(feed: SimulationFeed(seed: seed &* 31, tickets: tickets, traps: traps), left: events, crashesLeft: crashes))
        logger =
            isLoud
            ? Logger(label: "simulation") { _ in SimulatedLog(scheduler: scheduler) }
            : Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
    }

    /// Runs the world to its end. Answers with everything that is wrong.
    func run() -> [String] {
        for _ in 0..<scheduler.random({ $0.below(30) }) { feed() }
        for _ in 0..<slots { start() }
        scheduler.after(.milliseconds(50)) { self.feedOn() }
        scheduler.after(.milliseconds(500)) { self.tick() }
        scheduler.after(.milliseconds(700)) { self.disturb() }
        let end = scheduler.random { 15 + $0.below(25) }
        scheduler.after(.seconds(end)) { self.calmDown() }

        let limit = Duration.seconds(3000)
        let isSettled = scheduler.run(until: limit) {
            state.withLock { $0.isCalm && $0.left == 0 } && broker.lag == 0 && ledgerStore.outboxDepth == 0
        }
        var wrong: [String] = []
        if !isSettled { wrong.append("does not settle: lag \(broker.lag), outbox \(ledgerStore.outboxDepth), at \(scheduler.now())") }
        let stopping = state.withLock { state in
            state.crashesLeft = 0
            let all = state.running
            for index in state.running.indices { state.running[index].isStopping = true }
            return all
        }
        for running in stopping { Task(executorPreference: running.process) { await running.worker.stop() } }
        let stopsBy = scheduler.now() + .seconds(20)
        let isStopped = scheduler.run(until: stopsBy) { state.withLock { $0.running.isEmpty } }
        if !isStopped { wrong.append("a worker does not stop") }
        return wrong + state.withLock { $0.failures } + broker.violations + check(state.withLock { $0.fed })
    }

    // MARK: Processes

    private func start() {
        let process = scheduler.makeProcess()
        let weather = weather(of: process)
        let ledger = InMemoryLedger(ledgerStore, clock: scheduler, weather: weather)
        let source = InMemorySource(
            broker, isBeating: { [scheduler] in process.isAlive && !process.isStalled(at: scheduler.now()) }, weather: weather)
        let sink = InMemorySink(broker, weather: weather)
        let limit = scheduler.random { $0.chance(0.2) ? 3 : 20_000 }
        let publisher = OutboxPublisher(store: ledger, sink: sink, clock: scheduler, limit: limit, logger: logger)
        let holder = state.withLock { state in
            state.holders += 1
            return UUID.v5(namespace: IDNamespace.event, "holder", String(state.holders))
        }
        let worker = SimulatedWorker(
            stage: SimulatedStage(fate: fate, scheduler: scheduler, process: process, decideTime: isCoarse ? .milliseconds(100) : nil),
            ledger: ledger, source: source, sink: sink,
            publisher: publisher, settings: settings, metrics: WorkerMetrics(MetricRegistry(), consumer: "test"), clock: scheduler, holder: holder,
            logger: logger)
        let relay = OutboxRelay(store: ledger, sink: sink, clock: scheduler, logger: logger)
        let publishing = Task(executorPreference: process) { await publisher.publishUntilFinished() }
        let relaying = Task(executorPreference: process) { await relay.relayUntilCancelled() }
        state.withLock { $0.running.append(Running(process: process, worker: worker, member: source.member)) }
        Task(executorPreference: process) {
            do { try await worker.run() } catch { self.fail("run throws \(error)") }
            publisher.finish()
            await publishing.value
            relaying.cancel()
            await relaying.value
            process.kill()
            self.state.withLock { $0.running.removeAll { $0.process === process } }
        }
    }

    private func fail(_ text: String) { state.withLock { $0.failures.append(text) } }

    private func weather(of process: SimulatedProcess) -> TwinWeather {
        { [self] operation, isAfter in
            let isFrequent = operation == .poll || operation == .pause
            let delay =
                isFrequent
                ? 0
                : scheduler.random { generator in
                    isCoarse ? (generator.chance(0.3) ? 100 : 0) : generator.chance(0.01) ? 700 : generator.below(4)
                }
            if delay > 0 { await scheduler.sleep(for: .milliseconds(delay)) }
            let (dies, fault) = state.withLock { state -> (Bool, TwinFault?) in
                if state.isCalm { return (false, nil) }
                let isLedger = ![.poll, .pause, .store, .release, .close, .send].contains(operation)
                // Rare operations are as likely a place to die as the frequent ones.
                let chance: Double =
                    switch operation {
                    case .poll, .pause, .lease, .staleOutbox: 0.0005
                    case .commit, .send, .store, .deleteOutbox: 0.02
                    default: 0.05
                    }
                if state.crashesLeft > 0, scheduler.random({ $0.chance(chance) }) {
                    state.crashesLeft -= 1
                    return (true, nil)
                }
                if isLedger && state.databaseAway || operation == .send && state.sinkAway { return (false, .away) }
                guard operation == .send || isLedger && operation != .probe else { return (false, nil) }
                if scheduler.random({ $0.chance(0.01) }) { return (false, .away) }
                if operation == .commit, !isAfter, scheduler.random({ $0.chance(0.03) }) { return (false, .conflict) }
                return (false, nil)
            }
            scheduler.note(operation.hashSeed + (isAfter ? 1 : 0))
            if dies {
                logger.critical("killed", metadata: ["at": "\(operation) \(isAfter)", "process": "\(process.number)"])
                process.kill()
                await SimulatedProcess.suspendForEver()
            }
            return fault
        }
    }

    // MARK: What happens to the world

    private func feed() {
        state.withLock { state in
            guard state.left > 0 else { return }
            state.left -= 1
            let fed = state.feed.make()
            if let (place, offset) = broker.append(fed.record) { state.fed.append((place, offset, fed.fate)) }
        }
    }

    private func feedOn() {
        feed()
        if state.withLock({ $0.left > 0 }) {
            scheduler.after(.milliseconds(scheduler.random { 1 + $0.below($0.chance(0.1) ? 1000 : 150) })) { self.feedOn() }
        }
    }

    /// The broker's own clockwork, and the supervisor that starts processes anew.
    private func tick() {
        broker.tick()
        let missing = state.withLock { state in
            state.running.removeAll { !$0.process.isAlive }
            return slots - state.running.count
        }
        if missing > 0, state.withLock({ $0.isCalm }) || scheduler.random({ $0.chance(0.3) }) {
            if !state.withLock({ $0.running.contains { $0.isStopping } && $0.isCalm && $0.left == 0 && broker.lag == 0 }) { start() }
        }
        scheduler.after(.milliseconds(500)) { self.tick() }
    }

    private func disturb() {
        guard !state.withLock({ $0.isCalm }) else { return }
        let (dice, length) = scheduler.random { ($0.below(12), 200 + $0.below(6000)) }
        switch dice {
        case 0:
            state.withLock { $0.databaseAway = true }
            scheduler.after(.milliseconds(length)) { self.state.withLock { $0.databaseAway = false } }
        case 1:
            state.withLock { $0.sinkAway = true }
            scheduler.after(.milliseconds(length)) { self.state.withLock { $0.sinkAway = false } }
        case 2:
            fate.isModelAway = true
            scheduler.after(.milliseconds(length)) { self.fate.isModelAway = false }
        case 3: broker.forceRebalance()
        case 4: if let one = pick() { broker.expel(one.member) }
        case 5: if let one = pick() { one.process.stall(until: scheduler.now() + .milliseconds(length * 3)) }
        case 6, 7:
            if let one = pick(stopping: true) { Task(executorPreference: one.process) { await one.worker.stop() } }
        default: break
        }
        scheduler.after(.milliseconds(scheduler.random { 300 + $0.below(5000) })) { self.disturb() }
    }

    private func pick(stopping: Bool = false) -> Running? {
        state.withLock { state in
            guard !state.running.isEmpty else { return nil }
            let index = scheduler.random { $0.below(state.running.count) }
            if stopping { state.running[index].isStopping = true }
            return state.running[index]
        }
    }

    private func calmDown() {
        state.withLock { state in
            state.isCalm = true
            state.databaseAway = false
            state.sinkAway = false
        }
        fate.isModelAway = false
    }
}

extension TwinOperation {
    fileprivate var hashSeed: Int { TwinOperation.allCases.firstIndex(of: self)! * 2 }
}

extension DeadLetter {
    static func topic(of topic: String) -> String { Topics.deadLetters(of: topic) }
}

/// Prints what the workers log, with the world's time.
struct SimulatedLog: LogHandler {
    let scheduler: DeterministicScheduler
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        print(scheduler.now(), event.level, event.message, event.metadata ?? [:])
    }
}
