import Domain
import Foundation
import Intelligence
import Knowledge
import Stores
import WorkerRuntime

/// The slow path: asks a language model about a ticket that the fast path has stored, and records what it said where that is still wanted.
///
/// Deciding waits for the model and for nothing else; what the model said is stored as soon as it arrives, so that an event that is delivered
/// again, or a process that dies before its transaction, does not pay again.
struct EnrichmentStage<Transaction: EnrichmentTransaction>: Stage {
    typealias Input = EnrichmentRequested

    enum Decision: Sendable {
        /// The inbox holds it: it has had its effects.
        case handled
        /// There is no such ticket, and nobody was asked.
        case unknownTicket
        case looked(ModelLook)
        /// The model, or its endpoint's filter, will not speak about this ticket.
        case declined(ModelError.Refusal, at: Date)
    }

    let name = "enrichment"
    let model: any ChatModel
    let prompt: EnrichmentPrompt
    let policy: EnrichmentPolicy
    let answers: any ModelAnswerStore
    let knowledge: ActiveKnowledge
    var now: @Sendable () -> Date = { Date() }

    @concurrent func decide(_ event: Event<EnrichmentRequested>) async throws -> Decision {
        FaultPoint.trapIfAsked(event.payload.subject + event.payload.body)
        let stored = try await reading {
            try await answers.modelAnswer(
                consumer: EnrichmentWorker.consumer, event: event.id, promptVersion: prompt.version, ticket: event.ticket)
        }
        if stored.isHandled { return .handled }
        guard stored.hasTicket else { return .unknownTicket }
        guard let answerer = knowledge.answerer else { throw StageError.transient("the knowledge base is not read yet") }
        let (prepared, evidence) = question(about: event.payload, answerer)
        if let answer = stored.answer { return .looked(try look(answer, prepared, evidence, answerer)) }

        FaultPoint.hitSoon(.duringModelCall)
        let reply: ChatReply
        do throws(ModelError) {
            reply = try await model.complete(prepared.request)
        } catch {
            if case .refused(let refusal) = error, refusal == .contentFilter || refusal == .model { return .declined(refusal, at: instant(event)) }
            throw Self.stageError(of: error)
        }
        let arrived = ModelAnswer(
            event: event.id, promptVersion: prompt.version, ticket: event.ticket, model: model.name, content: reply.content,
            sources: prepared.sources.map(\.id),
            redacted: Dictionary(uniqueKeysWithValues: prepared.redacted.map { ($0.key.rawValue, $0.value) }),
            inputTokens: reply.usage.input, outputTokens: reply.usage.output, cost: reply.cost, attempts: reply.attempts,
            latency: reply.latency, at: instant(event))
        // Only what keeps to the schema is worth keeping: anything else is asked for again.
        let look = try look(arrived, prepared, evidence, answerer)
        // A database that is away now is waited for with the answer in hand: recording stores it too.
        guard let kept = try? await answers.store(arrived) else { return .looked(look) }
        FaultPoint.hit(.afterModelAnswer)
        return .looked(kept == arrived ? look : try self.look(kept, prepared, evidence, answerer))
    }

    func record(_ decisions: [Decided<EnrichmentRequested, Decision>], in transaction: Transaction) throws -> [Outcome] {
        let ids = Set(decisions.map(\.event.ticket)).sorted()
        let tickets = try transaction.lock(ids)
        let facts = try transaction.enrichmentFacts(of: tickets.keys.sorted())
        var fold = EnrichmentFold(stage: name, model: model.name, policy: policy, locked: tickets, facts: facts)
        let outcomes = decisions.map { decided in
            switch decided.decision {
            // Its row went between our look and now, which only housekeeping does, long after.
            case .handled: Outcome.ignored("it was handled before")
            case .unknownTicket: Outcome.ignored("there is no such ticket")
            case .looked(let look): fold.apply(look, decided.event)
            case .declined(let refusal, let at): fold.note(refusal, decided.event, at: at)
            }
        }
        try transaction.write(fold.changes)
        return outcomes
    }

    /// A model that is away may be away for hours; nothing else is worth trying meanwhile.
    @concurrent func probe() async -> Bool { model.status.isAvailable && knowledge.answerer != nil }

    // MARK: Asking

    private func question(
        about payload: EnrichmentRequested, _ answerer: TicketAnswerer
    ) -> (EnrichmentPrompt.Prepared, [AnswerEvidence]) {
        let hits = answerer.retriever.search(
            "\(payload.subject)\n\(payload.body)", audience: payload.persona, limit: EnrichmentPrompt.largestSources)
        let sources = hits.map { hit in
            EnrichmentPrompt.Source(id: hit.chunk.id, title: hit.chunk.headingPath.joined(separator: ": "), text: hit.chunk.text)
        }
        let prepared = prompt.prepare(
            .init(
                subject: payload.subject, body: payload.body, persona: payload.persona.rawValue, language: payload.language,
                known: [payload.requester.id, payload.requester.name, payload.requester.email].compactMap { $0 }),
            sources: sources)
        return (prepared, hits.map(TicketAnswerer.evidence))
    }

    private func look(
        _ answer: ModelAnswer, _ prepared: EnrichmentPrompt.Prepared, _ evidence: [AnswerEvidence], _ answerer: TicketAnswerer
    ) throws(StageError) -> ModelLook {
        do throws(ModelError) {
            return ModelLook(
                answer: answer, enrichment: try prompt.read(answer.content, of: prepared), evidence: evidence, library: answerer.library?.version)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// When an answer arrived: whole milliseconds, so that it reads back from the database as it was, and not before its cause.
    private func instant(_ event: Event<EnrichmentRequested>) -> Date {
        let milliseconds = (now().timeIntervalSince1970 * 1000).rounded()
        return max(Date(timeIntervalSince1970: milliseconds / 1000), event.time)
    }

    private func reading<T>(_ body: () async throws -> T) async throws(StageError) -> T {
        do {
            return try await body()
        } catch LedgerError.failed(let reason, _) {
            throw .failed(reason)
        } catch {
            throw .transient("the database does not answer: \(error)")
        }
    }

    /// What passes when the model, its budget or its configuration does is nobody's failure.
    static func stageError(of error: ModelError) -> StageError {
        switch error {
        case .transient, .circuitOpen, .budgetExhausted, .cancelled: .transient("\(error)")
        case .refused(.unauthorized), .refused(.notFound), .refused(.redirected): .transient("\(error)")
        case .refused, .invalidAnswer: .failed("\(error)")
        }
    }
}

/// A checked answer of the model, with what it was asked on.
struct ModelLook: Sendable {
    let answer: ModelAnswer
    let enrichment: Enrichment
    /// The sections that were sent, the best first.
    let evidence: [AnswerEvidence]
    /// The version of the articles.
    let library: String?
}
