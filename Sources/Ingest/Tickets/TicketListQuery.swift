import Domain
import Stores

/// The query of `GET /v1/tickets`.
struct TicketListQuery: Equatable {
    static let limits = 1...200
    static let defaultLimit = 50
    static let parameters = ["limit", "cursor", "state", "tier", "severity", "category", "requester"]

    let filter: TicketFilter
    let limit: Int
    let position: TicketPosition?

    /// - Throws: `Problem` naming the parameter.
    init(target: String) throws(Problem) {
        let query = try QueryParameters(target: target, allowed: Self.parameters)
        var filter = TicketFilter()
        filter.state = try query.choice("state")
        filter.tier = try query.int("tier", in: 0...3).flatMap(Tier.init)
        filter.severity = try query.choice("severity")
        for (name, path) in [("category", \TicketFilter.category), ("requester", \.requester)] {
            guard let text = query[name] else { continue }
            guard text.unicodeScalars.count <= Limits.short else {
                throw .query(name, expected: "at most \(Limits.short) characters", found: "more")
            }
            filter[keyPath: path] = text
        }
        self.filter = filter
        limit = try query.int("limit", in: Self.limits) ?? Self.defaultLimit
        if let text = query["cursor"] {
            position = try TicketCursor(text, for: filter).position
        } else {
            position = nil
        }
    }
}
