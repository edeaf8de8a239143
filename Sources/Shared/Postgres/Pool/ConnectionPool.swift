import Dispatch
public import Logging
public import ServiceLifecycle
import Synchronization

/// A bounded set of connections, opened when first needed.
///
/// It serves from the moment it is created; `run()` adds the checks of idle connections and closes the pool when the
/// process shuts down. A tool that does not run it calls `close()`. Settings a body changes with SET, and session
/// locks it takes, stay on the connection: use `SET LOCAL` in a transaction, or a `dedicated` session.
public final class ConnectionPool: Service {
    public let settings: PostgresSettings
    let logger: Logger
    let gate: ReconnectGate
    private typealias State = PoolState<Session, CheckedContinuation<Session, any Error>>
    private let state: Mutex<State>
    private let nextWaiter = Atomic<UInt64>(0)
    private let timers = DispatchQueue(label: "postgres.pool")

    public init(settings: PostgresSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        gate = ReconnectGate(pause: settings.reconnectPause)
        state = Mutex(State(maximum: settings.maximumConnections, maximumWaiters: settings.maximumWaiters))
    }

    // MARK: - Use

    /// Runs `body` with a connection, on the connection's own thread; each statement is its own transaction.
    ///
    /// When the task is cancelled while a statement runs, the server is told to cancel it, and this throws
    /// `CancellationError`.
    /// - Throws: `PoolError` without a connection to give, `PostgresError`, or what `body` throws.
    public func withConnection<T: Sendable>(_ body: @Sendable (Connection) throws -> T) async throws -> T {
        try await lease { session, link in try await session.run(link, body) }
    }

    /// Runs `body` in a transaction: COMMIT when it returns, ROLLBACK when it throws. The body blocks its connection and
    /// its locks, so it does nothing but database work. It is not run twice: see `TransactionError.isTransient`.
    /// - Throws: `TransactionError`; `PoolError` or `PostgresError` when there was no connection; `CancellationError` when the
    ///   task was cancelled before COMMIT was sent. COMMIT itself is not cancelled.
    public func transaction<T: Sendable>(
        _ options: TransactionOptions = .readCommitted, _ body: @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await lease { session, link in try await session.transact(options, link, body) }
    }

    /// Runs one statement in its own transaction.
    public func query(_ sql: SQL) async throws -> Rows {
        try await withConnection { try $0.query(sql) }
    }

    /// Runs one statement in its own transaction.
    /// - Returns: the rows inserted, updated, deleted or selected.
    @discardableResult
    public func execute(_ sql: SQL) async throws -> Int {
        try await withConnection { try $0.execute(sql) }
    }

    /// How the pool stands now.
    public var status: PoolStatus {
        state.withLock { PoolStatus(idle: $0.idle.count, leased: $0.leased, waiting: $0.waiting.count) }
    }

    // MARK: - Life

    /// Checks idle connections until the process shuts down, then closes the pool: waiting callers get `PoolError.closed`,
    /// and connections at work are closed when their work ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown { @Sendable in await self.checkUntilCancelled() }
        await close()
    }

    private func checkUntilCancelled() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.healthCheckInterval)
            if !Task.isCancelled { await checkIdleConnections() }
        }
    }

    /// Lets nobody in any more and closes the idle connections.
    public func close() async {
        let (idle, waiting) = state.withLock { $0.close() }
        for waiter in waiting { waiter.waiter.resume(throwing: PoolError.closed) }
        for session in idle { await session.close() }
    }

    /// One round of what `run()` does at each interval.
    func checkIdleConnections() async {
        let now = ContinuousClock.now
        let due = state.withLock { $0.takeIdle(checkedBy: now - settings.healthCheckInterval) }
        for idle in due {
            if now - idle.since >= settings.idleLifetime {
                await idle.item.close()
            } else {
                await idle.item.checkHealth()
            }
            let next = state.withLock { $0.release(idle, now: .now) }
            next?.waiter.resume(returning: idle.item)
        }
    }

    // MARK: - Leases

    private func lease<T: Sendable>(
        _ work: (Session, CancellationLink) async throws -> T
    ) async throws -> T {
        let session = try await acquire()
        defer { release(session) }
        return try await Self.cancellable { link in try await work(session, link) }
    }

    /// Runs `work` with a link that asks the server to cancel when the task is cancelled.
    static func cancellable<T: Sendable>(_ work: (CancellationLink) async throws -> T) async throws -> T {
        let link = CancellationLink()
        return try await withTaskCancellationHandler {
            try await work(link)
        } onCancel: {
            link.request()
        }
    }

    private func acquire() async throws -> Session {
        try Task.checkCancellation()
        let id = nextWaiter.wrappingAdd(1, ordering: .relaxed).newValue
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(id, continuation)
                // A cancellation that came before there was anything to remove has passed its handler by.
                if Task.isCancelled { abandon(id) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    private func enter(_ id: UInt64, _ continuation: CheckedContinuation<Session, any Error>) {
        let deadline = ContinuousClock.now + settings.acquireTimeout
        let (acquisition, armsTimer) = state.withLock { state -> (State.Acquisition, Bool) in
            let acquisition = state.acquire()
            guard case .wait = acquisition else { return (acquisition, false) }
            return (acquisition, state.wait(State.Waiting(id: id, waiter: continuation, deadline: deadline)))
        }
        switch acquisition {
        case .take(let session):
            continuation.resume(returning: session)
        case .open:
            continuation.resume(returning: Session(settings: settings, gate: gate))
        case .wait:
            if armsTimer { scheduleExpiry(at: deadline) }
        case .exhausted(let waiting):
            continuation.resume(throwing: PoolError.exhausted(connections: settings.maximumConnections, waiting: waiting))
        case .closed:
            continuation.resume(throwing: PoolError.closed)
        }
    }

    private func abandon(_ id: UInt64) {
        let waiter = state.withLock { $0.cancel(id) }
        waiter?.waiter.resume(throwing: CancellationError())
    }

    private func release(_ session: Session) {
        let now = ContinuousClock.now
        // Into the hands of who has waited longest, so that nobody overtakes.
        let next = state.withLock { $0.release(session, now: now) }
        next?.waiter.resume(returning: session)
    }

    private func scheduleExpiry(at deadline: ContinuousClock.Instant) {
        let delay = max(.zero, deadline - .now)
        let nanoseconds = Int(delay.components.seconds) * 1_000_000_000 + Int(delay.components.attoseconds / 1_000_000_000)
        timers.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [weak self] in self?.expireWaiters() }
    }

    private func expireWaiters() {
        let (expired, next) = state.withLock { $0.expire(now: .now) }
        for waiter in expired {
            waiter.waiter.resume(
                throwing: PoolError.timedOut(after: settings.acquireTimeout, connections: settings.maximumConnections))
        }
        if let next { scheduleExpiry(at: next) }
    }
}

/// A pool's connections and callers at one moment.
public struct PoolStatus: Sendable, Equatable {
    public let idle: Int
    public let leased: Int
    public let waiting: Int
}
