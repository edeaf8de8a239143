public import Domain
public import Foundation
public import Postgres

/// A ticket with its conversation and the classification in force, from one snapshot.
public struct TicketDetail: Sendable, Hashable {
    public var ticket: Ticket
    /// In the order in which they were stored.
    public var messages: [Message]
    /// True when there are more messages after these.
    public var hasMoreMessages: Bool
    public var classification: StoredClassification?
    /// To tickets that the reader may see, the newest first; at most `TicketQueries.linkLimit`.
    public var links: [TicketLink]
}

/// What happened to a ticket, oldest first.
public struct TicketHistory: Sendable, Hashable {
    public var entries: [HistoryEntry]
    public var hasMore: Bool
}

/// The words of a search stand behind more signs than can be read.
public struct UnreadableWords: Error, Sendable {}

/// Reads of tickets, each under a scope: outside it a ticket is not there. Errors are the pool's and `PostgresError`.
///
/// Who may not see internal notes reads tickets as if there were none: messages and versions are numbered and counted without them, and
/// the last change is the last that shows.
public struct TicketQueries: Sendable {
    /// Most rows of one history in one answer.
    public static let partLimit = 500
    /// Most messages in one answer; each may be long.
    public static let messageLimit = 50
    /// Most links of one ticket in one answer.
    public static let linkLimit = 200

    let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// The ticket as it is stored; not for readers.
    public func ticket(_ id: TicketID, in scope: TicketScope) async throws -> Ticket? {
        try await pool.withConnection { try Self.ticket(id, scope, includingInternal: true, $0) }
    }

    /// - Parameters:
    ///   - includingInternal: with the notes that the requester may not see.
    ///   - after: only messages with a higher number, as this reader counts them.
    public func detail(
        _ id: TicketID, in scope: TicketScope, includingInternal: Bool, after: Int = 0
    ) async throws -> TicketDetail? {
        try await pool.transaction(.snapshot) { connection in
            guard let ticket = try Self.ticket(id, scope, includingInternal: includingInternal, connection) else { return nil }
            let all: SQL = includingInternal ? "helpdesk.messages" : MessageRow.seen(of: id)
            var messages = try connection.query(
                """
                SELECT \(MessageRow.columns) FROM \(all) AS m
                WHERE ticket_id = \(id.uuid) AND number > \(Int32(clamping: after)) ORDER BY number LIMIT \(Self.messageLimit + 1)
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
            let links = try connection.query(
                """
                SELECT \(LinkRow.columns) FROM helpdesk.ticket_links AS l WHERE l.ticket_id = \(id.uuid)
                AND EXISTS (SELECT FROM helpdesk.tickets AS t WHERE t.id = l.other_id AND \(scope.condition))
                ORDER BY l.at DESC, l.other_id LIMIT \(Self.linkLimit)
                """
            ).map(LinkRow.decode)
            return TicketDetail(
                ticket: ticket, messages: messages, hasMoreMessages: hasMore, classification: classification, links: links)
        }
    }

    /// A message of a ticket in the scope, as this reader counts it.
    public func message(_ id: UUID, in scope: TicketScope, includingInternal: Bool) async throws -> Message? {
        try await pool.transaction(.snapshot) { connection in
            guard
                let ticket = try connection.query(
                    """
                    SELECT ticket_id FROM helpdesk.messages WHERE id = \(id)
                    AND EXISTS (SELECT FROM helpdesk.tickets WHERE id = ticket_id AND \(scope.condition))
                    """
                ).first.map({ TicketID(try $0.decode(at: 0)) })
            else { return nil }
            let all: SQL = includingInternal ? "helpdesk.messages" : MessageRow.seen(of: ticket)
            return try connection.query("SELECT \(MessageRow.columns) FROM \(all) AS m WHERE id = \(id)").first.map(MessageRow.decode)
        }
    }

    /// In the order of the filter. Throws `UnreadableWords` besides. The position stands for everything up to it, so tickets that come meanwhile move nothing.
    public func page(
        _ filter: TicketFilter, in scope: TicketScope, includingInternal: Bool, after position: TicketPosition?, limit: Int
    ) async throws -> TicketPage {
        var conditions = [scope.condition] + filter.conditions(includingInternal: includingInternal)
        let order: SQL = filter.order == .newestFirst ? "submitted_at DESC, id DESC" : "submitted_at, id"
        if let position {
            let comparison: SQL = filter.order == .newestFirst ? "<" : ">"
            conditions.append("(submitted_at, id) \(comparison) (\(position.submittedAt), \(position.id.uuid))")
        }
        let rows: SQL = """
            (SELECT * FROM helpdesk.tickets WHERE \(.joined(conditions, separator: " AND ")) ORDER BY \(order) LIMIT \(limit + 1)) AS tickets
            """
        let select: SQL = "\(TicketRow.select(from: rows, isList: true, includingInternal: includingInternal)) ORDER BY \(order)"
        var tickets: [Ticket]
        do {
            tickets = try await pool.transaction(.snapshot) { connection in
                // The best plan hangs on how rare the values are: walk the order until the page is full, or fetch the few and sort.
                try connection.pipeline(["SET LOCAL plan_cache_mode = force_custom_plan", select])[1].map(TicketRow.decode)
            }
        } catch let error as TransactionError where filter.words != nil && (error.body as? PostgresError)?.sqlState == "XX000" {
            // "tsquery stack too small": some dozens of signs before one word.
            throw UnreadableWords()
        }
        guard tickets.count > limit else { return TicketPage(tickets: tickets, next: nil) }
        tickets.removeLast(tickets.count - limit)
        return TicketPage(tickets: tickets, next: tickets.last.map(TicketPosition.init))
    }

    /// - Parameters:
    ///   - after: only entries of a higher version, as this reader counts them.
    public func history(
        _ id: TicketID, in scope: TicketScope, includingInternal: Bool, after version: Int = 0
    ) async throws -> TicketHistory? {
        try await pool.transaction(.snapshot) { connection in
            guard try Self.ticket(id, scope, includingInternal: true, connection) != nil else { return nil }
            let all: SQL = includingInternal ? "(SELECT *, 0 AS hidden FROM helpdesk.ticket_history)" : HistoryRow.seen(of: id)
            var entries = try connection.query(
                """
                SELECT \(HistoryRow.columns), hidden FROM \(all) AS h
                WHERE ticket_id = \(id.uuid) AND version > \(Int32(clamping: version)) ORDER BY version LIMIT \(Self.partLimit + 1)
                """
            ).map {
                let entry = try HistoryRow.decode($0)
                return includingInternal ? entry : entry.seenByRequester(hiddenMessages: Int(try $0.decode(Int32.self, at: HistoryRow.width)))
            }
            let hasMore = entries.count > Self.partLimit
            if hasMore { entries.removeLast() }
            return TicketHistory(entries: entries, hasMore: hasMore)
        }
    }

    static func ticket(
        _ id: TicketID, _ scope: TicketScope, includingInternal: Bool, _ connection: Connection
    ) throws -> Ticket? {
        let select = TicketRow.select(from: "helpdesk.tickets", isList: false, includingInternal: includingInternal)
        return try connection.query("\(select) WHERE id = \(id.uuid) AND \(scope.condition)").first.map(TicketRow.decode)
    }
}
