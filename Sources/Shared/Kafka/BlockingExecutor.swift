import Dispatch
import Synchronization

/// Runs an actor's work one job at a time on a thread of its own, so that a call that blocks in the client
/// library never takes a thread of the cooperative pool.
///
/// A blocking wait can be cut short: when a job arrives while `block` waits, `interrupt` is called.
final class BlockingExecutor: SerialExecutor {
    private struct State {
        var waiting = 0
        var isBlocked = false
        var interrupt: (@Sendable () -> Void)?
    }

    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// The queue has no target, so Dispatch gives it a thread beyond its pool while it blocks.
    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { state in
            state.waiting += 1
            // Called under the lock, so that after `onInterrupt(nil)` no call can still be under way.
            if state.isBlocked { state.interrupt?() }
        }
        queue.async {
            self.state.withLock { $0.waiting -= 1 }
            job.runSynchronously(on: self.asUnownedSerialExecutor())
        }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// What ends a blocking wait early. Must be quick and take no lock of ours.
    func onInterrupt(_ interrupt: (@Sendable () -> Void)?) {
        state.withLock { $0.interrupt = interrupt }
    }

    /// Whether another job waits for this executor.
    var hasWaitingJobs: Bool { state.withLock { $0.waiting > 0 } }

    /// Runs `body` with its blocking time: `wait`, or zero when another job is waiting already.
    func block<Result>(_ wait: Duration, _ body: (Duration) -> Result) -> Result {
        if wait <= .zero { return body(.zero) }
        let mayBlock = state.withLock { state in
            state.isBlocked = state.waiting == 0
            return state.isBlocked
        }
        let result = body(mayBlock ? wait : .zero)
        if mayBlock { state.withLock { $0.isBlocked = false } }
        return result
    }
}

/// Runs one blocking call on a thread of its own and suspends meanwhile.
func offCooperativePool<Result: Sendable>(_ label: String, _ body: @escaping @Sendable () -> Result) async -> Result {
    await withUnsafeContinuation { continuation in
        DispatchQueue(label: label).async { continuation.resume(returning: body()) }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, within what the library's `int` takes.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension ContinuousClock.Instant {
    /// Time left until it, never negative.
    var remaining: Duration { Swift.max(.zero, ContinuousClock.now.duration(to: self)) }
}
