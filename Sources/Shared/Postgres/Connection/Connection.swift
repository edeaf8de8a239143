import CPostgres

/// One connection, for the length of a `withConnection` or `transaction` body. Its calls block, which is why a body
/// runs on the connection's own thread; it cannot leave that thread, being not Sendable.
public final class Connection {
    let handle: ConnectionHandle
    let cancelKey: CancelKey?
    var statements: StatementCache
    /// Whose work runs; nil outside a lease.
    var link: CancellationLink?

    init(handle: ConnectionHandle, statementCapacity: Int) {
        self.handle = handle
        cancelKey = CancelKey(of: handle)
        statements = StatementCache(capacity: statementCapacity)
    }

    /// The server's process for this connection, as in `pg_stat_activity.pid`.
    public var backendProcess: Int32 { handle.backendProcess }

    /// Whether a transaction is open here.
    public var isInTransaction: Bool { handle.transactionStatus != PQTRANS_IDLE }

    /// Runs a statement.
    /// - Returns: the rows inserted, updated, deleted or selected.
    /// - Throws: `PostgresError`; `CancellationError` when the task that asked was cancelled.
    @discardableResult
    public func execute(_ sql: SQL) throws -> Int {
        try query(sql).affected
    }

    /// Runs a statement and reads its rows, all of them into memory.
    /// - Throws: `PostgresError`; `CancellationError` when the task that asked was cancelled.
    public func query(_ sql: SQL) throws -> Rows {
        try checkBeforeSending(sql)
        let key = StatementCache.Key(text: sql.text, types: sql.parameters.types)
        do {
            return try run(sql, key: key)
        } catch let error as PostgresError where error.isStaleStatement {
            // Inside a transaction the server has aborted it already: running it again is the caller's decision.
            if let stale = statements.remove(key), !isInTransaction {
                deallocate([stale])
                return try run(sql, key: key)
            }
            throw error
        }
    }

    /// Runs several statements without parameters, separated by semicolons, as one. Outside a transaction they are one
    /// transaction of their own, unless the text says otherwise. For migrations and set-up, never for input.
    /// - Throws: `PostgresError`; `CancellationError` when the task that asked was cancelled.
    public func executeScript(_ text: String) throws {
        try checkBeforeSending(SQL(unescaped: text))
        _ = try simple(text)
    }

    // MARK: - Inside

    func checkBeforeSending(_ sql: SQL) throws {
        if link?.isRequested == true { throw CancellationError() }
        if let failure = sql.parameters.failure { throw failure }
        if handle.isBroken { throw PostgresError.connection("the connection was lost earlier; ask for another") }
        if sql.parameters.count > Int(UInt16.max) {
            throw PostgresError.encoding("\(sql.parameters.count) parameters are too many (at most 65535); bind arrays")
        }
        // libpq takes C strings, which would end there and run half a statement.
        if sql.text.utf8.contains(0) { throw PostgresError.encoding("the statement's text contains U+0000; remove it") }
    }

    /// The simple protocol; also for BEGIN, COMMIT and ROLLBACK, which gain nothing from being prepared.
    func simple(_ text: String) throws -> ResultHandle {
        try checked(handle.finish(PQsendQuery(handle.pointer, text)))
    }

    private func run(_ sql: SQL, key: StatementCache.Key) throws -> Rows {
        let statement = try statements.find(key) ?? prepare(key)
        let result = try sql.parameters.withPointers { count, values, lengths, formats in
            try handle.finish(PQsendQueryPrepared(handle.pointer, statement.name, count, values, lengths, formats, 1))
        }
        return rows(try checked(result), of: statement)
    }

    private func prepare(_ key: StatementCache.Key) throws -> StatementCache.Statement {
        let statement = statements.make()
        let types = key.types.map(\.rawValue)
        _ = try checked(
            handle.finish(PQsendPrepare(handle.pointer, statement.name, key.text, Int32(types.count), types)))
        deallocate(statements.insert(statement, for: key))
        return statement
    }

    func deallocate(_ statements: [StatementCache.Statement]) {
        for statement in statements {
            // In an aborted transaction the server refuses even this; the statement then lives as long as the session.
            _ = try? simple("DEALLOCATE \(statement.name)")
        }
    }

    func rows(_ result: ResultHandle, of statement: StatementCache.Statement) -> Rows {
        if let columns = statement.columns, columns.describes(result) { return Rows(result: result, columns: columns) }
        let columns = Columns(of: result)
        statement.columns = columns
        return Rows(result: result, columns: columns)
    }

    /// `result` if it is a success.
    func checked(_ result: ResultHandle) throws -> ResultHandle {
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return result
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // Half-way through COPY the connection can be used for nothing else; giving it up is the way out.
            handle.giveUp()
            throw PostgresError(
                kind: .server, sqlState: "0A000",
                message: "COPY from or to the client is not supported; use INSERT ... SELECT FROM unnest")
        default:
            throw failure(result.error(kind: handle.isBroken ? .connection : .server))
        }
    }

    /// What to throw for `error`: a statement the server cancelled on our own request was cancelled, nothing else.
    func failure(_ error: PostgresError) -> any Error {
        let queryCanceled = "57014"
        if error.sqlState == queryCanceled, link?.isRequested == true { return CancellationError() }
        return error
    }
}

extension Parameters {
    /// The four arrays libpq asks for. They are valid only inside.
    func withPointers<T>(
        _ body: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) throws -> T
    ) throws -> T {
        guard count > 0 else { return try body(0, nil, nil, nil) }
        var lengths: [Int32] = []
        lengths.reserveCapacity(count)
        for (index, entry) in entries.enumerated() {
            guard let length = Int32(exactly: entry.length ?? 0) else {
                throw PostgresError.encoding("parameter $\(index + 1) has \(entry.length ?? 0) bytes; bind it in parts")
            }
            lengths.append(length)
        }
        let formats = [Int32](repeating: 1, count: count)
        return try buffer.bytes.withUnsafeBytes { bytes in
            // An empty value needs some address: a null pointer would mean NULL.
            try withUnsafeBytes(of: UInt8(0)) { empty in
                let base = (bytes.baseAddress ?? empty.baseAddress)?.assumingMemoryBound(to: CChar.self)
                var offset = 0
                let values = entries.map { entry -> UnsafePointer<CChar>? in
                    guard let length = entry.length else { return nil }
                    defer { offset += length }
                    return base.map { $0 + offset }
                }
                return try body(Int32(count), values, lengths, formats)
            }
        }
    }
}
