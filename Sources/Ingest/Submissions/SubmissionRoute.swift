import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Observability
import Stores

/// `POST /v1/tickets`: to the log first. The database is asked only for what helps when it answers.
struct SubmissionRoute: Sendable {
    let publisher: EventPublisher
    let idempotency: IdempotencyCheck
    let waiters: ClassifiedWaiters
    let tickets: TicketQueries
    let bodyLimit: Int

    func submit(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let givenKey = try exchange.idempotencyKey()
        let request = try SubmissionRequest(json: await exchange.json(limit: bodyLimit))
        let key = givenKey ?? TicketNaming.generatedKey()
        let ticket = TicketNaming.ticket(principal: principal.id, key: key)
        let payload: TicketSubmitted
        do {
            payload = try request.payload(for: principal, ticket: ticket)
        } catch let error as InvalidField {
            throw Problem.invalid(error)
        }
        let event = GatewayEvent(payload, id: ticket.uuid, ticket: ticket, traceparent: exchange.trace.traceparent)
        let wait = exchange.request.headers[.prefer] == nil ? nil : Preference.wait(exchange.request.headers[values: .prefer])
        let place = wait == nil ? nil : waiters.enter(ticket)
        var isRepeat = false
        do {
            isRepeat = try await publish(event, key: key, wasGiven: givenKey != nil)
        } catch {
            place?.leave()
            throw error
        }
        guard let wait, let place else { return Self.accepted(ticket) }
        let applied: HTTPFields = [.preferenceApplied: "wait=\(wait)"]
        // The event of a request that is sent again may have been classified before we began to listen.
        if isRepeat, let stored = try? await detail(ticket, principal) {
            place.leave()
            return Self.created(stored, applied, principal)
        }
        await place.wait(.seconds(wait))
        // Also when the time ran out: the tail may lag behind the row.
        guard let stored = try? await detail(ticket, principal) else { return Self.accepted(ticket, applied) }
        return Self.created(stored, applied, principal)
    }

    /// True when the same event had been sent before.
    private func publish(_ event: GatewayEvent, key: String, wasGiven: Bool) async throws(Problem) -> Bool {
        guard wasGiven else {
            try await publisher.publish(event, key: key)
            return false
        }
        switch try await idempotency.look(at: event) {
        case .done: return true
        case .open(let handled, let isKnown):
            try await publisher.publish(event, key: key)
            idempotency.acknowledge(handled)
            return isKnown
        }
    }

    /// The ticket as the principal may see it.
    private func detail(_ ticket: TicketID, _ principal: Principal) async throws -> TicketDetail? {
        try await tickets.detail(ticket, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes)
    }

    private static func accepted(_ ticket: TicketID, _ headers: HTTPFields = [:]) -> Response {
        let id = ticket.description
        var headers = headers
        headers[.location] = "/v1/tickets/" + id
        let body = #"{"id":"\#(id)","links":{"history":"/v1/tickets/\#(id)/history","self":"/v1/tickets/\#(id)"},"state":"accepted"}"#
        return JSONBody.response(bytes: Array(body.utf8), status: .accepted, headers: headers)
    }

    private static func created(_ detail: TicketDetail, _ headers: HTTPFields, _ principal: Principal) -> Response {
        var headers = headers
        headers[.eTag] = VersionTag.text(detail.ticket.version)
        headers[.location] = "/v1/tickets/" + detail.ticket.id.description
        return JSONBody.response(TicketDocument(detail, forStaff: principal.seesInternalNotes), status: .created, headers: headers)
    }
}
