import CPostgres

extension Connection {
    /// Runs several statements in one round trip. Outside a transaction they are one transaction: all or none; inside
    /// one they are part of it. A later statement is not run when an earlier one fails.
    /// - Returns: the rows of each, in order.
    /// - Throws: the first failure, as `query(_:)`.
    public func pipeline(_ batch: [SQL]) throws -> [Rows] {
        guard batch.count > 1 else { return try batch.map(query) }
        for sql in batch { try checkBeforeSending(sql) }
        do {
            return try runPipeline(batch)
        } catch let error as PostgresError where error.isStaleStatement && !isInTransaction {
            return try runPipeline(batch)
        }
    }

    private struct Pending {
        var key: StatementCache.Key
        var statement: StatementCache.Statement
        var isPrepared: Bool
    }

    private struct Outcome {
        var rows: [Rows] = []
        var failure: (any Error)?
        /// Statements that left the cache; they can be deallocated only after the pipeline.
        var evicted: [StatementCache.Statement] = []
    }

    private func runPipeline(_ batch: [SQL]) throws -> [Rows] {
        guard PQenterPipelineMode(handle.pointer) == 1 else { throw PostgresError.connection(handle.lastError) }
        var outcome = Outcome()
        do {
            defer {
                // It fails while results are unread, and then nothing else can be done with the connection.
                if PQexitPipelineMode(handle.pointer) != 1 { handle.giveUp() }
            }
            var pending: [Pending] = []
            var sendFailure: (any Error)?
            do {
                for sql in batch { pending.append(try send(sql, after: pending)) }
            } catch {
                sendFailure = error
            }
            guard PQpipelineSync(handle.pointer) == 1 else { throw PostgresError.connection(handle.lastError) }
            outcome = try collect(pending)
            outcome.failure = outcome.failure ?? sendFailure
        }
        deallocate(outcome.evicted)
        if let failure = outcome.failure { throw failure }
        return outcome.rows
    }

    private func send(_ sql: SQL, after pending: [Pending]) throws -> Pending {
        let key = StatementCache.Key(text: sql.text, types: sql.parameters.types)
        let known = statements.find(key) ?? pending.first { $0.key == key }?.statement
        let statement = known ?? statements.make()
        if known == nil {
            let types = key.types.map(\.rawValue)
            guard PQsendPrepare(handle.pointer, statement.name, key.text, Int32(types.count), types) == 1 else {
                throw PostgresError.connection(handle.lastError)
            }
        }
        try sql.parameters.withPointers { count, values, lengths, formats in
            guard PQsendQueryPrepared(handle.pointer, statement.name, count, values, lengths, formats, 1) == 1 else {
                throw PostgresError.connection(handle.lastError)
            }
        }
        return Pending(key: key, statement: statement, isPrepared: known != nil)
    }

    /// Reads every answer up to the synchronisation point, whatever fails in between.
    private func collect(_ pending: [Pending]) throws -> Outcome {
        var outcome = Outcome()
        for item in pending {
            if !item.isPrepared {
                let result = try nextResult()
                if outcome.failure == nil {
                    do {
                        _ = try checked(result)
                        outcome.evicted += statements.insert(item.statement, for: item.key)
                    } catch {
                        outcome.failure = error
                    }
                }
            }
            let result = try nextResult()
            guard outcome.failure == nil else { continue }
            do {
                outcome.rows.append(rows(try checked(result), of: item.statement))
            } catch {
                outcome.failure = error
                if (error as? PostgresError)?.isStaleStatement == true, let stale = statements.remove(item.key) {
                    outcome.evicted.append(stale)
                }
            }
        }
        try readToSync()
        return outcome
    }

    private func readToSync() throws {
        // A null pointer ends one statement's results; two in a row mean that nothing more comes.
        var nulls = 0
        while nulls < 2 {
            if let result = PQgetResult(handle.pointer).map(ResultHandle.init) {
                nulls = 0
                if result.status == PGRES_PIPELINE_SYNC { return }
            } else {
                nulls += 1
            }
        }
        throw PostgresError.connection(handle.lastError)
    }

    /// One statement's answer.
    private func nextResult() throws -> ResultHandle {
        guard let first = PQgetResult(handle.pointer) else {
            throw PostgresError.connection(handle.isBroken ? handle.lastError : "the server sent fewer answers than statements")
        }
        let result = ResultHandle(first)
        while let more = PQgetResult(handle.pointer) { PQclear(more) }
        return result
    }
}
