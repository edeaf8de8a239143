extension ConnectionPool {
    /// Opens a connection outside the pool for an owner whose life is not a scope. The owner closes it.
    /// - Parameter overrides: session settings on top of the pool's.
    /// - Throws: `PostgresError` when it cannot be opened.
    public func openDedicated(session overrides: [String: String] = [:]) async throws -> DedicatedSession {
        var settings = settings
        settings.session.merge(overrides) { _, override in override }
        let session = Session(settings: settings, gate: gate, reopens: false)
        try await session.connect()
        return DedicatedSession(session: session)
    }
}

extension DedicatedSession {
    /// Ends the session, and with it its locks. Using it afterwards throws a connection error.
    public func close() async {
        await session.close()
    }
}
