public import Domain
import Foundation
import Postgres

extension PostgresTicketTransaction: EnrichmentTransaction {
    public func enrichmentFacts(of ids: [TicketID]) throws -> [TicketID: EnrichmentFacts] {
        var facts: [TicketID: EnrichmentFacts] = [:]
        for row in try connection.query(
            """
            SELECT t.id, (SELECT coalesce(max(number), 0) FROM helpdesk.answers AS a WHERE a.ticket_id = t.id),
            (SELECT coalesce(max(number), 0) FROM helpdesk.suggestions AS s WHERE s.ticket_id = t.id),
            EXISTS (SELECT FROM helpdesk.messages AS m
                WHERE m.ticket_id = t.id AND m.visibility = 'public' AND m.author_kind IN ('agent', 'ai'))
            FROM unnest(\(ids.map(\.uuid))) AS t(id)
            """)
        {
            facts[TicketID(try row.decode(at: 0))] = EnrichmentFacts(
                answers: Int(try row.decode(Int32.self, at: 1)), suggestions: Int(try row.decode(Int32.self, at: 2)),
                hasResponse: try row.decode(at: 3))
        }
        return facts
    }

    public func write(_ changes: EnrichmentChanges) throws {
        try write(changes.tickets)
        _ = try connection.pipeline(
            [
                changes.suggestions.isEmpty ? nil : SuggestionRow.insert(changes.suggestions),
                changes.answers.isEmpty ? nil : try ModelAnswerRow.insert(changes.answers)
            ].compactMap { $0 })
    }
}

extension TicketQueries {
    /// What the language model suggests for a ticket, newest first; at most 20. For those who work tickets, not for requesters.
    public func suggestions(for id: TicketID) async throws -> [Suggestion] {
        try await pool.query(
            "SELECT \(SuggestionRow.columns) FROM helpdesk.suggestions WHERE ticket_id = \(id.uuid) ORDER BY number DESC LIMIT 20"
        ).map(SuggestionRow.decode)
    }
}
