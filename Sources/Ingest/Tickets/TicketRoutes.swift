import Access
import Domain
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// Reading tickets. Every route asks the one access predicate; what it hides answers 404.
struct TicketRoutes: Sendable {
    let tickets: TicketQueries
    let escalations: EscalationQueries
    let cursorKey: CursorKey

    /// `GET /v1/tickets`
    func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let query = try TicketListQuery(exchange.query)
        let filter = query.filter, isStaff = principal.seesInternalNotes
        try filter.requireReadable(by: principal)
        let key = try await cursorKey.bytes()
        let position = try query.cursor.map { text throws(Problem) in try TicketCursor(text, for: filter, key: key).position }
        let page: TicketPage
        do {
            page = try await tickets.page(
                filter, in: principal.visibleTickets.scope, includingInternal: isStaff, after: position, limit: query.limit)
        } catch is UnreadableWords {
            throw Problem.unreadableWords
        }
        return JSONBody.response(
            TicketListDocument(
                tickets: page.tickets.map { TicketView($0, forStaff: isStaff) },
                next: page.next.map { TicketCursor(position: $0).text(for: filter, key: key) }))
    }

    /// `GET /v1/tickets/{id}`
    func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let after = try exchange.query(Self.afterMessage) ?? 0
        guard
            let detail = try await tickets.detail(
                id, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes, after: after)
        else { throw Problem.ticketNotFound }
        return JSONBody.response(
            TicketDocument(detail, forStaff: principal.seesInternalNotes), headers: [.eTag: VersionTag.text(detail.ticket.version)])
    }

    /// `GET /v1/tickets/{id}/history`
    func history(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let after = try exchange.query(Self.afterVersion) ?? 0
        guard
            let history = try await tickets.history(
                id, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes, after: after)
        else {
            throw Problem.ticketNotFound
        }
        return JSONBody.response(HistoryDocument(history))
    }

    /// `GET /v1/tickets/{id}/why`
    func why(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let scope = principal.visibleTickets.scope
        guard let account = try await tickets.account(of: id, in: scope, includingInternal: principal.seesInternalNotes),
            let escalation = try await escalations.why(id, in: scope)
        else { throw Problem.ticketNotFound }
        return JSONBody.response(WhyDocument(account, escalation, forStaff: principal.seesInternalNotes))
    }
}

extension Problem {
    /// The words of a search that the database cannot read.
    static let unreadableWords = Problem.query("q", expected: "words, with few signs before them", found: "too many signs")
}

extension TicketFilter {
    /// Does nothing when it asks for nothing that the principal may not know.
    func requireReadable(by principal: Principal) throws(AccessRefusal) {
        if asksForInternal, !principal.seesInternalNotes { throw AccessRefusal(.ticketsNoteInternal, field: internalField) }
    }

    /// The first parameter that asks for what requesters do not see.
    fileprivate var internalField: String? {
        if assignee != nil || isUnassigned { return "assignee" }
        if tag != nil { return "tag" }
        return watcher == nil ? nil : "watcher"
    }
}
