import DequeModule
import Synchronization

/// Holds a channel's events for one reader, a bounded number of them.
final class EventBuffer: Sendable {
    private struct State {
        var events: Deque<ChannelEvent> = []
        var reader: CheckedContinuation<ChannelEvent?, Never>?
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    func push(_ event: ChannelEvent) {
        let reader: CheckedContinuation<ChannelEvent?, Never>? = state.withLock { state in
            if state.isFinished { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if event == .mayHaveMissed || state.events.count >= limit {
                // Whoever must read the state anew has no use for what was said before.
                state.events = [.mayHaveMissed]
            } else {
                state.events.append(event)
            }
            return nil
        }
        reader?.resume(returning: event)
    }

    /// The next event; nil when the task is cancelled or the listener was closed.
    func next() async -> ChannelEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: ChannelEvent?? = state.withLock { state in
                    if let event = state.events.popFirst() { return event }
                    // A second reader at the same time would wait for ever; it is told that there is nothing.
                    if state.isFinished || state.reader != nil { return .some(nil) }
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            finish()
        }
    }

    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }
}
