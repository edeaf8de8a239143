import Access
import Domain
import Synchronization

/// One client's stream: what waits to be sent to it, bounded, and who is on the other end.
final class EventStream: Sendable {
    /// Why a stream ends.
    enum Ending: String, Codable, CaseIterable {
        /// The key or token is not good any more, or was given other rights.
        case credentials
        /// Whether it is good cannot be told.
        case unconfirmed
        /// Changes may have been missed.
        case missed
        /// The gateway stops.
        case stopping
        /// The client took what it was sent too slowly.
        case overflow
        /// Nobody is there any more.
        case hungUp
    }

    /// What is to be done next.
    enum Item {
        case events([[UInt8]])
        case heartbeat
        case end(Ending)
    }

    private struct State {
        var principal: Principal
        var confirmedAt: ContinuousClock.Instant
        var waiting: [[UInt8]] = []
        var lastSent: ContinuousClock.Instant
        var isBeatDue = false
        var ending: Ending?
        var sleeper: CheckedContinuation<Void, Never>?

        var hasSomething: Bool { !waiting.isEmpty || isBeatDue || ending != nil }

        mutating func wake() -> CheckedContinuation<Void, Never>? {
            defer { sleeper = nil }
            return sleeper
        }

        mutating func take() -> Item? {
            guard hasSomething else { return nil }
            lastSent = .now
            isBeatDue = false
            if !waiting.isEmpty {
                defer { waiting = [] }
                return .events(waiting)
            }
            return ending.map { .end($0) } ?? .heartbeat
        }
    }

    /// What proved the principal, asked about again while the stream lasts.
    let bearer: String
    private let filter: TicketID?
    private let capacity: Int
    private let whenEnded: @Sendable () -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - ticket: nil: all that the principal may see.
    ///   - capacity: most events that wait.
    ///   - whenEnded: told once that nothing more will come, except for a client that has hung up.
    init(
        _ principal: Principal, bearer: String, ticket: TicketID?, capacity: Int, now: ContinuousClock.Instant = .now,
        whenEnded: @escaping @Sendable () -> Void = {}
    ) {
        self.bearer = bearer
        filter = ticket
        self.capacity = capacity
        self.whenEnded = whenEnded
        state = Mutex(State(principal: principal, confirmedAt: now, lastSent: now))
    }

    // MARK: For who has something to tell

    /// Takes those changes that the principal may know of.
    /// - Returns: false when there was no more room, and the stream ends for it.
    func tell(_ changes: [ToldChange]) -> Bool {
        let (ended, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.ending == nil else { return (false, nil) }
            let visible = state.principal.visibleTickets, isStaff = state.principal.seesInternalNotes
            for change in changes where filter == nil || filter == change.ticket {
                guard visible.includes(ticketOf: change.requester), let text = isStaff ? change.forStaff : change.forRequesters else { continue }
                guard state.waiting.count < capacity else {
                    state.waiting = []
                    state.ending = .overflow
                    return (true, state.wake())
                }
                state.waiting.append(text)
            }
            return (false, state.waiting.isEmpty ? nil : state.wake())
        }
        sleeper?.resume()
        if ended { whenEnded() }
        return !ended
    }

    /// Asks for a heartbeat if nothing was sent for so long.
    func beat(after interval: Duration, now: ContinuousClock.Instant = .now) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.ending == nil, now - state.lastSent >= interval else { return nil }
            state.isBeatDue = true
            return state.wake()
        }
        sleeper?.resume()
    }

    /// It is still who it was, with these rights.
    func confirm(_ principal: Principal, now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.principal = principal
            state.confirmedAt = now
        }
    }

    /// When the principal's rights were last known to be these.
    var confirmedAt: ContinuousClock.Instant { state.withLock { $0.confirmedAt } }

    /// Nothing more will come. What waits is sent still, unless there is nobody to send it to, or nobody who may have it.
    func end(_ ending: Ending) {
        let (ended, sleeper) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.ending == nil else { return (false, nil) }
            state.ending = ending
            if ending != .stopping { state.waiting = [] }
            return (true, state.wake())
        }
        sleeper?.resume()
        if ended, ending != .hungUp { whenEnded() }
    }

    // MARK: For who sends

    /// Waits for what is to be sent. For one task.
    func next() async -> Item {
        while true {
            let item: Item? = state.withLock { $0.take() }
            if let item { return item }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isEarly = state.withLock { state in
                        guard !state.hasSomething else { return true }
                        state.sleeper = continuation
                        return false
                    }
                    if isEarly { continuation.resume() }
                }
            } onCancel: {
                end(.hungUp)
            }
        }
    }
}
