import Domain
import Foundation
import Intelligence
import Knowledge
import Messaging
import ScriptedModel
import Stores
import Synchronization
import TestSupport
import Testing
import WorkerRuntime

@testable import ClassifierWorker

/// A model that says what it is told, and remembers what it was asked.
final class ToldModel: ChatModel {
    private struct State {
        var replies: [Result<String, ModelError>]
        var requests: [ChatRequest] = []
        var status = ModelStatus.ready
    }

    private let state: Mutex<State>

    /// - Parameter replies: in turn; the last one repeats.
    init(_ replies: Result<String, ModelError>...) {
        state = Mutex(State(replies: replies))
    }

    convenience init(_ enrichment: ScriptedEnrichment) { self.init(.success(enrichment.json)) }

    let name = "told"
    var status: ModelStatus {
        get { state.withLock { $0.status } }
        set { state.withLock { $0.status = newValue } }
    }
    var requests: [ChatRequest] { state.withLock { $0.requests } }

    func complete(_ request: ChatRequest) async throws(ModelError) -> ChatReply {
        let reply = state.withLock { state in
            state.requests.append(request)
            return state.replies.count > 1 ? state.replies.removeFirst() : state.replies[0]
        }
        return ChatReply(
            content: try reply.get(), usage: TokenUsage(input: 100, output: 50), cost: 0.25, attempts: 2, latency: .milliseconds(1500))
    }
}

/// Tickets in memory and an enrichment stage over them.
final class EnrichmentDesk {
    typealias Stage = EnrichmentStage<InMemoryEnrichment>

    /// When everybody's answers arrive.
    static let arrival = Date(timeIntervalSince1970: 1_900_000_000.25)
    static let submitted = Date(timeIntervalSince1970: 1_899_999_990)

    let store = InMemoryModelAnswers()
    let transaction: InMemoryEnrichment
    let model: ToldModel
    let stage: Stage

    var tickets: InMemoryTickets { transaction.tickets }

    init(_ model: ToldModel) {
        self.model = model
        transaction = InMemoryEnrichment(answers: store)
        stage = Stage(
            model: model, prompt: EnrichmentPrompt(taxonomy: shippedClassifier.taxonomy), policy: EnrichmentPolicy(shippedClassifier),
            answers: store, knowledge: ActiveKnowledge(shippedAnswerer), now: { Self.arrival })
    }

    /// A ticket as Triage leaves it, unless told otherwise.
    func ticket(
        subject: String = "Login loop", body: String = "The login page keeps sending me back to itself",
        _ change: (inout Ticket) -> Void = { _ in }
    ) throws -> Ticket {
        var ticket = Ticket(
            id: TicketID(.v7()), version: 1, state: .triaged, requester: Requester(id: "mara", name: "Mara Lind", email: "mara@example.org"),
            persona: .trainee, channel: "web", subject: subject, body: body, course: nil, module: nil, language: "en",
            category: Labelled("general_question", by: .model), tier: Labelled(.generalist, by: .model),
            severity: Labelled(.medium, by: .model), confidence: 0.3, needsHuman: true, guardrails: [], revision: 1, failedAttempts: 0,
            messageCount: 0, answer: .notCovered, enrichment: .pending, classifiedAt: Self.submitted, source: "test", submittedAt: Self.submitted,
            updatedAt: Self.submitted)
        change(&ticket)
        var changes = TicketChanges()
        changes.inserted = [ticket]
        try tickets.write(changes)
        return ticket
    }

    /// Stores another state of a ticket, as another stage would.
    func change(_ ticket: Ticket, _ change: (inout Ticket) -> Void) throws {
        var ticket = ticket
        ticket.version += 1
        change(&ticket)
        var changes = TicketChanges()
        changes.updated = [ticket]
        try tickets.write(changes)
    }

    /// The request that Triage would send for a ticket, as it arrives.
    func request(_ ticket: Ticket, cause: UUID = .v7()) throws -> (event: Event<EnrichmentRequested>, raw: RawEvent) {
        let out = EmittedEvent(
            EnrichmentRequested(ticket), to: Topics.enrichments, stage: "triage", cause: cause, time: Self.submitted, ticket: ticket.id,
            traceparent: nil
        ).record
        let raw = RawEvent(
            Record(
                source: TopicPartition(topic: Topics.enrichments, partition: 0), offset: 1,
                timestamp: Int64(Self.submitted.timeIntervalSince1970 * 1000) + 1, key: out.key, value: out.value, headers: out.headers,
                generation: 1))
        return (try raw.decode(EnrichmentRequested.self, fallbackType: nil), raw)
    }

    /// Decides and records one request.
    func enrich(_ asked: Ticket, cause: UUID = .v7()) async throws -> [EmittedEvent] {
        let (event, raw) = try request(asked, cause: cause)
        return try record([Decided(event: event, decision: try await stage.decide(event), raw: raw)])
    }

    func record(_ decided: [Decided<EnrichmentRequested, Stage.Decision>]) throws -> [EmittedEvent] {
        try stage.record(decided, in: transaction).flatMap { outcome in
            guard case .applied(let events) = outcome else { throw ConditionNotMet(outcome) }
            return events
        }
    }

    struct ConditionNotMet: Error {
        let outcome: Outcome

        init(_ outcome: Outcome) { self.outcome = outcome }
    }

    /// The best section for the shipped articles' own question, to be quoted.
    static func section(for text: String, persona: Persona = .trainee) throws -> Chunk {
        try #require(shippedAnswerer.retriever.search(text, audience: persona, limit: 1).first).chunk
    }
}

extension EmittedEvent {
    func decoded<Payload: SingleTypePayload>(_: Payload.Type) throws -> Payload { try Payload.decode(type: type, from: Data(json)) }
}
