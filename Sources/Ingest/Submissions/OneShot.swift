import Synchronization

/// A value that is set once, by the first to come, and awaited by one task.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case set(Value)
        case delivered
    }

    private let state = Mutex(State.open)

    /// Once, by one task. Does not look at cancellation: whoever fulfils it has a time limit.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let early: Value? = state.withLock { state in
                if case .set(let value) = state {
                    state = .delivered
                    return value
                }
                state = .awaited(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    /// Later calls do nothing.
    func fulfil(_ value: Value) {
        let continuation: CheckedContinuation<Value, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .set(value)
                return nil
            case .awaited(let continuation):
                state = .delivered
                return continuation
            case .set, .delivered:
                return nil
            }
        }
        continuation?.resume(returning: value)
    }
}

/// What `work` answers within the limit, else nil. Work that is late is cancelled and left behind: a task group would wait for a
/// call that blocks and cannot be cancelled.
func within<Value: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async -> Value) async -> Value? {
    let answer = OneShot<Value?>()
    let working = Task { answer.fulfil(await work()) }
    let alarm = Task {
        try? await Task.sleep(for: limit)
        answer.fulfil(nil)
        working.cancel()
    }
    let value = await answer.value()
    alarm.cancel()
    return value
}
