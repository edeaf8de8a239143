public import Domain
public import Foundation
import Postgres
public import WorkerRuntime

extension PostgresLedger {
    /// The tickets with a timer that is due, the longest first. Read without a lock: whoever has the ticket's lock looks again.
    public func dueTimers(limit: Int) async throws(LedgerError) -> [TicketID] {
        try await attempt {
            try await pool.query(
                """
                SELECT ticket_id FROM (SELECT ticket_id, due_at FROM helpdesk.timers WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT \(limit)) AS d
                GROUP BY ticket_id ORDER BY min(due_at)
                """
            ).map { TicketID(try $0.decode(UUID.self, at: 0)) }
        }
    }

    /// When the next timer is due; nil when there is none.
    public func nextTimer() async throws(LedgerError) -> Date? {
        try await attempt { try await pool.query("SELECT min(due_at) FROM helpdesk.timers").scalar(Date?.self) }
    }

    /// One transaction for timers: what `record` emits is stored with what it writes.
    /// - Parameter record: answers with the events, and with what the caller wants to know.
    /// - Returns: the outbox rows to be published.
    public func commitTimers<Value: Sendable>(
        record: @escaping @Sendable (PostgresTicketTransaction) throws -> ([EmittedEvent], Value)
    ) async throws(LedgerError) -> ([OutboxRow], Value) {
        let result = try await attempt {
            try await pool.transaction { connection in
                let (events, value) = try record(PostgresTicketTransaction(connection))
                let rows = events.map { OutboxRow(id: $0.id, record: $0.record) }
                if !rows.isEmpty { _ = try connection.execute(OutboxSQL.insert(rows)) }
                FaultPoint.hit(.beforeCommit)
                return (rows, value)
            }
        }
        FaultPoint.hit(.afterCommit)
        return result
    }

    /// Puts the due timers of a ticket off, because evaluating it fails and others wait behind it.
    public func postponeTimers(of ticket: TicketID, by pause: Duration) async throws(LedgerError) {
        try await attempt {
            _ = try await pool.execute(
                """
                UPDATE helpdesk.timers SET due_at = clock_timestamp() + make_interval(secs => \(pause.seconds))
                WHERE ticket_id = \(ticket.uuid) AND due_at <= clock_timestamp()
                """)
        }
    }

    /// Takes away the timers of tickets that have no row: nobody could ever evaluate them.
    public func dropTimers(ofMissing tickets: [TicketID]) async throws(LedgerError) {
        try await attempt {
            _ = try await pool.execute(
                """
                DELETE FROM helpdesk.timers AS r WHERE ticket_id = ANY(\(tickets.map(\.uuid)))
                AND NOT EXISTS (SELECT FROM helpdesk.tickets AS t WHERE t.id = r.ticket_id AND t.version > 0)
                """)
        }
    }
}
