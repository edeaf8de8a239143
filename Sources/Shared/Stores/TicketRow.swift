import Domain
import Foundation
import Postgres

/// A ticket as its row.
enum TicketRow {
    /// In the order that `decode` reads.
    static let columns = columns(body: "body", version: "version", messageCount: "message_count", updatedAt: "updated_at")

    /// - Parameters:
    ///   - from: what stands for `helpdesk.tickets`, with its columns: the rows that are read, and no others.
    ///   - isList: with the beginning of each text only: a page of whole texts could be eighty megabytes.
    ///   - includingInternal: false reads what the ticket would be without its internal notes.
    static func select(from rows: SQL, isList: Bool, includingInternal: Bool) -> SQL {
        let body: SQL = isList ? "left(body, 500)" : "body"
        if includingInternal {
            return "SELECT \(columns(body: body, version: "version", messageCount: "message_count", updatedAt: "updated_at")) FROM \(rows)"
        }
        let seen = columns(
            body: body, version: "version - hidden_versions", messageCount: "message_count - hidden_messages",
            updatedAt: "CASE WHEN hidden_versions = 0 THEN updated_at ELSE \(lastSeen) END")
        return """
            SELECT \(seen) FROM \(rows) CROSS JOIN LATERAL (
                SELECT (SELECT count(*) FROM helpdesk.messages AS m WHERE m.ticket_id = tickets.id AND m.visibility = 'internal')::integer
                AS hidden_messages, \(hiddenVersions(of: "tickets.id")) AS hidden_versions
            ) AS notes
            """
    }

    /// How many versions of a ticket its requester does not see.
    static func hiddenVersions(of ticket: SQL) -> SQL {
        "(SELECT count(*) FROM helpdesk.ticket_history AS h WHERE h.ticket_id = \(ticket) AND h.is_internal)::integer"
    }

    /// When something last happened that the requester sees.
    private static let lastSeen: SQL = """
        coalesce((
            SELECT max(h.at) FROM helpdesk.ticket_history AS h WHERE h.ticket_id = tickets.id AND NOT h.is_internal
        ), submitted_at)
        """

    private static func columns(body: SQL, version: SQL, messageCount: SQL, updatedAt: SQL) -> SQL {
        """
        id, \(version), state, requester_id, requester_name, requester_email, persona, channel, subject, \(body), course, module, language, \
        category, category_source, tier, tier_source, severity, severity_source, confidence, needs_human, guardrails, revision, \
        failed_attempts, \(messageCount), cycle, answer, enrichment, classified_at, source, submitted_at, \(updatedAt), assignee, tags, \
        watchers, merged_into
        """
    }

    static func decode(_ row: Row) throws -> Ticket {
        var column = -1
        func next<T: PostgresDecodable>(_ type: T.Type = T.self) throws -> T {
            column += 1
            return try row.decode(type, at: column)
        }
        return Ticket(
            id: TicketID(try next()), version: Int(try next(Int32.self)), state: try known(next()),
            requester: Requester(id: try next(), name: try next(), email: try next()), persona: try known(next()), channel: try next(),
            subject: try next(), body: try next(), course: try next(), module: try next(), language: try next(),
            category: Labelled(try next(String.self), by: try known(next())),
            tier: Labelled(try known(Int(try next(Int16.self))), by: try known(next())),
            severity: Labelled(try known(next()), by: try known(next())), confidence: try next(), needsHuman: try next(),
            guardrails: try next(), revision: Int(try next(Int32.self)), failedAttempts: Int(try next(Int32.self)),
            messageCount: Int(try next(Int32.self)), cycle: Int(try next(Int32.self)), answer: try known(next()), enrichment: try known(next()),
            classifiedAt: try next(), source: try next(), submittedAt: try next(), updatedAt: try next(),
            assignee: try next(), tags: try next(), watchers: try next(), mergedInto: try next(UUID?.self).map { TicketID($0) })
    }

    /// An enum's case from what the column holds. The table's CHECK keeps others out; one that is there all the same was
    /// written by a newer version of this software.
    static func known<Value: RawRepresentable>(_ raw: Value.RawValue) throws -> Value {
        guard let value = Value(rawValue: raw) else {
            throw UnknownStoredValue(type: String(describing: Value.self), value: String(describing: raw))
        }
        return value
    }

    static func insert(_ tickets: [Ticket]) -> SQL {
        """
        INSERT INTO helpdesk.tickets (\(columns))
        SELECT t.id, \(written)
        FROM unnest(\(arrays(tickets))) AS t(\(unnested))
        """
    }

    static func update(_ tickets: [Ticket]) -> SQL {
        """
        UPDATE helpdesk.tickets AS r SET (version, state, requester_id, requester_name, requester_email, persona, channel, subject, body, \
        course, module, language, category, category_source, tier, tier_source, severity, severity_source, confidence, needs_human, guardrails, \
        revision, failed_attempts, message_count, cycle, answer, enrichment, classified_at, source, submitted_at, updated_at, assignee, tags, \
        watchers, merged_into) = (\(written))
        FROM unnest(\(arrays(tickets))) AS t(\(unnested)) WHERE r.id = t.id
        """
    }

    /// Every column but the id, from the unnested arrays. Guardrails travel as one text each, since unnest flattens nested arrays.
    private static let written: SQL = """
        t.version, t.state, t.requester_id, t.requester_name, t.requester_email, t.persona, t.channel, t.subject, t.body, t.course, t.module, \
        t.language, t.category, t.category_source, t.tier, t.tier_source, t.severity, t.severity_source, t.confidence, t.needs_human, \
        string_to_array(t.guardrails, ','), t.revision, t.failed_attempts, t.message_count, t.cycle, t.answer, t.enrichment, t.classified_at, t.source, t.submitted_at, t.updated_at, \
        t.assignee, string_to_array(t.tags, chr(31)), string_to_array(t.watchers, chr(31)), t.merged_into
        """

    private static let unnested: SQL = """
        id, version, state, requester_id, requester_name, requester_email, persona, channel, subject, body, course, module, language, \
        category, category_source, tier, tier_source, severity, severity_source, confidence, needs_human, guardrails, revision, \
        failed_attempts, message_count, cycle, answer, enrichment, classified_at, source, submitted_at, updated_at, assignee, tags, watchers, \
        merged_into
        """

    private static func arrays(_ tickets: [Ticket]) -> SQL {
        // Rows in id order, so that inserts of the same ids by two workers meet in the same order.
        let tickets = tickets.sorted { $0.id < $1.id }
        let people: SQL = """
            \(tickets.map(\.requester.id)), \(tickets.map(\.requester.name)), \(tickets.map(\.requester.email)), \
            \(tickets.map(\.persona.rawValue)), \(tickets.map(\.channel))
            """
        let texts: SQL = """
            \(tickets.map(\.subject)), \(tickets.map(\.body)), \(tickets.map(\.course)), \(tickets.map(\.module)), \(tickets.map(\.language))
            """
        let labels: SQL = """
            \(tickets.map(\.category.value)), \(tickets.map(\.category.source.rawValue)), \(tickets.map { Int16($0.tier.value.rawValue) }), \
            \(tickets.map(\.tier.source.rawValue)), \(tickets.map(\.severity.value.rawValue)), \(tickets.map(\.severity.source.rawValue)), \
            \(tickets.map(\.confidence)), \(tickets.map(\.needsHuman)), \(tickets.map { $0.guardrails.joined(separator: ",") })
            """
        let counts: SQL = """
            \(tickets.map { Int32($0.revision) }), \(tickets.map { Int32($0.failedAttempts) }), \(tickets.map { Int32($0.messageCount) }), \
            \(tickets.map { Int32($0.cycle) }), \(tickets.map(\.answer.rawValue)), \(tickets.map(\.enrichment.rawValue)), \
            \(tickets.map(\.classifiedAt)), \(tickets.map(\.source)), \(tickets.map(\.submittedAt)), \(tickets.map(\.updatedAt))
            """
        // Tags and watchers hold no control characters.
        let work: SQL = """
            \(tickets.map(\.assignee)), \(tickets.map { $0.tags.joined(separator: "\u{1F}") }), \
            \(tickets.map { $0.watchers.joined(separator: "\u{1F}") }), \(tickets.map { $0.mergedInto?.uuid })
            """
        return """
            \(tickets.map(\.id.uuid)), \(tickets.map { Int32($0.version) }), \(tickets.map(\.state.rawValue)), \(people), \(texts), \
            \(labels), \(counts), \(work)
            """
    }
}

/// A row holds a word that this version does not know: it was written by a newer one.
public struct UnknownStoredValue: Error, CustomStringConvertible {
    public let type: String
    public let value: String

    public var description: String {
        "unknown_stored_value: expected a \(type) that this version knows, found '\(value)'; run the version that wrote it, or a newer one"
    }
}
