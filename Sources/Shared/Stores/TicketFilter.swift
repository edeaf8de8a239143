public import Domain
public import Foundation
import Postgres

/// What a list of tickets is narrowed to, and its order. Absent means any.
public struct TicketFilter: Sendable, Hashable {
    public enum Order: String, Sendable, CaseIterable {
        case newestFirst = "-submittedAt"
        case oldestFirst = "submittedAt"
    }

    public var state: TicketState?
    public var tier: Tier?
    public var severity: Severity?
    public var category: String?
    public var requester: String?
    /// True: those in an open state; false: the others.
    public var isOpen: Bool?
    public var needsHuman: Bool?
    public var language: String?
    public var assignee: String?
    /// Nobody works on it.
    public var isUnassigned: Bool
    public var tag: String?
    public var watcher: String?
    public var submittedFrom: Date?
    /// Before this instant.
    public var submittedUntil: Date?
    /// Words in subject, messages and answers, as a search engine takes them: `"a phrase"`, `or`, `-without`.
    public var words: String?
    public var order: Order

    public init(
        state: TicketState? = nil, tier: Tier? = nil, severity: Severity? = nil, category: String? = nil, requester: String? = nil,
        isOpen: Bool? = nil, needsHuman: Bool? = nil, language: String? = nil, assignee: String? = nil, isUnassigned: Bool = false,
        tag: String? = nil, watcher: String? = nil, submittedFrom: Date? = nil, submittedUntil: Date? = nil, words: String? = nil,
        order: Order = .newestFirst
    ) {
        self.state = state
        self.tier = tier
        self.severity = severity
        self.category = category
        self.requester = requester
        self.isOpen = isOpen
        self.needsHuman = needsHuman
        self.language = language
        self.assignee = assignee
        self.isUnassigned = isUnassigned
        self.tag = tag
        self.watcher = watcher
        self.submittedFrom = submittedFrom
        self.submittedUntil = submittedUntil
        self.words = words
        self.order = order
    }

    /// Whether it asks for what only those may know who work tickets.
    public var asksForInternal: Bool { assignee != nil || isUnassigned || tag != nil || watcher != nil }

    /// - Parameter includingInternal: words are sought in internal notes too.
    func conditions(includingInternal: Bool) -> [SQL] {
        var all: [SQL] = []
        if let state { all.append("state = \(state.rawValue)") }
        if let tier { all.append("tier = \(Int16(tier.rawValue))") }
        if let severity { all.append("severity = \(severity.rawValue)") }
        if let category { all.append("category = \(category)") }
        if let requester { all.append("requester_id = \(requester)") }
        if let isOpen { all.append(isOpen ? "state IN \(IncidentRow.openStates)" : "state NOT IN \(IncidentRow.openStates)") }
        if let needsHuman { all.append("needs_human = \(needsHuman)") }
        if let language { all.append("language = \(language)") }
        if let assignee { all.append("assignee = \(assignee)") }
        if isUnassigned { all.append("assignee IS NULL") }
        if let tag {
            all.append(
                """
                EXISTS (SELECT FROM helpdesk.ticket_tags AS g
                    WHERE g.tag = \(tag) AND g.submitted_at = tickets.submitted_at AND g.ticket_id = tickets.id)
                """)
        }
        if let watcher {
            all.append(
                """
                EXISTS (SELECT FROM helpdesk.ticket_watchers AS w
                    WHERE w.watcher = \(watcher) AND w.submitted_at = tickets.submitted_at AND w.ticket_id = tickets.id)
                """)
        }
        if let submittedFrom { all.append("submitted_at >= \(submittedFrom)") }
        if let submittedUntil { all.append("submitted_at < \(submittedUntil)") }
        if let words {
            // Staff are asked about the row with the internal texts where there is one: what is in a note is not `-without` it.
            let audience: SQL =
                includingInternal
                ? """
                AND (s.is_internal OR NOT EXISTS (
                    SELECT FROM helpdesk.ticket_search AS i WHERE i.ticket_id = s.ticket_id AND i.is_internal))
                """ : "AND NOT s.is_internal"
            all.append(
                """
                EXISTS (SELECT FROM helpdesk.ticket_search AS s
                    WHERE s.ticket_id = tickets.id AND s.words @@ websearch_to_tsquery('simple', helpdesk.search_text(\(words))) \(audience))
                """)
        }
        return all
    }
}

/// A ticket's place in the order of lists: by time of submission, ties broken by id.
public struct TicketPosition: Sendable, Hashable {
    public var submittedAt: Date
    public var id: TicketID

    public init(submittedAt: Date, id: TicketID) {
        self.submittedAt = submittedAt
        self.id = id
    }

    public init(_ ticket: Ticket) {
        self.init(submittedAt: ticket.submittedAt, id: ticket.id)
    }
}

/// One page of a list.
public struct TicketPage: Sendable, Hashable {
    public var tickets: [Ticket]
    /// Where the next page starts; nil at the end.
    public var next: TicketPosition?
}
