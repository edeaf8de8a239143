public import Domain

/// What an enrichment needs to know of a locked ticket besides its row.
public struct EnrichmentFacts: Sendable, Hashable {
    /// Numbers given so far.
    public var answers: Int
    public var suggestions: Int
    /// The requester has a public message by an agent or the AI.
    public var hasResponse: Bool

    public init(answers: Int = 0, suggestions: Int = 0, hasResponse: Bool = false) {
        self.answers = answers
        self.suggestions = suggestions
        self.hasResponse = hasResponse
    }
}

/// Everything a batch of enrichments writes.
public struct EnrichmentChanges: Sendable {
    public var tickets = TicketChanges()
    public var suggestions: [Suggestion] = []
    /// Those of the batch; a row that is there stays as it is.
    public var answers: [ModelAnswer] = []

    public init() {}
}

/// What the enrichment stage may do inside its transaction.
public protocol EnrichmentTransaction {
    /// Locks these tickets in id order; one without a row is missing from the answer.
    func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket]
    /// Of tickets that are locked.
    func enrichmentFacts(of ids: [TicketID]) throws -> [TicketID: EnrichmentFacts]
    func write(_ changes: EnrichmentChanges) throws
}
