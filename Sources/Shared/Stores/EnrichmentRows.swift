import Domain
import Foundation
import Postgres

/// Answers of language models as rows.
enum ModelAnswerRow {
    static let columns: SQL = """
        event_id, prompt_version, ticket_id, model, content, sources, redacted, input_tokens, output_tokens, cost, attempts, latency, at
        """

    /// Sources travel as one text each, since unnest flattens nested arrays; none holds a line feed.
    static func insert(_ answers: [ModelAnswer]) throws -> SQL {
        // In order of the key: two processes may hold the same event for a while.
        let answers = answers.sorted { $0.event != $1.event ? $0.event.isBefore($1.event) : $0.promptVersion < $1.promptVersion }
        let content: SQL = """
            \(answers.map(\.model)), \(answers.map(\.content)), \(answers.map { $0.sources.joined(separator: "\n") }), \
            \(try answers.map { try JSONB(encoding: $0.redacted) })
            """
        let price: SQL = """
            \(answers.map { Int32(clamping: $0.inputTokens) }), \(answers.map { Int32(clamping: $0.outputTokens) }), \(answers.map(\.cost)), \
            \(answers.map { Int32(clamping: $0.attempts) }), \(answers.map { $0.latency / .seconds(1) })
            """
        return """
            INSERT INTO helpdesk.model_answers (\(columns))
            SELECT t.event_id, t.prompt_version, t.ticket_id, t.model, t.content, string_to_array(t.sources, E'\\n'), t.redacted, \
            t.input_tokens, t.output_tokens, t.cost, t.attempts, t.latency, t.at
            FROM unnest(\(answers.map(\.event)), \(answers.map(\.promptVersion)), \(answers.map(\.ticket.uuid)), \(content), \(price), \
            \(answers.map(\.at))) AS t(\(columns))
            ON CONFLICT DO NOTHING
            """
    }

    static func decode(_ row: Row) throws -> ModelAnswer {
        ModelAnswer(
            event: try row.decode(at: 0), promptVersion: try row.decode(at: 1), ticket: TicketID(try row.decode(at: 2)),
            model: try row.decode(at: 3), content: try row.decode(at: 4), sources: try row.decode(at: 5),
            redacted: try row.decode(JSONB.self, at: 6).decode([String: Int].self), inputTokens: Int(try row.decode(Int32.self, at: 7)),
            outputTokens: Int(try row.decode(Int32.self, at: 8)), cost: try row.decode(at: 9), attempts: Int(try row.decode(Int32.self, at: 10)),
            latency: .seconds(try row.decode(Double.self, at: 11)), at: try row.decode(at: 12))
    }
}

/// Suggestions as rows.
enum SuggestionRow {
    static let columns: SQL = """
        ticket_id, number, event_id, reason, category, tier, severity, confidence, language, rationale, text, citations, model, \
        prompt_version, at
        """

    static func insert(_ rows: [Suggestion]) -> SQL {
        let labels: SQL = """
            \(rows.map(\.category)), \(rows.map { Int16($0.tier.rawValue) }), \(rows.map(\.severity.rawValue)), \(rows.map(\.confidence)), \
            \(rows.map(\.language)), \(rows.map(\.rationale))
            """
        let answer: SQL = "\(rows.map(\.text)), \(rows.map { $0.citations.joined(separator: "\n") })"
        return """
            INSERT INTO helpdesk.suggestions (\(columns))
            SELECT t.ticket_id, t.number, t.event_id, t.reason, t.category, t.tier, t.severity, t.confidence, t.language, t.rationale, t.text, \
            string_to_array(t.citations, E'\\n'), t.model, t.prompt_version, t.at
            FROM unnest(\(rows.map(\.ticket.uuid)), \(rows.map { Int32($0.number) }), \(rows.map(\.cause)), \(rows.map(\.reason.rawValue)), \
            \(labels), \(answer), \(rows.map(\.model)), \(rows.map(\.promptVersion)), \(rows.map(\.at))) AS t(\(columns))
            """
    }

    static func decode(_ row: Row) throws -> Suggestion {
        Suggestion(
            ticket: TicketID(try row.decode(at: 0)), number: Int(try row.decode(Int32.self, at: 1)), cause: try row.decode(at: 2),
            reason: try TicketRow.known(row.decode(at: 3)), category: try row.decode(at: 4),
            tier: try TicketRow.known(Int(try row.decode(Int16.self, at: 5))), severity: try TicketRow.known(row.decode(at: 6)),
            confidence: try row.decode(at: 7), language: try row.decode(at: 8), rationale: try row.decode(at: 9), text: try row.decode(at: 10),
            citations: try row.decode(at: 11), model: try row.decode(at: 12), promptVersion: try row.decode(at: 13), at: try row.decode(at: 14))
    }
}
