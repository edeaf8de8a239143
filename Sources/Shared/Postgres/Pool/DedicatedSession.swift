/// A connection of one's own, for what lives as long as a session: an advisory lock, a LISTEN, a SET. It is not opened
/// again when it is lost, since the lock would be lost silently; every use then throws a connection error.
public final class DedicatedSession: Sendable {
    let session: Session

    init(session: Session) {
        self.session = session
    }

    /// As `ConnectionPool.withConnection(_:)`, on this connection.
    public func withConnection<T: Sendable>(_ body: @Sendable (Connection) throws -> T) async throws -> T {
        try await ConnectionPool.cancellable { link in try await session.run(link, body) }
    }

    /// As `ConnectionPool.transaction(_:_:)`, on this connection.
    public func transaction<T: Sendable>(
        _ options: TransactionOptions = .readCommitted, _ body: @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await ConnectionPool.cancellable { link in try await session.transact(options, link, body) }
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
}

extension ConnectionPool {
    /// Opens a connection outside the pool, and closes it when `body` ends.
    /// - Parameter overrides: session settings on top of the pool's, as in `["idle_session_timeout": "15s"]`.
    /// - Throws: `PostgresError` when it cannot be opened, or what `body` throws.
    public func dedicated<T>(
        session overrides: [String: String] = [:], _ body: (DedicatedSession) async throws -> T
    ) async throws -> T {
        var settings = settings
        settings.session.merge(overrides) { _, override in override }
        let session = Session(settings: settings, gate: gate, reopens: false)
        try await session.connect()
        do {
            let value = try await body(DedicatedSession(session: session))
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }
}
