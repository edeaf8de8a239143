import Domain
import Foundation

/// A body whose fields have limits that its type does not say.
protocol WorkBody: Decodable, Sendable {
    /// - Throws: `InvalidField`.
    func validate() throws
}

/// `POST /v1/tickets/{id}/assignment`
struct AssignmentRequest: WorkBody, Annotated {
    let assignee: String

    static let notes = ["assignee": Note.text(Limits.short, required: true, "The agent who is to work on it.")]
    func validate() throws { try WorkText.name(assignee, "assignee") }
}

/// `POST /v1/tickets/{id}/state`
struct MoveRequest: WorkBody, Annotated {
    let state: TicketState
    let reason: String?

    static let notes = [
        "state": Note.about("Where it is to stand."),
        "reason": .text(Limits.reason, required: true, "Why. Needed to put on hold, to cancel and to reopen, but not by the requester.")
    ]
    func validate() throws { try WorkText.reason(reason) }
}

/// `POST /v1/tickets/{id}/reopen` and `/cancel`
struct ReasonRequest: WorkBody, Annotated {
    let reason: String?

    static let notes = ["reason": Note.text(Limits.reason, required: true, "Why. The requester need not say.")]
    func validate() throws { try WorkText.reason(reason) }
}

/// `POST /v1/tickets/{id}/classification`
struct CorrectionRequest: WorkBody, Annotated {
    let category: String?
    let tier: Tier?
    let severity: Severity?
    let reason: String

    static let notes = [
        "category": Note.text(Limits.short, "Small letters, digits and `.`, `_`, `-`, as the taxonomy has them; absent: as it is.").with([
            "pattern": "^[a-z0-9][a-z0-9._-]*$", "minLength": 1
        ]), "tier": .about("Absent: as it is."), "severity": .about("Absent: as it is."),
        "reason": .text(Limits.reason, required: true, "What was wrong.")
    ]

    func validate() throws {
        guard category != nil || tier != nil || severity != nil else {
            throw InvalidField("", expected: "category, tier or severity", found: "none of them")
        }
        if let category {
            try Limits.check(category, "category", limit: Limits.short, required: true)
            guard category.wholeMatch(of: /[a-z0-9][a-z0-9._-]*/) != nil else {
                throw InvalidField("category", expected: "small letters, digits and . _ -", found: "another text")
            }
        }
        try WorkText.reason(reason, isRequired: true)
    }
}

/// `POST /v1/tickets/{id}/escalate`
struct EscalationRequest: WorkBody, Annotated {
    let tier: Tier?
    let reason: String?

    static let notes = [
        "tier": Note.about("Who is to take it, above the present tier. Agents must say; requesters cannot."),
        "reason": .text(Limits.reason, required: true, "Why. Agents must say.")
    ]
    func validate() throws { try WorkText.reason(reason) }
}

/// `POST /v1/tickets/{id}/tags`
struct TagsRequest: WorkBody, Annotated {
    let add: [String]?
    let remove: [String]?

    static let notes = [
        "add": Note.list(TicketEdit.largestTagCount, "Tags: 1 to 50 characters without white space and commas, kept in lower case."),
        "remove": .list(TicketEdit.largestTagCount, "Tags that it is to lose.")
    ]

    func validate() throws { try WorkText.lists(add, remove, limit: TicketEdit.largestTagCount, WorkText.tag) }
}

/// `POST /v1/tickets/{id}/watchers`
struct WatchersRequest: WorkBody, Annotated {
    let add: [String]?
    let remove: [String]?

    static let notes = [
        "add": Note.list(TicketEdit.largestWatcherCount, "People who want to hear of it, by id."),
        "remove": .list(TicketEdit.largestWatcherCount, "People who no longer do.")
    ]

    func validate() throws { try WorkText.lists(add, remove, limit: TicketEdit.largestWatcherCount, WorkText.name) }
}

/// `POST /v1/tickets/{id}/links`
struct LinkRequest: WorkBody, Annotated {
    let ticket: TicketID
    /// Absent: related.
    let kind: TicketLink.Kind?

    static let notes = ["ticket": Note.about("The other ticket."), "kind": .about("What the other one is to this; absent: `related`.")]
    func validate() throws {}
}

/// `POST /v1/tickets/{id}/merge`
struct MergeRequest: WorkBody, Annotated {
    let into: TicketID

    static let notes = ["into": Note.about("The ticket that goes on in its place, of the same requester. A merged one stands for where it went.")]
    func validate() throws {}
}

/// Texts of people about tickets.
enum WorkText {
    static func reason(_ text: String?, isRequired: Bool = false) throws {
        try Limits.check(text, "reason", limit: Limits.reason, required: isRequired || text != nil)
    }

    /// An id of somebody.
    static func name(_ text: String, _ field: String) throws {
        try Limits.check(text, field, limit: Limits.short, required: true)
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            throw InvalidField(field, expected: "a text without control characters", found: "some in it")
        }
    }

    static func tag(_ text: String, _ field: String) throws {
        try name(text, field)
        guard text.unicodeScalars.count <= 50, !text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0 == "," }) else {
            throw InvalidField(field, expected: "1 to 50 characters without white space and commas", found: "another text")
        }
    }

    static func lists(_ add: [String]?, _ remove: [String]?, limit: Int, _ check: (String, String) throws -> Void) throws {
        guard add?.isEmpty == false || remove?.isEmpty == false else {
            throw InvalidField("", expected: "something to add or to remove", found: "nothing")
        }
        for (field, list) in [("add", add ?? []), ("remove", remove ?? [])] {
            guard list.count <= limit else { throw InvalidField(field, expected: "at most \(limit) of them", found: "\(list.count)") }
            for (index, text) in list.enumerated() { try check(text, "\(field).\(index)") }
        }
    }
}
