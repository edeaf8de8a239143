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
    /// Told of every stored change of a ticket.
    let updates: ClassifiedWaiters
    let bodyLimit: Int

    func reply(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.ticketID()
        let givenKey = try exchange.idempotencyKey()
        let request = try ReplyRequest(json: await exchange.json(limit: bodyLimit))
        guard let ticket = try await tickets.ticket(id, in: principal.visibleTickets.scope) else { throw Problem.ticketNotFound }
        let visibility = request.visibility ?? .public
        let author = try principal.replyAuthor(onTicketOf: ticket.requester.id, visibility: visibility, speakingFor: request.author)
        // The AI and the system write through the pipeline alone: nobody may put words into their mouths.
        guard author.kind == .requester || author.kind == .agent else {
            throw Problem.invalid(InvalidField("author.kind", expected: "requester or agent", found: author.kind.rawValue))
        }
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
        let wait = exchange.request.headers[.prefer] == nil ? nil : Preference.wait(exchange.request.headers[values: .prefer])
        let path = "/v1/tickets/\(id)"
        var headers: HTTPFields = [.location: path]
        if let wait {
            headers[.preferenceApplied] = "wait=\(wait)"
            if let stored = await stored(message, on: ticket.mergedInto ?? id, for: principal, within: .seconds(wait)) {
                return JSONBody.response(MessageView(stored), status: .created, headers: headers)
            }
        }
        return JSONBody.response(
            Accepted(id: message.canonical, links: .init(ticket: path), state: "accepted", ticketId: id.description), status: .accepted,
            headers: headers)
    }

    /// The message once it is stored; nil when it is not within the time, or is not asked for because too many wait.
    private func stored(_ message: UUID, on ticket: TicketID, for principal: Principal, within limit: Duration) async -> Message? {
        let deadline = ContinuousClock.now + limit
        while true {
            // Before the look, so that no news is missed between the look and the wait.
            let place = updates.enter(ticket)
            let found = try? await tickets.message(
                message, in: principal.visibleTickets.scope, includingInternal: principal.seesInternalNotes)
            let left = ContinuousClock.now.duration(to: deadline)
            guard found == nil, let place, left > .zero else {
                place?.leave()
                return found
            }
            await place.wait(min(left, .seconds(5)))
        }
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
