import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Observability
import Stores
import WorkerRuntime

/// Working tickets by hand: each route decodes, authorises, calls one operation and encodes.
struct WorkRoutes: Sendable {
    /// No body of these is long.
    static let bodyLimit = 65_536

    let work: TicketWork
    let outbox: OutboxPublisher<PostgresLedger>

    func assign(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(AssignmentRequest.self, exchange)
        return try await edit(exchange, principal, .assign(body.value.assignee), any: .ticketsAssign, body: body.json)
    }

    func unassign(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await edit(exchange, principal, .assign(nil), any: .ticketsAssign)
    }

    func take(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await edit(exchange, principal, .take, any: .ticketsAssign)
    }

    func move(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(MoveRequest.self, exchange)
        return try await edit(
            exchange, principal, .move(body.value.state), any: .ticketsEdit, own: .ticketsCloseOwn, reason: body.value.reason, body: body.json)
    }

    func reopen(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(ReasonRequest.self, exchange)
        return try await edit(
            exchange, principal, .move(.inProgress), any: .ticketsEdit, own: .ticketsCloseOwn, reason: body.value.reason, body: body.json,
            onlyFrom: .resolved)
    }

    func cancel(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(ReasonRequest.self, exchange)
        return try await edit(
            exchange, principal, .move(.cancelled), any: .ticketsEdit, own: .ticketsCloseOwn, reason: body.value.reason, body: body.json)
    }

    func correct(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(CorrectionRequest.self, exchange)
        return try await edit(
            exchange, principal, .correct(category: body.value.category, tier: body.value.tier, severity: body.value.severity),
            any: .ticketsEdit, reason: body.value.reason, body: body.json)
    }

    func escalate(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(EscalationRequest.self, exchange)
        guard principal.may(.ticketsEscalate) else {
            if body.value.tier != nil { throw AccessRefusal(.ticketsEscalate, field: "tier") }
            return try await edit(
                exchange, principal, .askForHuman, any: .ticketsEscalate, own: .ticketsEscalateOwn, reason: body.value.reason, body: body.json)
        }
        guard let tier = body.value.tier else {
            throw Problem.invalid(InvalidField("tier", expected: "the tier that is to take it", found: "nothing"))
        }
        guard body.value.reason != nil else { throw Self.reasonMissing }
        return try await edit(
            exchange, principal, .escalate(tier), any: .ticketsEscalate, reason: body.value.reason, body: body.json)
    }

    func tag(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(TagsRequest.self, exchange)
        func lowered(_ tags: [String]?) -> [String] { (tags ?? []).map { $0.lowercased() } }
        return try await edit(
            exchange, principal, .tag(add: lowered(body.value.add), remove: lowered(body.value.remove)), any: .ticketsEdit, body: body.json)
    }

    func watch(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(WatchersRequest.self, exchange)
        return try await edit(
            exchange, principal, .watch(add: body.value.add ?? [], remove: body.value.remove ?? []), any: .ticketsEdit, body: body.json)
    }

    func link(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(LinkRequest.self, exchange)
        let request = try request(exchange, principal, any: .ticketsEdit, body: body.json)
        return try await answer(other: "ticket") { try await work.link(request, to: body.value.ticket, kind: body.value.kind ?? .related) }
    }

    func unlink(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard exchange.parameters.count == 2, let other = TicketID(exchange.parameters[1]) else { throw Problem.ticketNotFound }
        let request = try request(exchange, principal, any: .ticketsEdit)
        return try await answer(other: nil) { try await work.unlink(request, from: other) }
    }

    func merge(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let body = try await read(MergeRequest.self, exchange)
        let request = try request(exchange, principal, any: .ticketsMerge, body: body.json)
        return try await answer(other: "into") { try await work.merge(request, into: body.value.into) }
    }

    // MARK: The common way

    private func read<Body: WorkBody>(_ type: Body.Type, _ exchange: Exchange) async throws -> (value: Body, json: Data) {
        let json = try await exchange.json(limit: Self.bodyLimit)
        let body = try RequestJSON.decode(type, from: json)
        do {
            try body.validate()
        } catch let error as InvalidField {
            throw Problem.invalid(error)
        }
        return (body, json)
    }

    private func edit(
        _ exchange: Exchange, _ principal: Principal, _ edit: TicketEdit, any: Permission, own: Permission? = nil, reason: String? = nil,
        body: Data = Data(), onlyFrom state: TicketState? = nil
    ) async throws -> Response {
        let request = try request(exchange, principal, any: any, own: own, reason: reason, body: body, onlyFrom: state)
        return try await answer(other: nil) { try await work.edit(request, edit) }
    }

    private func request(
        _ exchange: Exchange, _ principal: Principal, any: Permission, own: Permission? = nil, reason: String? = nil, body: Data = Data(),
        onlyFrom state: TicketState? = nil
    ) throws -> WorkRequest {
        let isStaff = principal.seesInternalNotes
        return WorkRequest(
            ticket: try exchange.ticketID(), scope: principal.visibleTickets.scope, includingInternal: isStaff,
            expected: try exchange.expectedVersion(), key: try exchange.requestKey(principal, body: Array(body)), reason: reason,
            traceparent: exchange.trace.traceparent,
            authorise: { ticket in
                let party = try principal.party(onTicketOf: ticket.requester.id, any: any, own: own)
                if let state, ticket.state != state, !ticket.state.isFinal {
                    let others = TicketTransitions.destinations(from: ticket.state, by: party).subtracting([.inProgress])
                    throw WorkRefusal.edit(
                        .impossibleMove(from: ticket.state, to: .inProgress, allowed: others.sorted { $0.rawValue < $1.rawValue }))
                }
                return (party, principal.author(as: party))
            },
            encode: { ticket in
                var ticket = ticket
                ticket.body = String(ticket.body.unicodeScalars.prefix(500))
                return JSONBody.encode(TicketView(ticket, forStaff: isStaff))
            })
    }

    /// - Parameter other: the field that names another ticket.
    private func answer(other: String?, _ operate: () async throws -> WorkResult) async throws -> Response {
        do {
            let result = try await operate()
            outbox.enqueue(result.outbox)
            return JSONBody.response(bytes: result.body, status: .ok, headers: [.eTag: VersionTag.text(result.version)])
        } catch let refusal as WorkRefusal {
            throw Problem(refusal, other: other)
        } catch let refusal as RequestKeyRefusal {
            throw Problem(refusal)
        }
    }

    static let reasonMissing = Problem.invalid(InvalidField("reason", expected: "why, in 1 to \(Limits.reason) characters", found: "nothing"))
}
