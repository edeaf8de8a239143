import Domain
import Foundation
import Logging
import Messaging
import Observability
import Synchronization
import TestSupport
@testable import WorkerRuntime

/// One worker on a virtual clock, for directed tests: feed it, let time pass, look.
final class WorkerBench: Sendable {
    let scheduler = DeterministicScheduler(seed: 1)
    let store = InMemoryLedgerStore()
    let fate = SimulatedFate()
    let broker: InMemoryBroker
    let process: SimulatedProcess
    let metrics = WorkerMetrics(MetricRegistry(), consumer: "test")
    private let state = Mutex(State())

    private struct State {
        var standstills: [String?] = []
        var isEnded = false
        var isDatabaseAway = false
        var isCommitAway = false
        var isInTheWay = false
        var tries = 0
        var isLogSilent = false
        var probes = 0
        var pauses = 0
        var refusal: (@Sendable (OutgoingRecord) -> SinkError?)?
        var worker: Worker<SimulatedStage, InMemoryLedger>?
        var member = 0
        var task: Task<Void, Never>?
    }

    init(partitions: Int32 = 1) {
        broker = InMemoryBroker(clock: scheduler, topic: SimulationFeed.topic, partitions: partitions) { [store] in
            Simulation.complaint(about: $1, in: store)
        }
        broker.create(Topics.deadLetters(of: SimulationFeed.topic), partitions: 1)
        broker.create(SimulatedStage.output, partitions: 1)
        process = scheduler.makeProcess()
        tick()
    }

    private func tick() {
        broker.tick()
        scheduler.after(.milliseconds(500)) { self.tick() }
    }

    /// The same ticket for the same number.
    func ticket(_ number: Int) -> TicketID { TicketID(.v5(namespace: IDNamespace.ticket, "bench", String(number))) }

    @discardableResult
    func feed(_ number: Int, _ behaviour: Behaviour = .normal, ticket: Int? = nil, padding: Int = 0) -> RawEvent {
        let event = SimulatedEvent(ticketID: self.ticket(ticket ?? number), number: number, behaviour: behaviour)
        var record = SimulationFeed.record(event, id: "\(number)")
        record.value! += Array(repeating: 32, count: padding)
        let (place, offset) = broker.append(record)!
        return RawEvent(
            Record(
                source: place, offset: offset, timestamp: 0, key: record.key, value: record.value, headers: record.headers, generation: 0))
    }

    func start(decideTime: Duration = .milliseconds(1), _ change: (inout WorkerSettings) -> Void = { _ in }) {
        var settings = WorkerSettings(consumer: "bench")
        change(&settings)
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let ledger = InMemoryLedger(store, clock: scheduler) { [self] operation, isAfter in
            if operation == .probe && !isAfter { state.withLock { $0.probes += 1 } }
            // Takes its time, or a loop without a pause would never let the clock go on.
            if operation == .commit && isCommitAway { await scheduler.sleep(for: .milliseconds(1)) }
            if operation == .commit && !isAfter {
                let isInTheWay = state.withLock { state in
                    state.tries += 1
                    return state.isInTheWay
                }
                if isInTheWay { return .conflict }
            }
            return state.withLock { $0.isDatabaseAway || $0.isCommitAway && operation == .commit ? .away : nil }
        }
        let sink = InMemorySink(
            broker,
            weather: { [self] _, _ in
                while isLogSilent { await scheduler.sleep(for: .milliseconds(100)) }
                return nil
            }, refuses: { [self] record in state.withLock { $0.refusal }?(record) })
        let source = InMemorySource(
            broker,
            weather: { [self] operation, _ in
                if operation == .pause { state.withLock { $0.pauses += 1 } }
                return nil
            })
        let publisher = OutboxPublisher(store: ledger, sink: sink, clock: scheduler, logger: logger)
        let worker = Worker(
            stage: SimulatedStage(fate: fate, scheduler: scheduler, process: process, decideTime: decideTime), ledger: ledger,
            source: source, sink: sink, publisher: publisher, settings: settings, metrics: metrics, clock: scheduler, logger: logger,
            onStandstill: { [self] reason in state.withLock { $0.standstills.append(reason) } })
        Task(executorPreference: process) { await publisher.publishUntilFinished() }
        let task = Task(executorPreference: process) {
            try? await worker.run()
            self.state.withLock { $0.isEnded = true }
        }
        state.withLock { state in
            state.worker = worker
            state.member = source.member
            state.task = task
        }
    }

    func stop() {
        guard let worker = state.withLock({ $0.worker }) else { return }
        Task(executorPreference: process) { await worker.stop() }
    }

    func cancel() { state.withLock { $0.task }?.cancel() }
    func expel() { broker.expel(state.withLock { $0.member }) }

    var isEnded: Bool { state.withLock { $0.isEnded } }
    var standstills: [String?] { state.withLock { $0.standstills } }

    var isDatabaseAway: Bool {
        get { state.withLock { $0.isDatabaseAway } }
        set { state.withLock { $0.isDatabaseAway = newValue } }
    }

    /// The database fails what is asked of it and yet answers the probe.
    var isCommitAway: Bool {
        get { state.withLock { $0.isCommitAway } }
        set { state.withLock { $0.isCommitAway = newValue } }
    }

    /// Another transaction is in the way of every batch.
    var isInTheWay: Bool {
        get { state.withLock { $0.isInTheWay } }
        set { state.withLock { $0.isInTheWay = newValue } }
    }

    /// Batches that were tried.
    var tries: Int { state.withLock { $0.tries } }

    /// How often partitions were paused or resumed.
    var pauses: Int { state.withLock { $0.pauses } }

    /// What is sent is neither taken nor refused.
    var isLogSilent: Bool {
        get { state.withLock { $0.isLogSilent } }
        set { state.withLock { $0.isLogSilent = newValue } }
    }

    /// How often the database was probed.
    var probes: Int { state.withLock { $0.probes } }

    func refuse(_ refusal: (@Sendable (OutgoingRecord) -> SinkError?)?) { state.withLock { $0.refusal = refusal } }

    /// Lets the world go on until `condition` holds; false when it does not within `limit`.
    @discardableResult
    func wait(_ limit: Duration = .seconds(120), until condition: () -> Bool) -> Bool {
        scheduler.run(until: scheduler.now() + limit, isDone: condition)
    }

    func pass(_ time: Duration) { _ = scheduler.run(until: scheduler.now() + time) { false } }

    var letters: [Record] { broker.records(of: Topics.deadLetters(of: SimulationFeed.topic)) }
    var applied: Int { store.tickets.values.reduce(0) { $0 + $1.count } }
}
