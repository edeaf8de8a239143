public import Domain
public import Foundation
import Postgres

/// What a list of tickets is narrowed to. Absent means any.
public struct TicketFilter: Sendable, Hashable {
    public var state: TicketState?
    public var tier: Tier?
    public var severity: Severity?
    public var category: String?
    public var requester: String?

    public init(
        state: TicketState? = nil, tier: Tier? = nil, severity: Severity? = nil, category: String? = nil, requester: String? = nil
    ) {
        self.state = state
        self.tier = tier
        self.severity = severity
        self.category = category
        self.requester = requester
    }

    var conditions: [SQL] {
        var all: [SQL] = []
        if let state { all.append("state = \(state.rawValue)") }
        if let tier { all.append("tier = \(Int16(tier.rawValue))") }
        if let severity { all.append("severity = \(severity.rawValue)") }
        if let category { all.append("category = \(category)") }
        if let requester { all.append("requester_id = \(requester)") }
        return all
    }
}

/// A ticket's place in the order of lists: newest first, ties broken by id.
public struct TicketPosition: Sendable, Hashable {
    public var submittedAt: Date
    public var id: TicketID

    public init(submittedAt: Date, id: TicketID) {
        self.submittedAt = submittedAt
        self.id = id
    }

    public init(_ ticket: Ticket) {
        self.init(submittedAt: ticket.submittedAt, id: ticket.id)
    }
}

/// One page of a list.
public struct TicketPage: Sendable, Hashable {
    public var tickets: [Ticket]
    /// Where the next page starts; nil at the end.
    public var next: TicketPosition?
}
