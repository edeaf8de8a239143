public import Foundation

extension Author {
    /// Who answers from the knowledge base.
    public static let helpdesk = Author(kind: .ai, id: "helpdesk")

    /// Whether a public message of theirs counts as a response to the requester.
    public var responds: Bool { kind == .agent || kind == .ai }
}

extension Message {
    /// The message by which the AI speaks to the requester. Its id follows from the cause, so that a repetition repeats it.
    ///
    /// - Parameters:
    ///   - cause: the event that led to it; one message for each.
    ///   - number: its place in the ticket's conversation.
    public static func answer(_ text: String, to ticket: TicketID, cause: UUID, number: Int, language: String, at time: Date) -> Message {
        Message(
            id: .v5(namespace: IDNamespace.emitted, "answer", cause.canonical), ticket: ticket, number: number, author: .helpdesk,
            visibility: .public, body: text, language: language, guardrails: [], at: time)
    }
}
