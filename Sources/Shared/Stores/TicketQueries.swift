public import Domain
import Foundation
public import Postgres

/// A ticket with its conversation and the classification in force, from one snapshot.
public struct TicketDetail: Sendable, Hashable {
    public var ticket: Ticket
    /// In the order in which they were stored.
    public var messages: [Message]
    /// True when there are more messages after these.
    public var hasMoreMessages: Bool
    public var classification: StoredClassification?
}

/// What happened to a ticket, oldest first.
public struct TicketHistory: Sendable, Hashable {
    public var entries: [HistoryEntry]
    public var hasMore: Bool
}

/// Reads of tickets, each under a scope: outside it a ticket is not there. Errors are the pool's and `PostgresError`.
public struct TicketQueries: Sendable {
    /// Most rows of one history in one answer.
    public static let partLimit = 500
    /// Most messages in one answer; each may be long.
    public static let messageLimit = 50

    let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    public func ticket(_ id: TicketID, in scope: TicketScope) async throws -> Ticket? {
        try await pool.withConnection { try Self.ticket(id, scope, $0) }
    }

    /// - Parameters:
    ///   - includingInternal: with the notes that the requester may not see.
    ///   - after: only messages with a higher number.
    public func detail(
        _ id: TicketID, in scope: TicketScope, includingInternal: Bool, after: Int = 0
    ) async throws -> TicketDetail? {
        try await pool.transaction(.snapshot) { connection in
            guard let ticket = try Self.ticket(id, scope, connection) else { return nil }
            let audience: SQL = includingInternal ? "" : "AND visibility = 'public'"
            var messages = try connection.query(
                """
                SELECT \(MessageRow.columns) FROM helpdesk.messages
                WHERE ticket_id = \(id.uuid) AND number > \(Int32(clamping: after)) \(audience) ORDER BY number LIMIT \(Self.messageLimit + 1)
                """
            ).map(MessageRow.decode)
            let hasMore = messages.count > Self.messageLimit
            if hasMore { messages.removeLast() }
            let classification = try connection.query(
                """
                SELECT \(ClassificationRow.columns) FROM helpdesk.classifications
                WHERE ticket_id = \(id.uuid) AND revision = \(Int32(clamping: ticket.revision))
                """
            ).first.map(ClassificationRow.decode)
            return TicketDetail(ticket: ticket, messages: messages, hasMoreMessages: hasMore, classification: classification)
        }
    }

    /// Newest first. The position stands for everything up to it, so tickets that come meanwhile move nothing.
    public func page(
        _ filter: TicketFilter, in scope: TicketScope, after position: TicketPosition?, limit: Int
    ) async throws -> TicketPage {
        var conditions = [scope.condition] + filter.conditions
        if let position { conditions.append("(submitted_at, id) < (\(position.submittedAt), \(position.id.uuid))") }
        let sql: SQL = """
            SELECT \(TicketRow.listColumns) FROM helpdesk.tickets WHERE \(.joined(conditions, separator: " AND "))
            ORDER BY submitted_at DESC, id DESC LIMIT \(limit + 1)
            """
        var tickets = try await pool.query(sql).map(TicketRow.decode)
        guard tickets.count > limit else { return TicketPage(tickets: tickets, next: nil) }
        tickets.removeLast(tickets.count - limit)
        return TicketPage(tickets: tickets, next: tickets.last.map(TicketPosition.init))
    }

    /// - Parameters:
    ///   - after: only entries of a higher version.
    public func history(
        _ id: TicketID, in scope: TicketScope, includingInternal: Bool, after version: Int = 0
    ) async throws -> TicketHistory? {
        try await pool.transaction(.snapshot) { connection in
            guard try Self.ticket(id, scope, connection) != nil else { return nil }
            // A note's entry is as internal as the note.
            let audience: SQL =
                includingInternal
                ? "" : "AND NOT EXISTS (SELECT FROM helpdesk.messages AS m WHERE m.id = cause AND m.visibility = 'internal')"
            var entries = try connection.query(
                """
                SELECT \(HistoryRow.columns) FROM helpdesk.ticket_history
                WHERE ticket_id = \(id.uuid) AND version > \(Int32(clamping: version)) \(audience) ORDER BY version LIMIT \(Self.partLimit + 1)
                """
            ).map(HistoryRow.decode)
            let hasMore = entries.count > Self.partLimit
            if hasMore { entries.removeLast() }
            return TicketHistory(entries: entries, hasMore: hasMore)
        }
    }

    private static func ticket(_ id: TicketID, _ scope: TicketScope, _ connection: Connection) throws -> Ticket? {
        try connection.query(
            "SELECT \(TicketRow.columns) FROM helpdesk.tickets WHERE id = \(id.uuid) AND \(scope.condition)"
        ).first.map(TicketRow.decode)
    }
}
