import Access
import Domain
import Hummingbird
import Identity
import Stores

/// Reading tickets. Every route asks the one access predicate; what it hides answers 404.
struct TicketRoutes: Sendable {
    let tickets: TicketQueries
    let escalations: EscalationQueries

    /// `GET /v1/tickets`
    func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let query = try TicketListQuery(exchange.query)
        let page = try await tickets.page(
            query.filter, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes, after: query.position,
            limit: query.limit)
        return JSONBody.response(
            TicketListDocument(
                tickets: page.tickets.map(TicketView.init), next: page.next.map { TicketCursor(position: $0).text(for: query.filter) }))
    }

    /// `GET /v1/tickets/{id}`
    func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let after = try exchange.query(Self.afterMessage) ?? 0
        guard
            let detail = try await tickets.detail(
                id, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes, after: after)
        else { throw Problem.ticketNotFound }
        return JSONBody.response(TicketDocument(detail))
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
