public import Domain
public import Postgres
import Foundation
import WorkerRuntime

/// Tickets inside a transaction of PostgreSQL. Every statement takes a whole set: one round trip for each table and batch.
public struct PostgresTicketTransaction: TicketTransaction {
    let connection: Connection

    public init(_ connection: Connection) {
        self.connection = connection
    }

    // Locks that keep out each other and nobody else: a ticket's id never changes, so rows that only refer to it, like the search's, need not wait.
    public func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        let rows = try connection.query(
            "SELECT \(TicketRow.columns) FROM helpdesk.tickets WHERE id = ANY(\(ids.map(\.uuid))) ORDER BY id FOR NO KEY UPDATE")
        var locked: [TicketID: LockedTicket] = [:]
        for row in rows {
            let ticket = try TicketRow.decode(row)
            locked[ticket.id] = ticket.version == 0 ? .stub : .ticket(ticket)
        }
        return locked
    }

    public func lockOrStub(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        // In id order, like every lock on tickets: an insert waits for another's uncommitted row of the same id.
        try connection.execute(
            """
            INSERT INTO helpdesk.tickets (id, version)
            SELECT id, 0 FROM unnest(\(ids.sorted().map(\.uuid))) AS t(id) ON CONFLICT DO NOTHING
            """)
        return try lock(ids)
    }

    public func parkedReplies(of ids: [TicketID]) throws -> [ParkedReply] {
        try connection.query(
            """
            SELECT \(ParkedReplyRow.columns) FROM helpdesk.parked_replies
            WHERE ticket_id = ANY(\(ids.map(\.uuid))) ORDER BY parked_at, topic, partition, record_offset
            """
        ).map(ParkedReplyRow.decode)
    }

    public func responders(to ids: [TicketID]) throws -> [TicketID: Set<Author.Kind>] {
        var responders: [TicketID: Set<Author.Kind>] = [:]
        for row in try connection.query(
            """
            SELECT DISTINCT ticket_id, author_kind FROM helpdesk.messages
            WHERE ticket_id = ANY(\(ids.map(\.uuid))) AND visibility = 'public' AND author_kind IN ('agent', 'ai')
            """)
        {
            responders[TicketID(try row.decode(at: 0)), default: []].insert(try TicketRow.known(row.decode(at: 1)))
        }
        return responders
    }

    public func mergeChains(of ids: [TicketID]) throws -> Set<TicketID> {
        Set(
            try connection.query(
                """
                WITH RECURSIVE chain AS (
                    SELECT merged_into AS id FROM helpdesk.tickets WHERE id = ANY(\(ids.map(\.uuid))) AND merged_into IS NOT NULL
                    UNION SELECT t.merged_into FROM chain JOIN helpdesk.tickets AS t USING (id) WHERE t.merged_into IS NOT NULL
                ) SELECT id FROM chain
                """
            ).map { TicketID(try $0.decode(at: 0)) })
    }

    public func write(_ changes: TicketChanges) throws {
        _ = try connection.pipeline(
            [
                changes.inserted.isEmpty ? nil : TicketRow.insert(changes.inserted),
                changes.updated.isEmpty ? nil : TicketRow.update(changes.updated),
                changes.messages.isEmpty ? nil : MessageRow.insert(changes.messages),
                changes.classifications.isEmpty ? nil : ClassificationRow.insert(changes.classifications),
                changes.answers.isEmpty ? nil : AnswerRow.insert(changes.answers),
                changes.history.isEmpty ? nil : HistoryRow.insert(changes.history),
                changes.links.isEmpty ? nil : LinkRow.insert(changes.links),
                TicketSearch.Enqueue.insert(changes),
                changes.parked.isEmpty ? nil : ParkedReplyRow.insert(changes.parked),
                changes.unparked.isEmpty
                    ? nil : "DELETE FROM helpdesk.parked_replies WHERE event_id = ANY(\(changes.unparked))"
            ].compactMap { $0 })
    }
}
