import Domain
import Foundation
import Postgres

/// Links as rows, one for each side.
enum LinkRow {
    static let columns: SQL = "l.ticket_id, l.other_id, l.kind, l.by_kind, l.by_id, l.at"

    static func insert(_ links: [TicketLink]) -> SQL {
        let sides = (links + links.map(\.inverse)).sorted { ($0.ticket, $0.other) < ($1.ticket, $1.other) }
        return """
            INSERT INTO helpdesk.ticket_links (ticket_id, other_id, kind, by_kind, by_id, at)
            SELECT * FROM unnest(\(sides.map(\.ticket.uuid)), \(sides.map(\.other.uuid)), \(sides.map(\.kind.rawValue)), \
            \(sides.map(\.by.kind.rawValue)), \(sides.map(\.by.id)), \(sides.map(\.at))) ON CONFLICT DO NOTHING
            """
    }

    static func decode(_ row: Row) throws -> TicketLink {
        TicketLink(
            ticket: TicketID(try row.decode(at: 0)), other: TicketID(try row.decode(at: 1)), kind: try TicketRow.known(row.decode(at: 2)),
            by: Author(kind: try TicketRow.known(row.decode(at: 3)), id: try row.decode(at: 4)), at: try row.decode(at: 5))
    }
}

/// Tags and watchers in the order of lists, as rows beside the ticket's arrays.
enum TicketMarks {
    /// What turns the rows of one state of a ticket into those of another.
    static func changes(from old: Ticket, to new: Ticket) -> [SQL] {
        var statements: [SQL] = []
        func change(_ table: SQL, _ column: SQL, _ before: [String], _ after: [String]) {
            let gone = Set(before).subtracting(after).sorted(), come = Set(after).subtracting(before).sorted()
            if !gone.isEmpty {
                statements.append("DELETE FROM \(table) WHERE ticket_id = \(new.id.uuid) AND \(column) = ANY(\(gone))")
            }
            if !come.isEmpty {
                statements.append(
                    """
                    INSERT INTO \(table) (\(column), submitted_at, ticket_id)
                    SELECT m, t.submitted_at, t.id FROM unnest(\(come)) AS m, helpdesk.tickets AS t WHERE t.id = \(new.id.uuid)
                    ON CONFLICT DO NOTHING
                    """)
            }
        }
        change("helpdesk.ticket_tags", "tag", old.tags, new.tags)
        change("helpdesk.ticket_watchers", "watcher", old.watchers, new.watchers)
        return statements
    }
}

/// Corrections as rows.
enum CorrectionRow {
    static func insert(_ rows: [Correction]) -> SQL {
        """
        INSERT INTO helpdesk.corrections (ticket_id, version, label, from_value, from_source, to_value, reason, agent_id, at)
        SELECT * FROM unnest(\(rows.map(\.ticket.uuid)), \(rows.map { Int32($0.version) }), \(rows.map(\.label.rawValue)), \(rows.map(\.from)), \
        \(rows.map(\.fromSource.rawValue)), \(rows.map(\.to)), \(rows.map(\.reason)), \(rows.map(\.agent)), \(rows.map(\.at)))
        """
    }
}
