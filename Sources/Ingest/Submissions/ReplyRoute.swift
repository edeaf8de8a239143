import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Observability
import Stores

/// `POST /v1/tickets/{id}/messages`: a reply or an internal note. The right to the ticket is looked up, so this needs the database.
struct ReplyRoute: Sendable {
    let publisher: EventPublisher
    let idempotency: IdempotencyCheck
    let tickets: TicketQueries
    let bodyLimit: Int

    func reply(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let givenKey = try exchange.idempotencyKey()
        let request = try ReplyRequest(json: await exchange.json(limit: bodyLimit))
        guard let ticket = try await tickets.ticket(id, in: principal.visibleTickets.scope) else { throw Problem.ticketNotFound }
        let visibility = request.visibility ?? .public
        let author = try principal.replyAuthor(onTicketOf: ticket.requester.id, visibility: visibility, speakingFor: request.author)
        let payload = TicketReplied(ticketID: id, author: author, visibility: visibility, body: request.body)
        do {
            try payload.validate()
        } catch let error as InvalidField {
            throw Problem.invalid(error)
        }
        let key = givenKey ?? TicketNaming.generatedKey()
        let event = GatewayEvent(
            payload, id: TicketNaming.reply(principal: principal.id, ticket: id, key: key), ticket: id,
            traceparent: exchange.trace.traceparent)
        var message = event.handled.id
        if givenKey == nil {
            try await publisher.publish(event, key: key)
        } else if case .open(let handled, _) = try await idempotency.look(at: event) {
            try await publisher.publish(event, key: key)
            idempotency.acknowledge(handled)
            message = handled
        }
        let path = "/v1/tickets/\(id)"
        return JSONBody.response(
            Accepted(id: message.canonical, links: .init(ticket: path), state: "accepted", ticketId: id.description), status: .accepted,
            headers: [.location: path])
    }

    struct Accepted: Codable {
        let id: String
        let links: Links
        let state: String
        let ticketId: String

        struct Links: Codable {
            let ticket: String
        }
    }
}
