import DequeModule

/// The pool's book-keeping without side effects: which connections are free, who waits. `ConnectionPool` holds it
/// behind a lock and carries out what it says.
struct PoolState<Item: AnyObject & Sendable, Waiter: Sendable>: Sendable {
    struct Idle: Sendable {
        var item: Item
        /// When it was last used.
        var since: ContinuousClock.Instant
        /// When it was last used or checked.
        var checked: ContinuousClock.Instant
    }

    struct Waiting: Sendable {
        var id: UInt64
        var waiter: Waiter
        var deadline: ContinuousClock.Instant
    }

    enum Acquisition: Sendable {
        case take(Item)
        case open
        case wait
        case exhausted(waiting: Int)
        case closed
    }

    let maximum: Int
    let maximumWaiters: Int
    /// The most recently used last: it is taken first, so that a pool that needs fewer lets the rest idle out.
    private(set) var idle: [Idle] = []
    private(set) var leased = 0
    private(set) var waiting: Deque<Waiting> = []
    private(set) var isClosed = false
    private var isTimerSet = false

    init(maximum: Int, maximumWaiters: Int) {
        self.maximum = max(1, maximum)
        self.maximumWaiters = max(0, maximumWaiters)
    }

    mutating func acquire() -> Acquisition {
        if isClosed { return .closed }
        if let free = idle.popLast() {
            leased += 1
            return .take(free.item)
        }
        if leased < maximum {
            leased += 1
            return .open
        }
        return waiting.count < maximumWaiters ? .wait : .exhausted(waiting: waiting.count)
    }

    /// - Returns: whether a timer must be set for its deadline; one is enough for all who wait.
    mutating func wait(_ waiter: Waiting) -> Bool {
        waiting.append(waiter)
        defer { isTimerSet = true }
        return !isTimerSet
    }

    /// Takes a connection back.
    /// - Returns: who gets it now; nil when it idles, or when the pool is closed and the caller closes it.
    mutating func release(_ item: Item, now: ContinuousClock.Instant) -> Waiting? {
        if let next = waiting.popFirst() { return next }
        leased -= 1
        if !isClosed { idle.append(Idle(item: item, since: now, checked: now)) }
        return nil
    }

    /// Takes a connection back from its check, which is no use: it goes on ageing where it stood.
    mutating func release(_ checked: Idle, now: ContinuousClock.Instant) -> Waiting? {
        if let next = waiting.popFirst() { return next }
        leased -= 1
        if !isClosed {
            let position = idle.firstIndex { $0.since > checked.since } ?? idle.endIndex
            idle.insert(Idle(item: checked.item, since: checked.since, checked: now), at: position)
        }
        return nil
    }

    mutating func cancel(_ id: UInt64) -> Waiting? {
        guard let position = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: position)
    }

    /// The timer went off: those whose time is over, and when to set it next. All wait equally long, so the first to
    /// come are the first to go.
    mutating func expire(now: ContinuousClock.Instant) -> (expired: [Waiting], next: ContinuousClock.Instant?) {
        var expired: [Waiting] = []
        while let first = waiting.first, first.deadline <= now {
            expired.append(waiting.removeFirst())
        }
        isTimerSet = !waiting.isEmpty
        return (expired, waiting.first?.deadline)
    }

    /// Leases out the idle ones that were neither used nor checked after `moment`, for a check.
    mutating func takeIdle(checkedBy moment: ContinuousClock.Instant) -> [Idle] {
        let due = idle.filter { $0.checked <= moment }
        idle.removeAll { $0.checked <= moment }
        leased += due.count
        return due
    }

    /// Lets nobody in any more.
    mutating func close() -> (idle: [Item], waiting: [Waiting]) {
        isClosed = true
        defer {
            idle = []
            waiting = []
        }
        return (idle.map(\.item), Array(waiting))
    }
}
