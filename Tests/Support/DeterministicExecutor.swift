import Synchronization
public import WorkerRuntime

/// Time and threads of a simulation: one real thread runs the jobs of several pretended processes in an order that a seed
/// decides, and time moves on only when nobody has anything left to do.
public final class DeterministicScheduler: RuntimeClock {
    private enum Alarm {
        case resume(UnsafeContinuation<Void, Never>)
        case action(@Sendable () -> Void)
    }

    private struct Timer {
        let at: Duration
        let id: Int
        let alarm: Alarm
    }

    private struct State {
        var generator: SeededGenerator
        var now: Duration = .zero
        var timers: [Timer] = []
        var nextID = 0
        var cancelled: Set<Int> = []
        var processes: [SimulatedProcess] = []
        /// Folds what ran, in which order and when.
        var trace: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func note(_ value: UInt64) { trace = (trace ^ value) &* 0x100_0000_01B3 }
    }

    private let state: Mutex<State>

    public init(seed: UInt64) { state = Mutex(State(generator: SeededGenerator(seed: seed))) }

    /// A fingerprint of the interleaving so far: equal for equal seeds.
    public var trace: UInt64 { state.withLock { $0.trace } }

    /// Adds something that the simulated world did to the fingerprint.
    public func note(_ value: Int) { state.withLock { $0.note(UInt64(bitPattern: Int64(value))) } }

    public func random<T>(_ draw: (inout SeededGenerator) -> T) -> T { state.withLock { draw(&$0.generator) } }

    public func makeProcess() -> SimulatedProcess {
        state.withLock { state in
            state.nextID += 1
            let process = SimulatedProcess(number: state.nextID)
            state.processes.append(process)
            return process
        }
    }

    // MARK: Time

    public func now() -> Duration { state.withLock { $0.now } }

    public func sleep(for duration: Duration) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    state.timers.append(Timer(at: state.now + max(.zero, duration), id: id, alarm: .resume(continuation)))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let alarm = state.withLock { state -> Alarm? in
                guard let index = state.timers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.timers.remove(at: index).alarm
            }
            if case .resume(let continuation) = alarm { continuation.resume() }
        }
    }

    /// Runs `action` when `delay` is over.
    public func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.nextID += 1
            state.timers.append(Timer(at: state.now + delay, id: state.nextID, alarm: .action(action)))
        }
    }

    // MARK: Running

    /// Runs everything until `isDone`, which is asked whenever time moves. False when that does not happen before `limit`, or when nothing
    /// could ever happen again.
    public func run(until limit: Duration, isDone: () -> Bool) -> Bool {
        while true {
            let choice = state.withLock { state -> (SimulatedProcess, UnownedJob)? in
                let now = state.now
                state.processes.removeAll { !$0.isAlive }
                let runnable = state.processes.filter { $0.canRun(at: now) }
                guard !runnable.isEmpty else { return nil }
                let process = runnable[state.generator.below(runnable.count)]
                let draw = state.generator.next()
                guard let (job, index) = process.take(draw) else { return nil }
                state.note(UInt64(process.number) << 32 | UInt64(index))
                return (process, job)
            }
            if let (process, job) = choice {
                job.runSynchronously(on: process.asUnownedTaskExecutor())
                continue
            }
            if isDone() { return true }
            // Everything that is due at this moment at once: what then happens in which order is the generator's to say.
            let due = state.withLock { state -> [Timer] in
                guard let next = state.timers.map(\.at).min(), next <= limit else { return [] }
                state.now = max(state.now, next)
                let due = state.timers.filter { $0.at <= next }.sorted { $0.id < $1.id }
                state.timers.removeAll { $0.at <= next }
                for timer in due { state.note(UInt64(timer.id)) }
                return due
            }
            if due.isEmpty { return false }
            for timer in due {
                switch timer.alarm {
                case .resume(let continuation): continuation.resume()
                case .action(let action): action()
                }
            }
        }
    }
}

/// Where a pretended process's tasks run. Killed, it runs nothing more: what was under way stays where it was, for ever.
public final class SimulatedProcess: TaskExecutor {
    private struct State {
        var queue: [UnownedJob] = []
        var isDead = false
        var stalledUntil: Duration = .zero
    }

    public let number: Int
    private let state = Mutex(State())

    init(number: Int) { self.number = number }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { if !$0.isDead { $0.queue.append(job) } }
    }

    public var isAlive: Bool { state.withLock { !$0.isDead } }

    public func kill() {
        state.withLock { state in
            state.isDead = true
            state.queue = []
        }
    }

    /// Stands still until then, like a stopped or swapped-out process.
    public func stall(until: Duration) { state.withLock { $0.stalledUntil = until } }

    public func isStalled(at now: Duration) -> Bool { state.withLock { $0.stalledUntil > now } }

    fileprivate func canRun(at now: Duration) -> Bool {
        state.withLock { !$0.isDead && !$0.queue.isEmpty && $0.stalledUntil <= now }
    }

    /// Any of the waiting jobs, the oldest more often: executors promise no order between tasks.
    fileprivate func take(_ draw: UInt64) -> (UnownedJob, Int)? {
        state.withLock { state in
            guard !state.queue.isEmpty else { return nil }
            let index = draw & 1 == 0 ? 0 : Int((draw >> 1) % UInt64(state.queue.count))
            return (state.queue.remove(at: index), index)
        }
    }

    /// Never returns: for the code of a process that was just killed.
    public static func suspendForEver() async {
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}
