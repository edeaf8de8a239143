import Domain
import Foundation
import HTTPTypes

extension TicketRoutes {
    static let afterMessage = QueryParameter.int("afterMessage", 0...Int(Int32.max), "Show the messages after this number.")
    static let afterVersion = QueryParameter.int("afterVersion", 0...Int(Int32.max), "Show the entries after this version.")

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tickets",
                RouteContract(
                    "listTickets", "List or search tickets", .tickets, details: "Only those that the caller may see.",
                    permissions: [.ticketsReadOwn, .ticketsReadAny], query: TicketListQuery.parameters, responses: [.ok(TicketListDocument.self)]),
                authenticated: list),
            Endpoint(
                .get, "/v1/tickets/{id}",
                RouteContract(
                    "getTicket", "A ticket with its conversation and its classification", .tickets, path: [.ticket], query: [Self.afterMessage],
                    responses: [.ok(TicketDocument.self, headers: [.etag])], problems: [.ticketNotFound]),
                authenticated: get),
            Endpoint(
                .get, "/v1/tickets/{id}/history",
                RouteContract(
                    "getHistory", "What changed, one entry for each version", .tickets, path: [.ticket], query: [Self.afterVersion],
                    responses: [.ok(HistoryDocument.self)], problems: [.ticketNotFound]),
                authenticated: history),
            Endpoint(
                .get, "/v1/tickets/{id}/why",
                RouteContract(
                    "explainTicket", "Every decision about a ticket, with its rule, evidence and versions", .tickets, path: [.ticket],
                    responses: [.ok(WhyDocument.self)], problems: [.ticketNotFound]),
                authenticated: why)
        ]
    }
}

extension TicketView: WrittenOnly {
    static func schema(_ book: SchemaBook) throws -> JSONTree { try schema(book, of: Key.allCases.filter { !$0.isOfConversation }) }

    fileprivate static func schema(_ book: SchemaBook, of keys: [Key]) throws -> JSONTree {
        [
            "type": "object",
            "properties": .object(
                Dictionary(uniqueKeysWithValues: try keys.map { ($0.rawValue, try book.schema(of: $0.type)) })),
            "required": JSONTree(words: keys.filter { !$0.isOptional }.map(\.rawValue).sorted())
        ]
    }
}

extension TicketView.Key {
    fileprivate var isOfConversation: Bool { [.messages, .nextMessage, .classification, .links].contains(self) }
    fileprivate var isOptional: Bool {
        [.course, .module, .nextMessage, .classification, .mergedInto, .assignee, .tags, .watchers].contains(self)
    }

    /// What `encode(to:)` writes under it.
    fileprivate var type: any Any.Type {
        switch self {
        case .id, .mergedInto: TicketID.self
        case .state: TicketState.self
        case .requester: Requester.self
        case .persona: Persona.self
        case .category: Labelled<String>.self
        case .tier: Labelled<Tier>.self
        case .severity: Labelled<Severity>.self
        case .channel, .subject, .body, .course, .module, .language, .source, .assignee: String.self
        case .version, .revision, .failedAttempts, .messageCount, .nextMessage, .cycle: Int.self
        case .confidence: Double.self
        case .needsHuman: Bool.self
        case .guardrails, .tags, .watchers: [String].self
        case .submittedAt, .updatedAt: Timestamp.self
        case .messages: [MessageView].self
        case .classification: ClassificationView.self
        case .links: [LinkView].self
        }
    }
}

extension TicketDocument: WrittenOnly {
    static func schema(_ book: SchemaBook) throws -> JSONTree { try TicketView.schema(book, of: TicketView.Key.allCases) }
}

extension WhyEntry: WrittenOnly {
    /// Each view with the word that tells it apart.
    static func schema(_ book: SchemaBook) throws -> JSONTree {
        let views: [(String, any Any.Type)] = [
            ("classification", ClassificationView.self), ("answer", AnswerView.self), ("suggestion", SuggestionView.self),
            ("policy", PolicyView.self), ("escalation", EscalationView.self), ("incident", IncidentView.self)
        ]
        return [
            "oneOf": .array(
                try views.map { kind, view in
                    [
                        "allOf": [try book.schema(of: view)], "type": "object", "properties": ["kind": ["const": .string(kind)]],
                        "required": ["kind"]
                    ]
                })
        ]
    }
}

extension TicketID: SelfDescribing {
    static func schema(_ book: SchemaBook) -> JSONTree { ["type": "string", "format": "uuid"] }
    static var sample: TicketID? { TicketID(.v7()) }
}

extension Timestamp: SelfDescribing {
    static func schema(_ book: SchemaBook) -> JSONTree { ["type": "string", "format": "date-time"] }
    static var sample: Timestamp? { Timestamp(.now) }
}
