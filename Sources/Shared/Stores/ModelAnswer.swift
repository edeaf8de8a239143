public import Domain
public import Foundation

/// What a language model said about a ticket, as it arrived, with its price.
public struct ModelAnswer: Sendable, Hashable {
    /// The event that asked for it.
    public var event: UUID
    public var promptVersion: String
    public var ticket: TicketID
    public var model: String
    /// JSON that keeps to the prompt's schema.
    public var content: String
    /// The sections that were sent with the ticket, each `articleID@version#section`.
    public var sources: [String]
    /// How much was taken out of the ticket before it left, by kind.
    public var redacted: [String: Int]
    public var inputTokens: Int
    public var outputTokens: Int
    /// In the currency of the configured prices.
    public var cost: Double
    public var attempts: Int
    /// Of the attempt that succeeded.
    public var latency: Duration
    /// When it arrived, in whole milliseconds. Everything that follows from it carries this instant.
    public var at: Date

    public init(
        event: UUID, promptVersion: String, ticket: TicketID, model: String, content: String, sources: [String], redacted: [String: Int],
        inputTokens: Int, outputTokens: Int, cost: Double, attempts: Int, latency: Duration, at: Date
    ) {
        self.event = event
        self.promptVersion = promptVersion
        self.ticket = ticket
        self.model = model
        self.content = content
        self.sources = sources
        self.redacted = redacted
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cost = cost
        self.attempts = attempts
        self.latency = latency
        self.at = at
    }
}

/// What is stored about an event before a model is asked for it.
public struct ModelAnswerRecord: Sendable, Hashable {
    /// The event has had its effects, or is a dead letter.
    public var isHandled: Bool
    public var hasTicket: Bool
    /// What the model said to it, for the same prompt.
    public var answer: ModelAnswer?

    public init(isHandled: Bool, hasTicket: Bool, answer: ModelAnswer?) {
        self.isHandled = isHandled
        self.hasTicket = hasTicket
        self.answer = answer
    }
}

/// Keeps what a model said, so that nobody pays for it twice.
public protocol ModelAnswerStore: Sendable {
    /// - Parameter consumer: whose inbox tells what was handled.
    func modelAnswer(consumer: String, event: UUID, promptVersion: String, ticket: TicketID) async throws -> ModelAnswerRecord
    /// Stores an answer on its arrival, in a transaction of its own, and returns the one that counts: the first for its event and prompt.
    func store(_ answer: ModelAnswer) async throws -> ModelAnswer
}
