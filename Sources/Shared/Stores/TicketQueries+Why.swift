public import Domain
import Postgres

/// Everything that was decided about a ticket before the policy: labels, answers, and what a language model suggested.
public struct TicketAccount: Sendable, Hashable {
    public var ticket: Ticket
    /// By revision.
    public var classifications: [StoredClassification]
    /// By number.
    public var answers: [StoredAnswer]
    /// By number; for whoever works the ticket, never for its requester.
    public var suggestions: [Suggestion]
}

extension TicketQueries {
    /// The newest `partLimit` of each kind, from one snapshot; nil outside the scope.
    ///
    /// - Parameter includingInternal: with answers that were kept back, and with suggestions.
    public func account(of id: TicketID, in scope: TicketScope, includingInternal: Bool) async throws -> TicketAccount? {
        try await pool.transaction(.snapshot) { connection in
            guard let ticket = try Self.ticket(id, scope, includingInternal: includingInternal, connection) else { return nil }
            let audience: SQL = includingInternal ? "" : "AND message_id IS NOT NULL"
            let rows = try connection.pipeline([
                """
                SELECT \(ClassificationRow.columns) FROM helpdesk.classifications WHERE ticket_id = \(id.uuid)
                ORDER BY revision DESC LIMIT \(Self.partLimit)
                """,
                """
                SELECT \(AnswerRow.columns) FROM helpdesk.answers WHERE ticket_id = \(id.uuid) \(audience)
                ORDER BY number DESC LIMIT \(Self.partLimit)
                """,
                """
                SELECT \(SuggestionRow.columns) FROM helpdesk.suggestions WHERE ticket_id = \(id.uuid) AND \(includingInternal)
                ORDER BY number DESC LIMIT \(Self.partLimit)
                """
            ])
            return TicketAccount(
                ticket: ticket, classifications: try rows[0].map(ClassificationRow.decode).reversed(),
                answers: try rows[1].map(AnswerRow.decode).reversed(), suggestions: try rows[2].map(SuggestionRow.decode).reversed())
        }
    }
}
