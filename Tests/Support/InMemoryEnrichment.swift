public import Domain
public import Foundation
public import Stores
import Synchronization

/// Enrichments without a server: the twin of the PostgreSQL transaction, over the twin of the tickets.
public final class InMemoryEnrichment: EnrichmentTransaction {
    public let tickets: InMemoryTickets
    public private(set) var suggestions: [TicketID: [Suggestion]] = [:]
    private let answers: InMemoryModelAnswers

    public init(_ tickets: InMemoryTickets = InMemoryTickets(), answers: InMemoryModelAnswers = InMemoryModelAnswers()) {
        self.tickets = tickets
        self.answers = answers
    }

    public func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] { try tickets.lock(ids) }

    public func enrichmentFacts(of ids: [TicketID]) throws -> [TicketID: EnrichmentFacts] {
        let responders = try tickets.responders(to: ids)
        return Dictionary(
            uniqueKeysWithValues: ids.map { id in
                let facts = EnrichmentFacts(
                    answers: tickets.answers[id]?.count ?? 0, suggestions: suggestions[id]?.count ?? 0, hasResponse: responders[id] != nil)
                return (id, facts)
            })
    }

    public func write(_ changes: EnrichmentChanges) throws {
        try tickets.write(changes.tickets)
        for suggestion in changes.suggestions {
            guard suggestion.number == (suggestions[suggestion.ticket]?.count ?? 0) + 1 else {
                throw InMemoryTickets.Refused(description: "suggestion \(suggestion.number) of \(suggestion.ticket) out of turn")
            }
            suggestions[suggestion.ticket, default: []].append(suggestion)
        }
        for answer in changes.answers { answers.keep(answer) }
    }
}

/// The twin of what is stored of a model's answers.
public final class InMemoryModelAnswers: ModelAnswerStore {
    private struct State {
        var answers: [String: ModelAnswer] = [:]
        var handled: Set<UUID> = []
        var unknown: Set<TicketID> = []
        var isAway = false
    }

    private struct Away: Error {}

    private let state = Mutex(State())

    public init() {}

    public var all: [ModelAnswer] { state.withLock { Array($0.answers.values) } }

    public func handle(_ event: UUID) { state.withLock { _ = $0.handled.insert(event) } }
    public func forget(_ ticket: TicketID) { state.withLock { _ = $0.unknown.insert(ticket) } }
    /// From now on storing fails.
    public func goAway() { state.withLock { $0.isAway = true } }

    public func modelAnswer(
        consumer: String, event: UUID, promptVersion: String, ticket: TicketID
    ) async throws -> ModelAnswerRecord {
        state.withLock { state in
            ModelAnswerRecord(
                isHandled: state.handled.contains(event), hasTicket: !state.unknown.contains(ticket),
                answer: state.answers["\(event) \(promptVersion)"])
        }
    }

    public func store(_ answer: ModelAnswer) async throws -> ModelAnswer {
        try state.withLock { if $0.isAway { throw Away() } }
        return keep(answer)
    }

    @discardableResult
    func keep(_ answer: ModelAnswer) -> ModelAnswer {
        state.withLock { state in
            let key = "\(answer.event) \(answer.promptVersion)"
            let kept = state.answers[key] ?? answer
            state.answers[key] = kept
            return kept
        }
    }
}
