import Domain
import HTTPTypes

extension SubmissionRoute {
    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/tickets",
                RouteContract(
                    "submitTicket", "Submit a ticket", .tickets,
                    details: """
                        Answered once the event log has it: 202, or with `Prefer: wait=N` 201 and the ticket as it was classified in the meantime. \
                        Works while the database is away.
                        """,
                    permissions: [.ticketsSubmit], headers: [.idempotencyKey, .prefer],
                    body: .json(
                        SubmissionRequest.self,
                        example: [
                            "subject": "My lab VM does not start", "body": "Since this morning it stays at 'starting' and then says error 0x5.",
                            "course": "CYB-101", "module": "L-3"
                        ]),
                    responses: [
                        .accepted(SubmissionAccepted.self, headers: [.location, .preferenceApplied]),
                        .created(TicketDocument.self, "It is stored and classified.", headers: [.location, .preferenceApplied, .etag])
                    ], problems: [.outcomeUnknown]),
                takesUnconfirmed: true, authenticated: submit)
        ]
    }
}

extension ReplyRoute {
    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/tickets/{id}/messages",
                RouteContract(
                    "addMessage", "Reply to a ticket, or note something on it", .tickets,
                    details: """
                        Answered once the event log has it: 202, or with `Prefer: wait=N` 201 and the message as it was stored in the meantime. A \
                        requester's reply to a ticket that waits for it, or is resolved, has it worked on again; to a closed or cancelled one it \
                        makes a new ticket, linked with the old one; to a merged one it goes to the ticket that went on in its place.
                        """,
                    permissions: [.ticketsReplyOwn, .ticketsReplyAny], path: [.ticket], headers: [.idempotencyKey, .prefer],
                    body: .json(ReplyRequest.self, example: ["body": "I have started it anew, and it is the same.", "visibility": "public"]),
                    responses: [
                        .accepted(Accepted.self, headers: [.location, .preferenceApplied]),
                        .created(MessageView.self, "It is stored.", headers: [.location, .preferenceApplied])
                    ], problems: [.forbidden, .ticketNotFound, .outcomeUnknown]),
                authenticated: reply)
        ]
    }
}

/// The answer to a submission that is on its way.
struct SubmissionAccepted: Codable {
    let id: TicketID
    let state: State
    let links: Links

    enum State: String, Codable, CaseIterable {
        case accepted
    }

    struct Links: Codable {
        let `self`: String
        let history: String
    }
}

extension SubmissionRequest: Annotated {
    static let notes: [String: Note] = [
        "requester": .about("Whose ticket it is; absent: the caller's own. Another's needs the permission `tickets.on_behalf`."),
        "persona": .about("What the requester is on the platform; absent: the caller's own."),
        "channel": .text(Limits.short, "How it came in; absent: `api`."),
        "subject": .text(Limits.subject, required: true, "What it is about, in a line."),
        "body": .text(Limits.body, required: true, "What happened."),
        "course": .text(Limits.short, "The course it happened in."),
        "module": .text(Limits.short, "The module it happened in.")
    ]
}

extension SubmissionRequest.Person: Annotated {
    static let notes: [String: Note] = [
        "id": .text(Limits.short, required: true, "In the system that names them; absent: the caller's own."),
        "name": .text(Limits.short, "As they are called."),
        "email": .text(Limits.short, "Where they can be reached.")
    ]
}

extension ReplyRequest: Annotated {
    static let notes: [String: Note] = [
        "body": .text(Limits.body, required: true, "The text."),
        "visibility": .about("`internal` is seen by agents only; absent: `public`."),
        "author": .about("For whom the caller speaks, a requester or an agent; absent: itself. Another needs the permission `tickets.on_behalf`.")
    ]
}

extension Author: Annotated {
    static let notes: [String: Note] = [
        "id": .text(Limits.short, required: true, "In the system that names them.")
    ]
}
