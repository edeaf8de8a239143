public import Domain
public import Foundation

/// An attempt to answer a ticket with what it is stored under.
public struct StoredAnswer: Sendable, Hashable {
    public var ticket: TicketID
    /// 1, 2, ... among the ticket's answers.
    public var number: Int
    /// The event that caused it.
    public var cause: UUID
    public var stage: String
    public var outcome: AnswerOutcome
    /// The message that the requester sees; nil for what is kept back.
    public var messageID: UUID?
    public var language: String
    /// What was, or would have been, said.
    public var text: String?
    /// What the text rests on, each `articleID@version#section`.
    public var citations: [String]
    /// What was found, the best first.
    public var articles: [AnswerEvidence]
    /// Why nothing was answered, or not shown.
    public var reason: String?
    /// The version of the articles; nil when there were none.
    public var library: String?
    /// The language model that wrote it; nil for the articles' own words.
    public var model: String?
    public var promptVersion: String?
    /// Event time of the cause.
    public var at: Date

    public init(
        ticket: TicketID, number: Int, cause: UUID, stage: String, outcome: AnswerOutcome, messageID: UUID?, language: String, text: String?,
        citations: [String], articles: [AnswerEvidence], reason: String?, library: String?, model: String? = nil, promptVersion: String? = nil,
        at: Date
    ) {
        self.ticket = ticket
        self.number = number
        self.cause = cause
        self.stage = stage
        self.outcome = outcome
        self.messageID = messageID
        self.language = language
        self.text = text
        self.citations = citations
        self.articles = articles
        self.reason = reason
        self.library = library
        self.model = model
        self.promptVersion = promptVersion
        self.at = at
    }
}
