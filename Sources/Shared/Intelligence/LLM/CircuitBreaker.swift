/// Leaves an endpoint alone that fails repeatedly, longer each time, and lets a single call try it again. Pure: the caller says what time it
/// is.
///
/// The instant is a duration since any fixed start of a clock that does not go back.
public struct CircuitBreaker: Sendable, Hashable {
    public struct Settings: Sendable, Hashable {
        /// Failures in a row that open it.
        public var failures: Int
        /// How long it stays open the first time; each further opening in a row doubles it.
        public var openFor: Duration
        public var longestOpen: Duration

        public init(failures: Int = 5, openFor: Duration = .seconds(5), longestOpen: Duration = .seconds(120)) {
            self.failures = max(1, failures)
            self.openFor = openFor
            self.longestOpen = max(openFor, longestOpen)
        }
    }

    public enum State: String, Sendable, Hashable, CaseIterable {
        case closed, open
        case halfOpen = "half_open"
    }

    /// Leave for one call, to be given back with its outcome.
    public struct Permit: Sendable, Hashable {
        let generation: Int
    }

    public enum Admission: Sendable, Hashable {
        case allowed(Permit)
        case refused(retryAfter: Duration)
    }

    private enum Phase: Hashable {
        case closed(failures: Int)
        case open(until: Duration)
        /// One call is on its way.
        case probing
    }

    public let settings: Settings
    private var phase = Phase.closed(failures: 0)
    /// Openings since it was last closed.
    private var openings = 0
    /// Rises with each change of phase, so that an outcome of a call from before does not count.
    private var generation = 0

    public init(_ settings: Settings = Settings()) {
        self.settings = settings
    }

    public var state: State {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .probing: .halfOpen
        }
    }

    /// Asks for leave to call. While a probe is on its way everyone else waits for it.
    public mutating func admit(at now: Duration) -> Admission {
        switch phase {
        case .closed: return .allowed(Permit(generation: generation))
        case .open(let until) where now < until: return .refused(retryAfter: until - now)
        case .open:
            move(to: .probing)
            return .allowed(Permit(generation: generation))
        case .probing: return .refused(retryAfter: settings.openFor)
        }
    }

    /// Whether `admit` would give leave now. Changes nothing.
    public func wouldAdmit(at now: Duration) -> Bool {
        switch phase {
        case .closed: true
        case .open(let until): now >= until
        case .probing: false
        }
    }

    /// The endpoint answered.
    public mutating func succeeded(_ permit: Permit) {
        guard permit.generation == generation else { return }
        if phase == .probing {
            openings = 0
            move(to: .closed(failures: 0))
        } else {
            phase = .closed(failures: 0)
        }
    }

    /// The endpoint did not answer, or asked to be left alone for `retryAfter`.
    public mutating func failed(_ permit: Permit, at now: Duration, retryAfter: Duration? = nil) {
        guard permit.generation == generation else { return }
        switch phase {
        case .closed(let failures):
            if failures + 1 < settings.failures { phase = .closed(failures: failures + 1) } else { open(at: now, retryAfter) }
        case .probing: open(at: now, retryAfter)
        case .open: break
        }
    }

    /// The call ended without telling anything about the endpoint. A probe's leave goes to the next caller.
    public mutating func abandoned(_ permit: Permit, at now: Duration) {
        guard permit.generation == generation, phase == .probing else { return }
        move(to: .open(until: now))
    }

    private mutating func open(at now: Duration, _ retryAfter: Duration?) {
        // Sixteen doublings are beyond any sensible bound.
        let backoff = min(settings.openFor * (1 << min(openings, 16)), settings.longestOpen)
        openings += 1
        move(to: .open(until: now + max(backoff, min(retryAfter ?? .zero, settings.longestOpen))))
    }

    private mutating func move(to next: Phase) {
        phase = next
        generation += 1
    }
}
