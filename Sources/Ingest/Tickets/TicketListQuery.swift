import Domain
import Foundation
import Stores

/// The query of `GET /v1/tickets`.
struct TicketListQuery: Equatable {
    static let defaultLimit = 50
    static let longestSearch = 300
    static let limit = QueryParameter.int("limit", 1...200, default: defaultLimit, "How many tickets at most.")
    static let cursor = QueryParameter.text("cursor", 100, "The `next` of a page of this very list: goes on behind it.")
    static let words = QueryParameter.text(
        "q", longestSearch,
        """
        Only tickets with these words in subject, text, messages or answers, in any case, with or without accents. `"a phrase"`, `or` and \
        `-without` work as in search engines. A text just written is found within a second or two.
        """)
    static let order = QueryParameter<TicketFilter.Order>.choice("sort", "By time of submission; absent: the newest first.")
    static let state = QueryParameter<TicketState>.choice("state", "Only tickets in this state.")
    static let open = QueryParameter<Bool>.flag("open", "`true`: only tickets that are worked on or wait; `false`: only the others.")
    static let tier = QueryParameter.int("tier", 0...3, "Only tickets of this tier.")
    static let severity = QueryParameter<Severity>.choice("severity", "Only tickets of this severity.")
    static let category = QueryParameter.text("category", Limits.short, "Only tickets of this category.")
    static let requester = QueryParameter.text("requester", Limits.short, "Only tickets of this requester.")
    static let needsHuman = QueryParameter<Bool>.flag("needsHuman", "Only tickets that a human must look at, or must not.")
    static let language = QueryParameter.text("language", Limits.short, "Only tickets in this language, an ISO 639-1 code.")
    static let assignee = QueryParameter.text(
        "assignee", Limits.short, "Only tickets that this agent works on; `none`: that nobody does. For those who see internal notes.")
    static let tag = QueryParameter.text("tag", Limits.short, "Only tickets with this tag. For those who see internal notes.")
    static let watcher = QueryParameter.text("watcher", Limits.short, "Only tickets that this person watches. For those who see internal notes.")
    static let from = QueryParameter<Date>.instant("submittedFrom", "Only tickets submitted at this instant or later.")
    static let until = QueryParameter<Date>.instant("submittedUntil", "Only tickets submitted before this instant.")
    static let parameters: [any DeclaredParameter] = [limit, cursor] + filters
    /// What narrows a list, and its order.
    static let filters: [any DeclaredParameter] = [
        words, order, state, open, tier, severity, category, requester, needsHuman, language, assignee, tag, watcher, from, until
    ]

    let filter: TicketFilter
    let limit: Int
    /// To be read with the gateways' key.
    let cursor: String?

    /// - Throws: `Problem` naming the parameter.
    init(_ query: QueryParameters) throws(Problem) {
        var filter = TicketFilter()
        filter.words = try query.read(Self.words)
        filter.order = try query.read(Self.order) ?? .newestFirst
        filter.state = try query.read(Self.state)
        filter.isOpen = try query.read(Self.open)
        filter.tier = try query.read(Self.tier).flatMap(Tier.init)
        filter.severity = try query.read(Self.severity)
        filter.category = try query.read(Self.category)
        filter.requester = try query.read(Self.requester)
        filter.needsHuman = try query.read(Self.needsHuman)
        filter.language = try query.read(Self.language)
        let assignee = try query.read(Self.assignee)
        filter.isUnassigned = assignee == "none"
        filter.assignee = filter.isUnassigned ? nil : assignee
        filter.tag = try query.read(Self.tag)
        filter.watcher = try query.read(Self.watcher)
        filter.submittedFrom = try query.read(Self.from)
        filter.submittedUntil = try query.read(Self.until)
        self.filter = filter
        limit = try query.read(Self.limit) ?? Self.defaultLimit
        cursor = try query.read(Self.cursor)
    }
}

extension QueryParameter where Value == Date {
    /// An instant as RFC 3339 has it. A `+` in it must be sent as `%2B`.
    static func instant(_ name: String, _ about: String) -> QueryParameter {
        .custom(
            name, schema: ["type": "string", "format": "date-time"],
            expected: "an RFC 3339 date-time such as 2026-01-31T08:00:00Z, years 1970 to 9999", about, read: { RFC3339.date($0) })
    }
}
