public import Domain
public import Foundation
import Postgres

/// Where a change of a ticket is looked up: an event names the place, and what is stored there is what is told.
public struct ChangePlace: Sendable, Hashable {
    public let ticket: TicketID
    /// As it is stored, with what is internal counted.
    public let version: Int
    /// The number of the answer that the event tells of.
    public let answer: Int?

    public init(ticket: TicketID, version: Int, answer: Int? = nil) {
        self.ticket = ticket
        self.version = version
        self.answer = answer
    }
}

/// A change as it is stored, with what decides who may know of it.
public struct StoredChange: Sendable, Hashable {
    public let kind: ChangeKind
    /// Event time.
    public let at: Date
    /// Whose ticket it is now.
    public let requester: String
    /// Its requester does not see it.
    public let isInternal: Bool
    /// How many versions up to this one its requester does not see.
    public let hiddenVersions: Int
    /// Whether the requester was shown the answer that was asked for.
    public let isAnswerShown: Bool

    public init(kind: ChangeKind, at: Date, requester: String, isInternal: Bool, hiddenVersions: Int, isAnswerShown: Bool) {
        self.kind = kind
        self.at = at
        self.requester = requester
        self.isInternal = isInternal
        self.hiddenVersions = hiddenVersions
        self.isAnswerShown = isAnswerShown
    }
}

extension TicketQueries {
    /// What is stored of many changes, in one query. Not for readers: who may know of which change is for the caller to decide.
    /// - Returns: those that are there. Stubs are not.
    public func changes(at places: [ChangePlace]) async throws -> [ChangePlace: StoredChange] {
        guard !places.isEmpty else { return [:] }
        let rows = try await pool.query(
            """
            SELECT c.place, h.kind, h.at, t.requester_id, h.is_internal,
            (SELECT count(*) FROM helpdesk.ticket_history AS i
                WHERE i.ticket_id = h.ticket_id AND i.is_internal AND i.version <= h.version)::integer,
            a.message_id IS NOT NULL
            FROM unnest(\(places.map(\.ticket.uuid)), \(places.map { Int32(clamping: $0.version) }), \(places.map { Int32(clamping: $0.answer ?? 0) }))
                WITH ORDINALITY AS c(ticket, version, answer, place)
            JOIN helpdesk.ticket_history AS h ON h.ticket_id = c.ticket AND h.version = c.version
            JOIN helpdesk.tickets AS t ON t.id = c.ticket AND t.version > 0
            LEFT JOIN helpdesk.answers AS a ON a.ticket_id = c.ticket AND a.number = c.answer
            """)
        var found: [ChangePlace: StoredChange] = [:]
        for row in rows {
            let place = places[Int(try row.decode(Int64.self, at: 0)) - 1]
            found[place] = StoredChange(
                kind: try TicketRow.known(row.decode(at: 1)), at: try row.decode(at: 2), requester: try row.decode(at: 3),
                isInternal: try row.decode(at: 4), hiddenVersions: Int(try row.decode(Int32.self, at: 5)), isAnswerShown: try row.decode(at: 6))
        }
        return found
    }
}
