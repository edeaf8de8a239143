import Synchronization

/// What a process says about itself: alive (else restart it) and ready (else send it no work).
///
/// Ready means that every component is ready and that no stop was asked for. Reasons are short codes or sentences of
/// ours; they are served to whoever may ask, so they hold no data of users.
public final class HealthState: Sendable {
    /// One part's readiness.
    public enum Readiness: Sendable, Hashable {
        case ready
        case notReady(String)
    }

    /// The state at one moment.
    public struct Report: Sendable, Hashable {
        /// Why the process should be restarted; nil when it is alive.
        public let dead: String?
        /// Every component in the order in which it was named.
        public let components: [Component]

        public var isAlive: Bool { dead == nil }
        public var isReady: Bool { isAlive && components.allSatisfy { $0.readiness == .ready } }

        public struct Component: Sendable, Hashable {
            public let name: String
            public let readiness: Readiness
        }
    }

    /// The name under which a stop is reported.
    public static let lifecycle = "lifecycle"

    private struct Watch {
        let limit: Duration
        var last: ContinuousClock.Instant
    }

    private struct State {
        var components: [Report.Component] = []
        var watches: [String: Watch] = [:]
        var dead: String?
        var stopping = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Names a component, not ready until it says otherwise. Naming it again changes nothing.
    public func component(_ name: String) -> HealthComponent {
        state.withLock { state in
            if !state.components.contains(where: { $0.name == name }) {
                state.components.append(.init(name: name, readiness: .notReady("starting")))
            }
        }
        return HealthComponent(name: name, health: self)
    }

    /// Sets a component's readiness.
    public func set(_ name: String, _ readiness: Readiness) {
        state.withLock { state in
            let component = Report.Component(name: name, readiness: readiness)
            if let index = state.components.firstIndex(where: { $0.name == name }) {
                state.components[index] = component
            } else {
                state.components.append(component)
            }
        }
    }

    /// Declares the process beyond repair: `/healthz` answers 503 from now on.
    public func fail(_ reason: String) {
        state.withLock { $0.dead = $0.dead ?? reason }
    }

    /// The process is stopping on purpose: alive, but not ready.
    public func stop() {
        state.withLock { $0.stopping = true }
    }

    /// Starts watching a loop that must come round within `limit`. When it does not, the process counts as dead until it does.
    public func watch(_ name: String, every limit: Duration) -> Heartbeat {
        beat(name, limit: limit)
        return Heartbeat(name: name, limit: limit, health: self)
    }

    public func report() -> Report {
        report(at: .now)
    }

    func report(at now: ContinuousClock.Instant) -> Report {
        state.withLock { state in
            let stalled = state.watches.filter { now - $0.value.last > $0.value.limit }.keys.min()
            var components = state.components
            if state.stopping {
                components.append(.init(name: Self.lifecycle, readiness: .notReady("stopping")))
            }
            return Report(dead: state.dead ?? stalled.map { "stalled: \($0)" }, components: components)
        }
    }

    fileprivate func beat(_ name: String, limit: Duration, at now: ContinuousClock.Instant = .now) {
        state.withLock { $0.watches[name] = Watch(limit: limit, last: now) }
    }

    fileprivate func unwatch(_ name: String) {
        state.withLock { $0.watches[name] = nil }
    }
}

/// One component's own handle on the process's readiness.
public struct HealthComponent: Sendable {
    public let name: String
    fileprivate let health: HealthState

    public func ready() {
        health.set(name, .ready)
    }

    public func notReady(_ reason: String) {
        health.set(name, .notReady(reason))
    }
}

/// A watched loop's sign of life.
public struct Heartbeat: Sendable {
    let name: String
    let limit: Duration
    let health: HealthState

    /// Call it once a turn.
    public func beat() {
        health.beat(name, limit: limit)
    }

    /// The loop ends on purpose and is watched no longer.
    public func end() {
        health.unwatch(name)
    }
}
