import Domain
import Foundation
import Postgres

/// Answers as rows.
enum AnswerRow {
    static let columns: SQL = """
        ticket_id, number, event_id, stage, outcome, message_id, language, text, citations, articles, reason, library_version, model, \
        prompt_version, at
        """

    /// Citations travel as one text each, since unnest flattens nested arrays; none holds a space.
    static func insert(_ answers: [StoredAnswer]) -> SQL {
        let content: SQL = """
            \(answers.map(\.messageID)), \(answers.map(\.language)), \(answers.map(\.text)), \
            \(answers.map { $0.citations.joined(separator: " ") }), \(answers.map { JSONB(bytes: $0.articles.json) }), \
            \(answers.map(\.reason))
            """
        let versions: SQL = "\(answers.map(\.library)), \(answers.map(\.model)), \(answers.map(\.promptVersion))"
        return """
            INSERT INTO helpdesk.answers (\(columns))
            SELECT t.ticket_id, t.number, t.event_id, t.stage, t.outcome, t.message_id, t.language, t.text, string_to_array(t.citations, ' '), \
            t.articles, t.reason, t.library_version, t.model, t.prompt_version, t.at
            FROM unnest(\(answers.map(\.ticket.uuid)), \(answers.map { Int32($0.number) }), \(answers.map(\.cause)), \(answers.map(\.stage)), \
            \(answers.map(\.outcome.rawValue)), \(content), \(versions), \(answers.map(\.at))) AS t(\(columns))
            """
    }

    static func decode(_ row: Row) throws -> StoredAnswer {
        var column = -1
        func next<T: PostgresDecodable>(_ type: T.Type = T.self) throws -> T {
            column += 1
            return try row.decode(type, at: column)
        }
        return StoredAnswer(
            ticket: TicketID(try next()), number: Int(try next(Int32.self)), cause: try next(), stage: try next(),
            outcome: try TicketRow.known(next()), messageID: try next(), language: try next(), text: try next(), citations: try next(),
            articles: try next(JSONB.self).decode([AnswerEvidence].self), reason: try next(), library: try next(), model: try next(),
            promptVersion: try next(), at: try next())
    }
}
