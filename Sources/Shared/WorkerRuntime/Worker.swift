import DequeModule
import Domain
public import Foundation
public import Logging
import Observability
public import Messaging
public import ServiceLifecycle

/// Runs a stage over a consumer group: pulls records, decides in parallel, records in group commits, tells the group how far everything is done.
///
/// The actor holds the state; `LaneScheduler`, `OffsetTracker` and `Assignment` decide what may happen; tasks do it and report back.
/// Invariant: an offset is stored only after the transaction that marks every event before it has committed, or its dead letter
/// is acknowledged and marked.
public actor Worker<S: Stage, L: Ledger>: Service where S.Transaction == L.Transaction {
    let stage: S
    let ledger: L
    let source: any RecordSource
    let sink: any RecordSink
    let publisher: OutboxPublisher<L>
    let settings: WorkerSettings
    let metrics: WorkerMetrics
    let clock: any RuntimeClock
    let logger: Logger
    /// Told the reason whenever consumption stands still, nil when it goes on.
    let onStandstill: @Sendable (String?) -> Void
    /// Names this process in assignment rows.
    let holder: UUID

    var items: [Int: InHand<S>] = [:]
    var nextItem = 0
    var bytes = 0
    var scheduler = LaneScheduler()
    var assignment: Assignment?
    /// Records that wait for the assignment rows or for the end of careful mode.
    var held: Deque<Record> = []
    /// Records are on their way from `held` into the lanes; later ones wait behind them, or they would overtake.
    var isReleasing = false
    /// The records that careful mode is at.
    var careful: CarefulStep?
    var carefulSteps = 0
    /// Since when careful mode waits for records without getting any.
    var quietSince: Duration = .zero
    /// Progress that the source was not told yet; told by one task at a time, so that it never goes back.
    var unstored: [TopicPartition: OffsetMark] = [:]
    var isStoring = false
    var openDecides = 0
    var openCommits = 0
    var batchSize: BatchSize
    var toBury: Deque<Int> = []
    var isBurying = false
    /// `onStandstill` was told of dead letters that are not taken.
    var complainsOfLetters = false
    var paused: Set<TopicPartition> = []
    var isFull = false
    var standstill: Standstill?
    var streak = DeathStreak()
    var wakeAt: Duration?
    /// When consumption last went on after a standstill, and how long the probe before it waited.
    var movedOnAt: Duration?
    var probeDelay: Duration = .milliseconds(100)
    var isStopping = false
    var isEnding = false

    let jobs: AsyncStream<Job>
    let jobsInput: AsyncStream<Job>.Continuation

    public init(
        stage: S, ledger: L, source: any RecordSource, sink: any RecordSink, publisher: OutboxPublisher<L>, settings: WorkerSettings,
        metrics: WorkerMetrics, clock: any RuntimeClock = SystemClock(), holder: UUID = UUID(), logger: Logger,
        onStandstill: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        self.stage = stage
        self.ledger = ledger
        self.source = source
        self.sink = sink
        self.publisher = publisher
        self.settings = settings
        batchSize = BatchSize(largest: settings.batchLimit)
        self.metrics = metrics
        self.clock = clock
        self.holder = holder
        self.logger = logger
        self.onStandstill = onStandstill
        // Bounded by what is in hand: every job stands for records or is one of a few singletons.
        (jobs, jobsInput) = AsyncStream.makeStream(of: Job.self)
    }

    /// Returns after a graceful shutdown: in-hand events finished or dropped, offsets committed, group left. Throws when the source
    /// is beyond repair.
    public func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.pollUntilStopped() }
            for await job in jobs {
                group.addTask { await self.perform(job) }
            }
            // Polling is over and what could be finished is: what still runs waits for a clock or for somebody who is away.
            group.cancelAll()
        }
    }

    /// Asks for the same end as a graceful shutdown does.
    public func stop() { isStopping = true }

    func perform(_ job: Job) async {
        switch job {
        case .decide(let chunk): await decide(chunk)
        case .commit(let batch): await commit(batch)
        case .bury: await bury()
        case .open(let generation): await openAssignment(generation)
        case .probe: await probeUntilBack()
        case .wake(let delay):
            await clock.sleep(for: delay)
            wakeAt = nil
            dispatch()
        case .careful(let step, let records): await handleCarefully(step, records)
        case .release: await handOver()
        case .forgetAttempts(let step): await forgetAttempts(step)
        }
    }

    /// Starts whatever may start now. Called after every change of state.
    func dispatch() {
        guard !isEnding, !isAway else { return }
        // With nothing in hand nothing can succeed and end it; if the cause is still there, it will be back at once.
        if case .suspicion = standstill, items.isEmpty, held.isEmpty { return moveOn() }
        if let next = scheduler.wake(at: clock.now()), wakeAt == nil || next < wakeAt! {
            wakeAt = next
            jobsInput.yield(.wake(after: max(.milliseconds(1), next - clock.now())))
        }
        while openDecides < settings.parallelDecides, scheduler.hasUndecided {
            let chunk = scheduler.takeForDeciding(upTo: settings.decideChunk)
            if chunk.isEmpty { break }
            openDecides += 1
            jobsInput.yield(.decide(chunk))
        }
        while openCommits < settings.parallelCommits, scheduler.hasReady {
            let batch = scheduler.takeBatch(upTo: batchSize.current)
            if batch.isEmpty { break }
            openCommits += 1
            jobsInput.yield(.commit(batch))
        }
        if !toBury.isEmpty && !isBurying {
            isBurying = true
            jobsInput.yield(.bury)
        }
        advanceCareful()
        metrics.inHand.set(items.count + held.count)
        metrics.inHandBytes.set(bytes)
    }

    /// The items are handled for good: their offsets may be stored.
    func finish(_ finished: [Int]) async {
        var suspects: [RecordPlace] = []
        for item in finished {
            scheduler.remove(item)
            guard let inHand = items.removeValue(forKey: item) else { continue }
            let record = inHand.raw.record
            bytes -= record.byteCount
            if let next = assignment?.trackers[record.source]?.finish(record.offset) {
                unstored[record.source] = OffsetMark(partition: record.source, next: next, generation: inHand.generation)
            }
            if careful?.attempts[record.place] != nil {
                // What is counted at one that kills warns whoever gets it once more.
                if inHand.death?.reason == .crashed { careful?.attempts[record.place] = 0 }
                suspects.append(record.place)
            }
        }
        let step = careful
        await storeProgress()
        if let step, !suspects.isEmpty { await leave(step, suspects) }
    }

    /// Tells the source how far everything is finished.
    func storeProgress() async {
        guard !isStoring else { return }
        isStoring = true
        while !unstored.isEmpty && !isEnding {
            let marks = unstored.values.sorted { $0.partition < $1.partition }
            unstored = [:]
            await source.store(marks)
        }
        isStoring = false
    }

    /// Nothing is in hand, and the source knows it.
    var isDrained: Bool { items.isEmpty && held.isEmpty && !isStoring && unstored.isEmpty }
}
