import Synchronization

/// Keeps a crowd of callers from hammering a server that is away: after a failure the next attempt is allowed only
/// after a pause, which doubles, with jitter. Callers in the pause get the last failure at once, so that a gateway can
/// answer 503 instead of waiting.
final class ReconnectGate: Sendable {
    private struct State {
        var failures = 0
        var notBefore: ContinuousClock.Instant?
        var lastError: PostgresError?
    }

    private let pause: ClosedRange<Duration>
    private let state = Mutex(State())

    init(pause: ClosedRange<Duration>) {
        self.pause = pause
    }

    /// Asks to make an attempt.
    /// - Returns: when the attempt began.
    /// - Throws: the last attempt's failure while the pause lasts.
    func enter(now: ContinuousClock.Instant = .now) throws(PostgresError) -> ContinuousClock.Instant {
        let refusal: PostgresError? = state.withLock { state in
            guard let notBefore = state.notBefore, now < notBefore else { return nil }
            return state.lastError
        }
        if let refusal { throw refusal }
        return now
    }

    func succeeded() {
        state.withLock { $0 = State() }
    }

    /// Notes a failure. Attempts that ran side by side count as one.
    func failed(_ attempt: ContinuousClock.Instant, _ error: PostgresError, now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.lastError = error
            if let notBefore = state.notBefore, attempt < notBefore { return }
            state.failures += 1
            let doubled = pause.lowerBound * (1 << min(state.failures - 1, 16))
            state.notBefore = now + min(doubled, pause.upperBound) * Double.random(in: 0.5...1)
        }
    }
}
