public import Domain
import Postgres

extension TicketQueries {
    /// Every attempt to answer a ticket, the first one first; empty outside the scope.
    ///
    /// - Parameter includingWithheld: with those that the requester was not shown.
    public func answers(of id: TicketID, in scope: TicketScope, includingWithheld: Bool) async throws -> [StoredAnswer] {
        let audience: SQL = includingWithheld ? "" : "AND message_id IS NOT NULL"
        return try await pool.query(
            """
            SELECT \(AnswerRow.columns) FROM helpdesk.answers WHERE ticket_id = \(id.uuid) \(audience)
            AND EXISTS (SELECT FROM helpdesk.tickets WHERE id = \(id.uuid) AND \(scope.condition)) ORDER BY number
            """
        ).map(AnswerRow.decode)
    }

    /// The newest answer that the requester was shown; nil when there is none, and outside the scope.
    public func shownAnswer(of id: TicketID, in scope: TicketScope) async throws -> StoredAnswer? {
        try await pool.query(
            """
            SELECT \(AnswerRow.columns) FROM helpdesk.answers WHERE ticket_id = \(id.uuid) AND message_id IS NOT NULL
            AND EXISTS (SELECT FROM helpdesk.tickets WHERE id = \(id.uuid) AND \(scope.condition)) ORDER BY number DESC LIMIT 1
            """
        ).first.map(AnswerRow.decode)
    }
}
