import CPostgres

/// Owns one connection, or none while it is closed, and is the only one to touch it: an actor on its own executor.
actor Session {
    private let executor: ConnectionExecutor
    private let settings: PostgresSettings
    private let gate: ReconnectGate
    private var connection: Connection?
    /// Whether a lost connection is opened again. Not for one whose session state (a lock, LISTEN) is the point.
    private let reopens: Bool
    private var wasOpened = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(settings: PostgresSettings, gate: ReconnectGate, reopens: Bool = true) {
        self.settings = settings
        self.gate = gate
        self.reopens = reopens
        executor = ConnectionExecutor(label: "postgres.session")
    }

    /// Runs `body` on the connection, opening it first where needed.
    func run<T: Sendable>(_ link: CancellationLink, _ body: @Sendable (Connection) throws -> T) throws -> T {
        let connection = try open()
        try begin(link, on: connection)
        defer { end(link, on: connection) }
        return try body(connection)
    }

    /// Runs `body` in a transaction.
    func transact<T: Sendable>(
        _ options: TransactionOptions, _ link: CancellationLink, _ body: @Sendable (Connection) throws -> T
    ) throws -> T {
        var connection = try open()
        try begin(link, on: connection)
        defer { end(link, on: connection) }
        do {
            _ = try connection.simple(options.begin)
        } catch let error as CancellationError {
            throw error
        } catch {
            guard connection.handle.isBroken, reopens else { throw TransactionError(begin: error) }
            // BEGIN changed nothing, so a connection that died unnoticed costs the caller nothing either.
            connection = try open()
            try begin(link, on: connection)
            do { _ = try connection.simple(options.begin) } catch { throw TransactionError(begin: error) }
        }
        let value: T
        do {
            value = try body(connection)
        } catch {
            throw rollBack(connection, link, after: error)
        }
        try commit(connection, link)
        return value
    }

    /// A round trip on an open connection; closes one that fails it.
    func checkHealth() {
        guard let connection else { return }
        if !connection.handle.seemsAlive() || (try? connection.simple("SELECT 1")) == nil { close() }
    }

    func close() {
        connection = nil
    }

    /// Opens the connection, unless it stands.
    func connect() throws {
        _ = try open()
    }

    func open() throws -> Connection {
        if let connection {
            if connection.handle.seemsAlive() { return connection }
            close()
        }
        if wasOpened && !reopens {
            throw PostgresError.connection("the session's connection was lost, and with it its locks; begin a new session")
        }
        let attempt = try gate.enter()
        do {
            let handle = try ConnectionHandle(parameters: settings.parameters)
            gate.succeeded()
            let opened = Connection(handle: handle, statementCapacity: settings.preparedStatements)
            connection = opened
            wasOpened = true
            return opened
        } catch {
            gate.failed(attempt, error)
            throw error
        }
    }

    // MARK: - Inside

    private func begin(_ link: CancellationLink, on connection: Connection) throws {
        try link.attach(connection.cancelKey)
        connection.link = link
    }

    private func end(_ link: CancellationLink, on connection: Connection) {
        link.shield()
        // The one on which the work ended may be another than the one on which it began.
        let current = self.connection ?? connection
        current.link = nil
        if !current.handle.isBroken, current.isInTransaction { _ = try? current.simple("ROLLBACK") }
        if current.handle.isBroken || current.isInTransaction { close() }
    }

    private func rollBack(_ connection: Connection, _ link: CancellationLink, after body: any Error) -> any Error {
        link.shield()
        var failure = TransactionError(body: body)
        do {
            if connection.handle.isBroken {
                // The server rolls back what has lost its client.
                close()
            } else {
                _ = try connection.simple("ROLLBACK")
            }
        } catch {
            failure.rollback = error
            close()
        }
        return body is CancellationError ? body : failure
    }

    private func commit(_ connection: Connection, _ link: CancellationLink) throws {
        // A cancelled COMMIT would leave its caller not knowing; it is short, and bounded by statement_timeout.
        link.shield()
        switch connection.handle.transactionStatus {
        case PQTRANS_INTRANS:
            break
        case PQTRANS_INERROR:
            // COMMIT would answer ROLLBACK and look like a success.
            let hidden = PostgresError(
                kind: .server, sqlState: "25P02",
                message: "a statement failed inside the transaction and the body went on; the transaction was rolled back")
            throw rollBack(connection, link, after: hidden)
        default:
            if connection.handle.isBroken {
                throw TransactionError(body: PostgresError.connection("the connection was lost inside the transaction"))
            }
            throw TransactionError(
                body: PostgresError(
                    kind: .server, sqlState: "25P01",
                    message: "the body ended the transaction itself; leave BEGIN, COMMIT and ROLLBACK to the pool"))
        }
        do {
            let result = try connection.simple("COMMIT")
            guard result.commandTag == "COMMIT" else {
                throw PostgresError(
                    kind: .server, sqlState: "25P02", message: "expected COMMIT, the server answered \(result.commandTag)")
            }
        } catch {
            throw TransactionError(commit: error, commitOutcomeUnknown: connection.handle.isBroken)
        }
    }
}
