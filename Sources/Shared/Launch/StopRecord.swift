import Synchronization

/// What is known about a run's end: who asked for it, and what went wrong. The first word counts.
final class StopRecord: Sendable {
    enum Request: Sendable, Equatable {
        case signal
        case serviceEnded
        /// The surrounding service group asked.
        case group
        /// The surrounding task was cancelled.
        case cancelled
    }

    private struct State {
        var request: Request?
        var failure: ExitReason?
        var running: Set<String> = []
        var cutOff: Set<String> = []
    }

    private let state = Mutex(State())

    /// True for the first request.
    func request(_ request: Request) -> Bool {
        state.withLock { state in
            guard state.request == nil else { return false }
            state.request = request
            return true
        }
    }

    var isStopping: Bool { state.withLock { $0.request != nil } }
    var failure: ExitReason? { state.withLock { $0.failure } }
    /// Services that still run, in order of name.
    var running: [String] { state.withLock { $0.running.sorted() } }
    /// Services that had to be cancelled because they did not stop in time, in order of name.
    var cutOff: [String] { state.withLock { $0.cutOff.sorted() } }

    func fail(_ reason: ExitReason) {
        state.withLock { $0.failure = $0.failure ?? reason }
    }

    func started(_ service: String) {
        state.withLock { _ = $0.running.insert(service) }
    }

    func ended(_ service: String, cancelled: Bool) {
        state.withLock { state in
            state.running.remove(service)
            if cancelled, state.request != .cancelled { state.cutOff.insert(service) }
        }
    }
}
