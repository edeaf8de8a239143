public import Domain
public import Foundation
import Postgres
import WorkerRuntime

/// Throws `LedgerError`.
extension PostgresLedger: ModelAnswerStore {
    public func modelAnswer(
        consumer: String, event: UUID, promptVersion: String, ticket: TicketID
    ) async throws -> ModelAnswerRecord {
        try await attempt {
            try await pool.withConnection { connection in
                let results = try connection.pipeline([
                    """
                    SELECT EXISTS (SELECT FROM helpdesk.inbox WHERE consumer = \(consumer) AND event_id = \(event) AND outcome <> 'replaying'),
                    EXISTS (SELECT FROM helpdesk.tickets WHERE id = \(ticket.uuid) AND version > 0)
                    """, Self.answer(event, promptVersion)
                ])
                // Two EXISTS and no FROM: the server answers one row or an error, which has been thrown above.
                guard let row = results[0].first else { preconditionFailure("a SELECT without FROM has one row") }
                return ModelAnswerRecord(
                    isHandled: try row.decode(at: 0), hasTicket: try row.decode(at: 1), answer: try results[1].first.map(ModelAnswerRow.decode))
            }
        }
    }

    public func store(_ answer: ModelAnswer) async throws -> ModelAnswer {
        try await attempt {
            // Two statements that see each other: whoever lost the race reads what won it.
            try await pool.transaction { connection in
                _ = try connection.execute(try ModelAnswerRow.insert([answer]))
                return try connection.query(Self.answer(answer.event, answer.promptVersion)).first.map(ModelAnswerRow.decode) ?? answer
            }
        }
    }

    private static func answer(_ event: UUID, _ promptVersion: String) -> SQL {
        "SELECT \(ModelAnswerRow.columns) FROM helpdesk.model_answers WHERE event_id = \(event) AND prompt_version = \(promptVersion)"
    }
}
