import Foundation

/// The bounds of a worker.
public struct WorkerSettings: Sendable {
    /// The name of the inbox and the consumer group.
    public var consumer: String
    /// The type of a record without CloudEvents headers; nil: such a record is invalid.
    public var fallbackType: String?
    /// True when a type that the stage does not read is none of its business (a topic with several readers). False: dead letter.
    public var ignoresOtherTypes = false
    /// Events in a commit batch.
    public var batchLimit = 250
    /// Commit batches open at once, each on a connection of its own.
    public var parallelCommits = 2
    /// Events in one deciding task. One for a stage that waits for a model.
    public var decideChunk = 64
    /// Deciding tasks at once.
    public var parallelDecides = max(2, ProcessInfo.processInfo.activeProcessorCount)
    /// How long one poll waits for something to happen.
    public var pollWait: Duration = .milliseconds(100)
    /// Records in hand.
    public var inHandLimit = 1000
    /// Bytes in hand.
    public var inHandBytes = 16 << 20
    /// How long hands may be full before partitions are paused. Nothing is polled meanwhile, a rebalance neither.
    public var fullWait: Duration = .milliseconds(500)
    /// Offsets between the oldest unfinished and the newest dispatched record of a partition.
    public var offsetWindow: Int64 = 10_000
    /// Waits after the first, second, ... failed attempt; the attempt after the last is the final one.
    public var backOff: [Duration] = [.seconds(1), .seconds(3), .seconds(8), .seconds(18)]
    /// Different tickets in a row that would die of the same reason before we blame ourselves and stop.
    public var suspiciousDeaths = 10
    /// How long dead letters may be on their way before it is said that they are not taken.
    public var deadLetterWait: Duration = .seconds(10)
    /// Wait between two tries while stopped for that reason.
    public var suspicionPause: Duration = .seconds(30)
    /// Time to finish what is in hand when partitions are taken back.
    public var revokeDrain: Duration = .seconds(10)
    /// Time to finish what is in hand at shutdown.
    public var shutdownDrain: Duration = .seconds(10)
    /// Attempts of an event, and of one that was in hand when the process died.
    public var attempts: Int { backOff.count + 1 }
    /// Suspect records that are handled at once as long as no attempt at them is counted.
    public var carefulGroup = 64
    /// Offsets past the committed one that are suspect after a crash.
    public var suspectWindow: Int64 = 10_000

    public init(consumer: String, fallbackType: String? = nil) {
        self.consumer = consumer
        self.fallbackType = fallbackType
    }
}

/// Time as the runtime sees it, so that a simulation can own it.
public protocol RuntimeClock: Sendable {
    /// Since some fixed point; never goes back.
    func now() -> Duration
    /// Returns early only when the task is cancelled.
    func sleep(for duration: Duration) async
}

public struct SystemClock: RuntimeClock {
    private let start = ContinuousClock.now

    public init() {}

    public func now() -> Duration { start.duration(to: .now) }

    public func sleep(for duration: Duration) async { try? await Task.sleep(for: duration, clock: .continuous) }
}
