import Domain
import Access
import HTTPTypes
import Hummingbird

extension WorkRoutes {
    var endpoints: [Endpoint] {
        [
            post(
                "take", "takeTicket", "Take a ticket", "The caller works on it from now on; a new or triaged one is in progress then.",
                [.ticketsAssign], nil, take),
            post(
                "assignment", "assignTicket", "Give a ticket to somebody", "", [.ticketsAssign],
                .json(AssignmentRequest.self, example: ["assignee": "agent-1"]), assign),
            delete("assignment", "unassignTicket", "Take a ticket from who works on it", [.ticketsAssign], [.ticket], unassign),
            post(
                "state", "moveTicket", "Move a ticket to another state",
                """
                Agents: from an open state to `in_progress`, `waiting_requester`, `on_hold`, `resolved` or `cancelled`; from `resolved` to \
                `in_progress` or `closed`. Requesters, with their own: from an open state to `resolved` or `cancelled`, from `resolved` to \
                `in_progress`.
                """, [.ticketsEdit, .ticketsCloseOwn], .json(MoveRequest.self, example: ["state": "on_hold", "reason": "Waits for the new image."]),
                move),
            post(
                "reopen", "reopenTicket", "Have a resolved ticket worked on again", "", [.ticketsEdit, .ticketsCloseOwn],
                .json(ReasonRequest.self, example: ["reason": "It is back."]), reopen),
            post(
                "cancel", "cancelTicket", "Withdraw a ticket", "", [.ticketsEdit, .ticketsCloseOwn],
                .json(ReasonRequest.self, example: ["reason": "It works again by itself."]), cancel),
            post(
                "classification", "correctTicket", "Set category, tier or severity by hand",
                "Kept as a correction, with what stood before and the reason. No rule and no model changes it afterwards, but for the policy's final rules, which may raise it.",
                [.ticketsEdit],
                .json(
                    CorrectionRequest.self, example: ["tier": 2, "severity": "high", "reason": "The whole course is held up."]), correct),
            post(
                "escalate", "escalateTicket", "Escalate a ticket, or ask for a human",
                "Agents name a tier above the present one and a reason. A requester asks that a human looks at their own ticket.",
                [.ticketsEscalate, .ticketsEscalateOwn],
                .json(EscalationRequest.self, example: ["tier": 2, "reason": "Needs somebody with access to the host."]), escalate),
            post("tags", "tagTicket", "Add and remove tags", "", [.ticketsEdit], .json(TagsRequest.self, example: ["add": ["lab-3"]]), tag),
            post(
                "watchers", "watchTicket", "Add and remove watchers", "", [.ticketsEdit],
                .json(WatchersRequest.self, example: ["add": ["instructor-7"]]), watch),
            post(
                "links", "linkTicket", "Link a ticket with another", "", [.ticketsEdit],
                .json(LinkRequest.self, example: ["ticket": "0198c0de-0000-7000-8000-000000000001", "kind": "related"]), link),
            delete("links/{other}", "unlinkTicket", "Remove the links between two tickets", [.ticketsEdit], [.ticket, .otherTicket], unlink),
            post(
                "merge", "mergeTicket", "Merge a ticket into another of the same requester",
                "Whatever is written on it later goes to the other one.", [.ticketsMerge],
                .json(MergeRequest.self, example: ["into": "0198c0de-0000-7000-8000-000000000001"]), merge)
        ]
    }

    private func post(
        _ operation: String, _ id: String, _ summary: String, _ details: String, _ permissions: [Permission], _ body: RequestBody?,
        _ handle: @escaping @Sendable (Exchange, Principal) async throws -> Response
    ) -> Endpoint {
        Endpoint(
            .post, "/v1/tickets/{id}/" + operation,
            RouteContract(
                id, summary, .tickets, details: details, permissions: permissions, path: [.ticket], headers: [.ifMatch, .idempotencyKey],
                body: body, responses: [.ok(TicketView.self, "The ticket as it is now.", headers: [.etag])],
                problems: [.ticketNotFound, .stateConflict, .requestInFlight, .invalidFields]),
            authenticated: handle)
    }

    private func delete(
        _ operation: String, _ id: String, _ summary: String, _ permissions: [Permission], _ path: [PathParameter],
        _ handle: @escaping @Sendable (Exchange, Principal) async throws -> Response
    ) -> Endpoint {
        Endpoint(
            .delete, "/v1/tickets/{id}/" + operation,
            RouteContract(
                id, summary, .tickets, permissions: permissions, path: path, headers: [.ifMatch],
                responses: [.ok(TicketView.self, "The ticket as it is now.", headers: [.etag])], problems: [.ticketNotFound, .stateConflict]),
            authenticated: handle)
    }
}
