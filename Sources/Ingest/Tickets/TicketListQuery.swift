import Domain
import Stores

/// The query of `GET /v1/tickets`.
struct TicketListQuery: Equatable {
    static let defaultLimit = 50
    static let limit = QueryParameter.int("limit", 1...200, default: defaultLimit, "How many tickets at most.")
    static let cursor = QueryParameter.text("cursor", 100, "The `next` of a page of this very list: goes on behind it.")
    static let state = QueryParameter<TicketState>.choice("state", "Only tickets in this state.")
    static let tier = QueryParameter.int("tier", 0...3, "Only tickets of this tier.")
    static let severity = QueryParameter<Severity>.choice("severity", "Only tickets of this severity.")
    static let category = QueryParameter.text("category", Limits.short, "Only tickets of this category.")
    static let requester = QueryParameter.text("requester", Limits.short, "Only tickets of this requester.")
    static let parameters: [any DeclaredParameter] = [limit, cursor, state, tier, severity, category, requester]

    let filter: TicketFilter
    let limit: Int
    let position: TicketPosition?

    /// - Throws: `Problem` naming the parameter.
    init(_ query: QueryParameters) throws(Problem) {
        var filter = TicketFilter()
        filter.state = try query.read(Self.state)
        filter.tier = try query.read(Self.tier).flatMap(Tier.init)
        filter.severity = try query.read(Self.severity)
        filter.category = try query.read(Self.category)
        filter.requester = try query.read(Self.requester)
        self.filter = filter
        limit = try query.read(Self.limit) ?? Self.defaultLimit
        position = if let text = try query.read(Self.cursor) { try TicketCursor(text, for: filter).position } else { nil }
    }
}
