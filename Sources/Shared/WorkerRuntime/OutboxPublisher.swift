import DequeModule
import Foundation
public import Logging
public import Messaging
import Observability
public import ServiceLifecycle
import Synchronization

/// Publishes what this process has just committed, from memory and in commit order, and deletes the rows once acknowledged.
///
/// It may forget: its queue is bounded, and a killed process loses it. What it forgets is still in the outbox, and the relay publishes it,
/// later and dearer. So a worker waits for room before it commits more, as long as the log takes what it is given.
public final class OutboxPublisher<Store: OutboxStore>: Service {
    private struct State {
        var queue: Deque<OutboxRow> = []
        var bytes = 0
        var isSending = false
        /// When the log last answered, or was first given something.
        var movedAt: Duration = .zero
    }

    /// Rows, and bytes, above which `waitForRoom` waits.
    private static var crowd: (rows: Int, bytes: Int) { (2_000, 4 << 20) }
    /// How long a log may leave rows unanswered before nobody waits for it.
    private static var patience: Duration { .seconds(1) }

    private let store: Store
    private let sink: any RecordSink
    private let clock: any RuntimeClock
    private let limit: Int
    private let byteLimit: Int
    private let logger: Logger
    private let state = Mutex(State())
    private let signal: AsyncStream<Void>
    private let signalInput: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - limit: rows kept in memory; more are left to the relay.
    ///   - byteLimit: bytes of rows kept in memory, overshot by one row at most.
    public init(
        store: Store, sink: any RecordSink, clock: any RuntimeClock = SystemClock(), limit: Int = 20_000, byteLimit: Int = 16 << 20,
        logger: Logger
    ) {
        self.store = store
        self.sink = sink
        self.clock = clock
        self.limit = limit
        self.byteLimit = byteLimit
        self.logger = logger
        (signal, signalInput) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Rows waiting in memory.
    public var depth: Int { state.withLock { $0.queue.count } }

    /// Waits while more is queued than the log takes at once. With a log that does not answer nobody waits: what does not fit is the relay's.
    func waitForRoom() async {
        while state.withLock({ isCrowded($0) && clock.now() - $0.movedAt < Self.patience }), !Task.isCancelled {
            await clock.sleep(for: .milliseconds(2))
        }
    }

    private func isCrowded(_ state: State) -> Bool { state.queue.count >= Self.crowd.rows || state.bytes >= Self.crowd.bytes }

    /// Takes rows that are committed. Never waits.
    public func enqueue(_ rows: [OutboxRow]) {
        guard !rows.isEmpty else { return }
        state.withLock { state in
            if state.queue.isEmpty && !state.isSending { state.movedAt = clock.now() }
            for row in rows {
                guard state.queue.count < limit, state.bytes < byteLimit else { break }
                state.queue.append(row)
                state.bytes += row.byteCount
            }
        }
        signalInput.yield()
    }

    /// Publishes until graceful shutdown; then what is queued, for at most 5 s.
    public func run() async throws {
        // Apart from this task, because a send cannot be recalled: shutdown leaves it behind with a log that does not answer.
        let sending = Task { await self.publishUntilFinished() }
        try? await gracefulShutdown()
        let deadline = clock.now() + .seconds(5)
        while clock.now() < deadline, state.withLock({ !$0.queue.isEmpty || $0.isSending }) {
            await clock.sleep(for: .milliseconds(10))
        }
        signalInput.finish()
        sending.cancel()
    }

    /// The loop itself, for those who own the tasks; ends with `finish()`.
    public func publishUntilFinished() async {
        for await _ in signal {
            while await publishNext() {}
        }
    }

    public func finish() { signalInput.finish() }

    private func publishNext() async -> Bool {
        let rows: [OutboxRow] = state.withLock { state in
            let rows = Array(state.queue.prefix(500))
            state.queue.removeFirst(rows.count)
            state.bytes -= rows.reduce(0) { $0 + $1.byteCount }
            state.isSending = !rows.isEmpty
            return rows
        }
        guard !rows.isEmpty else { return false }
        await Self.publish(rows, to: sink, store: store, logger: logger)
        state.withLock {
            $0.isSending = false
            $0.movedAt = clock.now()
        }
        return true
    }

    /// Sends rows in order and deletes the acknowledged ones. The others stay for the relay.
    /// - Returns: false when the log did not take rows for no fault of theirs: it is away, and others would fare alike.
    @discardableResult
    static func publish(_ rows: [OutboxRow], to sink: any RecordSink, store: some OutboxStore, logger: Logger) async -> Bool {
        let answers = await sink.send(batch: rows.map(\.record))
        var acknowledged: [UUID] = []
        var isThere = true
        for (row, answer) in zip(rows, answers) {
            switch answer {
            case .success: acknowledged.append(row.id)
            case .failure(let error):
                if !error.reason.blamesRecord { isThere = false }
                logger.warning("outbox row not acknowledged, the relay will try", metadata: ["event_id": "\(row.id)", "error": "\(error)"])
            }
        }
        FaultPoint.hit(.afterPublish)
        guard !acknowledged.isEmpty else { return isThere }
        do {
            try await store.deleteOutbox(acknowledged)
        } catch {
            // Published and still there: the relay publishes it once more, and the ids absorb it.
            logger.info("outbox rows not deleted", metadata: ["rows": "\(acknowledged.count)", "error": "\(error)"])
        }
        return isThere
    }
}
