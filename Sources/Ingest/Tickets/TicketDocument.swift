import Domain
import Foundation
import Stores

/// A ticket as the API shows it. Names and order of meaning follow the events.
struct TicketView: Encodable {
    let ticket: Ticket
    /// With what is for those who work tickets.
    let forStaff: Bool

    init(_ ticket: Ticket, forStaff: Bool) {
        self.ticket = ticket
        self.forStaff = forStaff
    }

    enum Key: String, CodingKey, CaseIterable {
        case id, version, state, requester, persona, channel, subject, body, course, module, language, category, tier, severity, confidence
        case needsHuman, guardrails, revision, failedAttempts, messageCount, source, submittedAt, updatedAt
        case cycle, mergedInto, assignee, tags, watchers
        case messages, nextMessage, classification, links
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(ticket.id, forKey: .id)
        try container.encode(ticket.version, forKey: .version)
        try container.encode(ticket.state, forKey: .state)
        try container.encode(ticket.requester, forKey: .requester)
        try container.encode(ticket.persona, forKey: .persona)
        try container.encode(ticket.channel, forKey: .channel)
        try container.encode(ticket.subject, forKey: .subject)
        try container.encode(ticket.body, forKey: .body)
        try container.encodeIfPresent(ticket.course, forKey: .course)
        try container.encodeIfPresent(ticket.module, forKey: .module)
        try container.encode(ticket.language, forKey: .language)
        try container.encode(ticket.category, forKey: .category)
        try container.encode(ticket.tier, forKey: .tier)
        try container.encode(ticket.severity, forKey: .severity)
        try container.encode(ticket.confidence, forKey: .confidence)
        try container.encode(ticket.needsHuman, forKey: .needsHuman)
        try container.encode(ticket.guardrails, forKey: .guardrails)
        try container.encode(ticket.revision, forKey: .revision)
        try container.encode(ticket.failedAttempts, forKey: .failedAttempts)
        try container.encode(ticket.messageCount, forKey: .messageCount)
        try container.encode(ticket.source, forKey: .source)
        try container.encode(RFC3339.string(ticket.submittedAt), forKey: .submittedAt)
        try container.encode(RFC3339.string(ticket.updatedAt), forKey: .updatedAt)
        try container.encode(ticket.cycle, forKey: .cycle)
        try container.encodeIfPresent(ticket.mergedInto, forKey: .mergedInto)
        guard forStaff else { return }
        try container.encodeIfPresent(ticket.assignee, forKey: .assignee)
        try container.encode(ticket.tags, forKey: .tags)
        try container.encode(ticket.watchers, forKey: .watchers)
    }
}

/// A ticket with its conversation and why it is classified as it is.
struct TicketDocument: Encodable {
    let detail: TicketDetail
    let forStaff: Bool

    init(_ detail: TicketDetail, forStaff: Bool) {
        self.detail = detail
        self.forStaff = forStaff
    }

    func encode(to encoder: any Encoder) throws {
        try TicketView(detail.ticket, forStaff: forStaff).encode(to: encoder)
        var container = encoder.container(keyedBy: TicketView.Key.self)
        try container.encode(detail.messages.map(MessageView.init), forKey: .messages)
        if detail.hasMoreMessages { try container.encodeIfPresent(detail.messages.last?.number, forKey: .nextMessage) }
        try container.encodeIfPresent(detail.classification.map(ClassificationView.init), forKey: .classification)
        try container.encode(detail.links.map(LinkView.init), forKey: .links)
    }
}

/// Another ticket that belongs to this one; only such as the caller may see.
struct LinkView: Codable {
    let ticket: TicketID, kind: TicketLink.Kind, at: String

    init(_ link: TicketLink) {
        ticket = link.other
        kind = link.kind
        at = RFC3339.string(link.at)
    }
}

struct MessageView: Codable {
    let id: String, number: Int, author: Author, visibility: Visibility, body: String, language: String
    let guardrails: [GuardrailHit]
    let at: String

    init(_ message: Message) {
        id = message.id.canonical
        number = message.number
        author = message.author
        visibility = message.visibility
        body = message.body
        language = message.language
        guardrails = message.guardrails
        at = RFC3339.string(message.at)
    }
}

struct ClassificationView: Codable {
    let revision: Int, stage: String, at: String
    let language: LanguageGuess
    let category: Labelled<String>, tier: Labelled<Tier>, severity: Labelled<Severity>
    let confidence: Double, needsHuman: Bool
    let guardrails: [GuardrailHit], reasons: [Reason]
    let versions: Classification.Versions

    init(_ stored: StoredClassification) {
        let classification = stored.classification
        revision = stored.revision
        stage = stored.stage
        at = RFC3339.string(stored.at)
        language = classification.language
        category = classification.category
        tier = classification.tier
        severity = classification.severity
        confidence = classification.confidence
        needsHuman = classification.needsHuman
        guardrails = classification.guardrails
        reasons = classification.reasons
        versions = classification.versions
    }
}

struct TicketListDocument: Codable {
    let tickets: [TicketView]
    /// The cursor of the next page; absent on the last.
    let next: String?
}

struct HistoryDocument: Codable {
    let entries: [Entry]
    /// Give it as `afterVersion` for more; absent at the end.
    let nextVersion: Int?

    struct Entry: Codable {
        let version: Int, kind: ChangeKind, cause: String, actor: Author, origin: String, changes: [FieldChange], at: String
        /// True for what the requester does not see; absent for everything else.
        let isInternal: Bool?
        /// In the words of who did it by hand.
        let reason: String?
    }

    init(_ history: TicketHistory) {
        entries = history.entries.map {
            Entry(
                version: $0.version, kind: $0.kind, cause: $0.cause.canonical, actor: $0.actor, origin: $0.origin, changes: $0.changes,
                at: RFC3339.string($0.at), isInternal: $0.isInternal ? true : nil, reason: $0.reason)
        }
        nextVersion = history.hasMore ? history.entries.last?.version : nil
    }
}
