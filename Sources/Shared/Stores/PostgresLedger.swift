import Domain
public import Foundation
import Messaging
public import Postgres
public import WorkerRuntime

/// The ledger in PostgreSQL: inbox, outbox, assignments and attempts, in the transaction that holds a stage's own writes.
public struct PostgresLedger: Ledger {
    public typealias Transaction = PostgresTicketTransaction

    let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    public func commit(
        consumer: String, entries: [LedgerEntry],
        record: @escaping @Sendable (_ fresh: [Int], _ transaction: PostgresTicketTransaction) throws -> [Outcome]
    ) async throws(LedgerError) -> [LedgerResult] {
        let results = try await attempt {
            try await pool.transaction { connection in
                var results = try claim(entries, consumer, connection)
                let fresh = entries.indices.filter { results[$0] == nil }
                let outcomes = fresh.isEmpty ? [] : try record(fresh, PostgresTicketTransaction(connection))
                precondition(outcomes.count == fresh.count, "a stage answers every decision with one outcome")
                for (index, outcome) in zip(fresh, outcomes) { results[index] = Self.result(of: outcome) }
                try settle(entries, results, fresh, consumer, connection)
                FaultPoint.hit(.beforeCommit)
                return results.map { $0 ?? .duplicate }
            }
        }
        FaultPoint.hit(.afterCommit)
        return results
    }

    /// Claims the entries; nil where the event is new, and ours.
    private func claim(_ entries: [LedgerEntry], _ consumer: String, _ connection: Connection) throws -> [LedgerResult?] {
        // Sorted, so that two workers that hold the same events wait for each other in one direction only.
        let ordered = entries.indices.filter { !entries[$0].isReplay }.sorted { entries[$0].eventID.isBefore(entries[$1].eventID) }
        var claimed = Set(
            try connection.query(
                """
                INSERT INTO helpdesk.inbox (consumer, event_id, payload_hash, outcome)
                SELECT \(consumer), e, h, 'applied'
                FROM unnest(\(ordered.map { entries[$0].eventID }), \(ordered.map { entries[$0].payloadHash })) AS t(e, h)
                ON CONFLICT DO NOTHING RETURNING event_id
                """
            ).map { try $0.decode(UUID.self, at: 0) })
        if Breakage.noInbox.isOrdered { return entries.map { _ in nil } }
        let replays = entries.filter(\.isReplay).map(\.eventID)
        if !replays.isEmpty {
            claimed.formUnion(
                try connection.query(
                    """
                    UPDATE helpdesk.inbox SET outcome = 'applied', detail = 'replayed' WHERE consumer = \(consumer)
                    AND event_id = ANY(\(replays)) AND outcome = 'replaying' RETURNING event_id
                    """
                ).map { try $0.decode(UUID.self, at: 0) })
        }
        guard claimed.count < entries.count else { return entries.map { _ in nil } }
        let known = entries.map(\.eventID).filter { !claimed.contains($0) }
        var hashes: [UUID: [UInt8]] = [:]
        for row in try connection.query(
            "SELECT event_id, payload_hash FROM helpdesk.inbox WHERE consumer = \(consumer) AND event_id = ANY(\(known))")
        {
            hashes[try row.decode(at: 0)] = try row.decode([UInt8].self, at: 1)
        }
        return entries.map { entry in
            if claimed.contains(entry.eventID) { return nil }
            if entry.isReplay && hashes[entry.eventID] == nil {
                return .dead(.invalid, message: DeadLetter.unknownReplay)
            }
            return entry.isReplay || hashes[entry.eventID] == entry.payloadHash ? .duplicate : .conflict
        }
    }

    private static func result(of outcome: Outcome) -> LedgerResult {
        switch outcome {
        case .applied(let events): .applied(events.map { OutboxRow(id: $0.id, record: $0.record) })
        case .ignored(let reason): .ignored(reason: reason)
        case .dead(let reason, let message): .dead(reason, message: message)
        }
    }

    private func settle(
        _ entries: [LedgerEntry], _ results: [LedgerResult?], _ fresh: [Int], _ consumer: String, _ connection: Connection
    ) throws {
        var rows: [OutboxRow] = []
        var ignored: [(id: UUID, reason: String)] = []
        var dead: [UUID] = []
        var deadReplays: [UUID] = []
        for index in fresh {
            switch results[index] {
            case .applied(let events): rows.append(contentsOf: events)
            case .ignored(let reason): ignored.append((entries[index].eventID, reason))
            case .dead: entries[index].isReplay ? deadReplays.append(entries[index].eventID) : dead.append(entries[index].eventID)
            case .duplicate, .conflict, nil: break
            }
        }
        var statements: [SQL] = []
        if !ignored.isEmpty {
            statements.append(
                """
                UPDATE helpdesk.inbox AS i SET outcome = 'ignored', detail = t.reason
                FROM unnest(\(ignored.map(\.id)), \(ignored.map(\.reason))) AS t(id, reason)
                WHERE i.consumer = \(consumer) AND i.event_id = t.id
                """)
        }
        // Not handled yet: its mark comes with its dead letter.
        if !dead.isEmpty {
            statements.append("DELETE FROM helpdesk.inbox WHERE consumer = \(consumer) AND event_id = ANY(\(dead))")
        }
        if !deadReplays.isEmpty {
            statements.append(
                """
                UPDATE helpdesk.inbox SET outcome = 'replaying', detail = NULL
                WHERE consumer = \(consumer) AND event_id = ANY(\(deadReplays))
                """)
        }
        if !rows.isEmpty, !Breakage.directPublish.isOrdered { statements.append(OutboxSQL.insert(rows)) }
        if !statements.isEmpty { _ = try connection.pipeline(statements) }
    }

    public func markDead(consumer: String, _ marks: [DeadMark]) async throws(LedgerError) {
        // Copies of one letter may stand in one batch; a statement may touch a row only once.
        var seen: Set<UUID> = []
        let marks = marks.filter { seen.insert($0.id).inserted }.sorted { $0.id.isBefore($1.id) }
        try await attempt {
            _ = try await pool.execute(
                """
                INSERT INTO helpdesk.inbox AS i (consumer, event_id, payload_hash, outcome, detail, attempts, origin)
                SELECT \(consumer), e, h, 'dead', d, a, o
                FROM unnest(\(marks.map(\.id)), \(marks.map(\.payloadHash)), \(marks.map { "\($0.reason.rawValue): \($0.message)" }), \
                \(marks.map { Int16($0.attempts) }), \(marks.map(\.origin))) AS t(e, h, d, a, o)
                ON CONFLICT (consumer, event_id) DO UPDATE SET outcome = 'dead', detail = excluded.detail, attempts = excluded.attempts
                WHERE i.outcome = 'replaying'
                """)
        }
    }

    public func handled(consumer: String, _ ids: [UUID]) async throws(LedgerError) -> Set<UUID> {
        if Breakage.noInbox.isOrdered { return [] }
        return try await attempt {
            Set(
                try await pool.query(
                    """
                    SELECT event_id FROM helpdesk.inbox
                    WHERE consumer = \(consumer) AND event_id = ANY(\(ids)) AND outcome <> 'replaying'
                    """
                ).map { try $0.decode(UUID.self, at: 0) })
        }
    }

    public func probe() async -> Bool {
        do {
            try await pool.execute(
                """
                INSERT INTO helpdesk.write_probe (id, at) VALUES (1, clock_timestamp())
                ON CONFLICT (id) DO UPDATE SET at = clock_timestamp()
                """)
            return true
        } catch {
            return false
        }
    }

    // MARK: Errors

    /// Runs `body` and says of its failure what the runtime needs to know. The ledger knows SQLSTATEs so that the runtime need not.
    func attempt<T: Sendable>(_ body: () async throws -> T) async throws(LedgerError) -> T {
        do {
            return try await body()
        } catch {
            throw Self.ledgerError(of: error)
        }
    }

    static func ledgerError(of error: any Error) -> LedgerError {
        if error is CancellationError { return .transient("cancelled") }
        if let error = error as? PoolError { return .transient("\(error)") }
        let transaction = error as? TransactionError
        if transaction?.commitOutcomeUnknown == true { return .transient("the outcome of COMMIT is unknown") }
        let primary = transaction?.primary ?? error
        guard let postgres = (primary as? PostgresError) ?? primary.postgresError else {
            return .failed(reason: String(reflecting: type(of: primary)), message: "\(primary)")
        }
        switch postgres.sqlState {
        case "40001", "40P01": return .conflict("\(postgres)")
        // Somebody stubbed or stored the ticket between our look and our insert.
        case "23505" where postgres.constraint == "tickets_pkey": return .conflict("\(postgres)")
        // A day of facts got a partition of its own while we filed into the default one.
        case "23514" where postgres.table == "metric_facts_default": return .conflict("\(postgres)")
        default: break
        }
        if postgres.isTransient { return .transient("\(postgres)") }
        return .failed(reason: [postgres.sqlState, postgres.constraint].compactMap { $0 }.joined(separator: " "), message: "\(postgres)")
    }
}

extension Error {
    fileprivate var postgresError: PostgresError? { self as? PostgresError }
}
