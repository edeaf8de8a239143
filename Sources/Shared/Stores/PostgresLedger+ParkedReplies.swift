import Domain
import Foundation
import Postgres
public import WorkerRuntime

extension PostgresLedger {
    /// Turns parked replies whose time is over into dead letters: taken out, marked dead and put into the outbox in one transaction under the
    /// lock of their ticket.
    /// - Returns: the outbox rows to be published.
    public func expireParkedReplies(consumer: String, stage: String, limit: Int = 100) async throws(LedgerError) -> [OutboxRow] {
        try await attempt {
            // Read without a lock, checked again under it.
            let tickets = try await pool.query(
                "SELECT DISTINCT ticket_id FROM helpdesk.parked_replies WHERE expires_at < clock_timestamp() ORDER BY ticket_id LIMIT \(limit)"
            ).map { TicketID(try $0.decode(UUID.self, at: 0)) }
            var rows: [OutboxRow] = []
            for ticket in tickets {
                // In small steps: a ticket may have any number of them.
                var some: [OutboxRow]
                repeat {
                    some = try await pool.transaction { try expire(ticket, consumer, stage, $0) }
                    rows += some
                } while !some.isEmpty
            }
            return rows
        }
    }

    private func expire(_ ticket: TicketID, _ consumer: String, _ stage: String, _ connection: Connection) throws -> [OutboxRow] {
        _ = try PostgresTicketTransaction(connection).lock([ticket])
        let expired = try connection.query(
            """
            DELETE FROM helpdesk.parked_replies WHERE event_id IN (
                SELECT event_id FROM helpdesk.parked_replies
                WHERE ticket_id = \(ticket.uuid) AND expires_at < clock_timestamp() ORDER BY expires_at LIMIT 50
            )
            RETURNING \(ParkedReplyRow.columns)
            """
        ).map(ParkedReplyRow.decode)
        guard !expired.isEmpty else { return [] }
        let message = "field 'ticketId': expected a ticket that arrives within a day of its reply, found none"
        let rows = expired.map { reply in
            OutboxRow(
                id: UUID.v5(namespace: IDNamespace.emitted, stage, reply.raw.id.canonical, "dead-letter", "0"),
                record: DeadLetter.record(
                    of: reply.raw, id: reply.raw.id, reason: .orphaned, message: message, stage: stage, attempts: 0))
        }
        _ = try connection.execute(
            """
            UPDATE helpdesk.inbox SET outcome = 'dead', detail = \("\(DeadReason.orphaned.rawValue): \(message)")
            WHERE consumer = \(consumer) AND event_id = ANY(\(expired.map(\.raw.id)))
            """)
        _ = try connection.execute(OutboxSQL.insert(rows))
        // A stub that locks the place for nobody goes.
        _ = try connection.execute(
            """
            DELETE FROM helpdesk.tickets AS t WHERE id = \(ticket.uuid) AND version = 0
            AND NOT EXISTS (SELECT FROM helpdesk.parked_replies AS p WHERE p.ticket_id = t.id)
            """)
        return rows
    }
}
