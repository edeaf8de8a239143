import Domain
import Foundation
import Postgres

/// Messages as rows.
enum MessageRow {
    static let columns: SQL = "id, ticket_id, number, author_kind, author_id, visibility, body, language, guardrails, at"

    /// A ticket's messages as who may not see internal notes counts them.
    static func seen(of ticket: TicketID) -> SQL {
        """
        (SELECT id, ticket_id, seen AS number, author_kind, author_id, visibility, body, language, guardrails, at FROM (
            SELECT *, (number - count(*) FILTER (WHERE visibility = 'internal') OVER (ORDER BY number))::integer AS seen
            FROM helpdesk.messages WHERE ticket_id = \(ticket.uuid)
        ) AS counted WHERE visibility = 'public')
        """
    }

    static func insert(_ messages: [Message]) -> SQL {
        let texts: SQL = """
            \(messages.map(\.author.kind.rawValue)), \(messages.map(\.author.id)), \(messages.map(\.visibility.rawValue)), \
            \(messages.map(\.body)), \(messages.map(\.language)), \(messages.map { JSONB(bytes: $0.guardrails.json) })
            """
        return """
            INSERT INTO helpdesk.messages (\(columns))
            SELECT * FROM unnest(\(messages.map(\.id)), \(messages.map(\.ticket.uuid)), \(messages.map { Int32($0.number) }), \(texts), \
            \(messages.map(\.at)))
            """
    }

    static func decode(_ row: Row) throws -> Message {
        Message(
            id: try row.decode(at: 0), ticket: TicketID(try row.decode(at: 1)), number: Int(try row.decode(Int32.self, at: 2)),
            author: Author(kind: try TicketRow.known(row.decode(at: 3)), id: try row.decode(at: 4)),
            visibility: try TicketRow.known(row.decode(at: 5)), body: try row.decode(at: 6), language: try row.decode(at: 7),
            guardrails: try row.decode(JSONB.self, at: 8).decode([GuardrailHit].self), at: try row.decode(at: 9))
    }
}

/// Classifications as rows.
enum ClassificationRow {
    static let columns: SQL = """
        ticket_id, revision, event_id, stage, language, language_confidence, category, category_source, tier, tier_source, severity, \
        severity_source, confidence, needs_human, guardrails, reasons, taxonomy_version, guardrails_version, model_version, at
        """

    static func insert(_ rows: [StoredClassification]) -> SQL {
        let all = rows.map(\.classification)
        let labels: SQL = """
            \(all.map(\.language.code)), \(all.map(\.language.confidence)), \(all.map(\.category.value)), \
            \(all.map(\.category.source.rawValue)), \(all.map { Int16($0.tier.value.rawValue) }), \(all.map(\.tier.source.rawValue)), \
            \(all.map(\.severity.value.rawValue)), \(all.map(\.severity.source.rawValue)), \(all.map(\.confidence)), \(all.map(\.needsHuman))
            """
        let grounds: SQL = """
            \(all.map { JSONB(bytes: $0.guardrails.json) }), \(all.map { JSONB(bytes: $0.reasons.json) }), \
            \(all.map(\.versions.taxonomy)), \(all.map(\.versions.guardrails)), \(all.map(\.versions.model))
            """
        return """
            INSERT INTO helpdesk.classifications (\(columns))
            SELECT * FROM unnest(\(rows.map(\.ticket.uuid)), \(rows.map { Int32($0.revision) }), \(rows.map(\.cause)), \(rows.map(\.stage)), \
            \(labels), \(grounds), \(rows.map(\.at)))
            """
    }

    static func decode(_ row: Row) throws -> StoredClassification {
        var column = -1
        func next<T: PostgresDecodable>(_ type: T.Type = T.self) throws -> T {
            column += 1
            return try row.decode(type, at: column)
        }
        let ticket = TicketID(try next()), revision = Int(try next(Int32.self)), cause: UUID = try next(), stage: String = try next()
        let language = LanguageGuess(code: try next(), confidence: try next())
        let category = Labelled(try next(String.self), by: try TicketRow.known(next()))
        let tier: Labelled<Tier> = Labelled(try TicketRow.known(Int(try next(Int16.self))), by: try TicketRow.known(next()))
        let severity: Labelled<Severity> = Labelled(try TicketRow.known(next()), by: try TicketRow.known(next()))
        let confidence: Double = try next(), needsHuman: Bool = try next()
        let guardrails = try next(JSONB.self).decode([GuardrailHit].self), reasons = try next(JSONB.self).decode([Reason].self)
        let versions = Classification.Versions(taxonomy: try next(), guardrails: try next(), model: try next())
        return StoredClassification(
            ticket: ticket, revision: revision, cause: cause, stage: stage,
            classification: Classification(
                language: language, category: category, tier: tier, severity: severity, confidence: confidence, guardrails: guardrails,
                needsHuman: needsHuman, reasons: reasons, versions: versions),
            at: try next())
    }
}

/// History entries as rows.
enum HistoryRow {
    static let columns: SQL = "ticket_id, version, kind, cause, actor_kind, actor_id, origin, changes, at, is_internal, reason"
    /// Columns that `decode` reads.
    static let width = 11

    /// A ticket's history as who may not see what is internal counts it. `hidden` tells how many messages before an entry are left out.
    static func seen(of ticket: TicketID) -> SQL {
        """
        (SELECT ticket_id, version - hidden_versions AS version, kind, cause, actor_kind, actor_id, origin, changes, at, is_internal, reason, hidden
        FROM (
            SELECT *, (count(*) FILTER (WHERE is_internal) OVER (ORDER BY version))::integer AS hidden_versions,
            (count(*) FILTER (WHERE is_internal AND kind = 'replied') OVER (ORDER BY version))::integer AS hidden
            FROM helpdesk.ticket_history WHERE ticket_id = \(ticket.uuid)
        ) AS counted WHERE NOT is_internal)
        """
    }

    static func insert(_ entries: [HistoryEntry]) -> SQL {
        """
        INSERT INTO helpdesk.ticket_history (\(columns))
        SELECT * FROM unnest(\(entries.map(\.ticket.uuid)), \(entries.map { Int32($0.version) }), \(entries.map(\.kind.rawValue)), \
        \(entries.map(\.cause)), \(entries.map(\.actor.kind.rawValue)), \(entries.map(\.actor.id)), \(entries.map(\.origin)), \
        \(entries.map { JSONB(bytes: $0.changes.json) }), \(entries.map(\.at)), \(entries.map(\.isInternal)), \(entries.map(\.reason)))
        """
    }

    static func decode(_ row: Row) throws -> HistoryEntry {
        HistoryEntry(
            ticket: TicketID(try row.decode(at: 0)), version: Int(try row.decode(Int32.self, at: 1)),
            kind: try TicketRow.known(row.decode(at: 2)), cause: try row.decode(at: 3),
            actor: Author(kind: try TicketRow.known(row.decode(at: 4)), id: try row.decode(at: 5)), origin: try row.decode(at: 6),
            changes: try row.decode(JSONB.self, at: 7).decode([FieldChange].self), at: try row.decode(at: 8),
            isInternal: try row.decode(at: 9), reason: try row.decode(at: 10))
    }
}

extension HistoryEntry {
    /// Fields that are for those who work tickets.
    private static let internalFields: Set<String> = ["assignee", "tags", "watchers"]

    /// The entry as its requester reads it: as if there had not been so many internal notes before it, and without what agents say among
    /// themselves.
    func seenByRequester(hiddenMessages: Int) -> HistoryEntry {
        func less(_ count: String?) -> String? { count.flatMap { Int($0) }.map { String($0 - hiddenMessages) } ?? count }
        var entry = self
        if actor.kind != .requester { entry.reason = nil }
        entry.changes = changes.filter { !Self.internalFields.contains($0.field) }.map {
            $0.field == "messages" ? FieldChange($0.field, from: less($0.from), to: less($0.to)) : $0
        }
        return entry
    }
}
