import Domain
import Foundation
import Intelligence
import Stores
import WorkerRuntime

/// Applies what a model said to tickets in memory and keeps what has to be written.
///
/// Every look at a ticket is a stored change of it, applied or not: `enrichment` becomes `done`, with a version and a history row.
struct EnrichmentFold {
    let stage: String
    let model: String
    let policy: EnrichmentPolicy

    private(set) var changes = EnrichmentChanges()
    private var tickets: [TicketID: Ticket]
    private var facts: [TicketID: EnrichmentFacts]

    init(
        stage: String, model: String, policy: EnrichmentPolicy, locked: [TicketID: LockedTicket], facts: [TicketID: EnrichmentFacts]
    ) {
        self.stage = stage
        self.model = model
        self.policy = policy
        self.facts = facts
        tickets = locked.compactMapValues { if case .ticket(let ticket) = $0 { ticket } else { nil } }
    }

    mutating func apply(_ look: ModelLook, _ event: Event<EnrichmentRequested>) -> Outcome {
        guard let ticket = tickets[event.ticket] else { return .ignored("there is no such ticket") }
        changes.answers.append(look.answer)
        if let reason = policy.obstacle(to: ticket, asked: event.payload) { return suggest(look, reason, event, ticket) }
        return reclassify(look, event, ticket)
    }

    /// The model will not speak about it: a human's turn.
    mutating func note(_ refusal: ModelError.Refusal, _ event: Event<EnrichmentRequested>, at: Date) -> Outcome {
        guard let old = tickets[event.ticket] else { return .ignored("there is no such ticket") }
        var ticket = old
        if ticket.state.isOpen { ticket.needsHuman = true }
        ticket = done(ticket, old, event, at: at, [FieldChange("declined", from: nil, to: refusal.rawValue)])
        return .applied([emit(TicketUpdated(ticket, kind: .reclassified), event, at)])
    }

    // MARK: The ticket moved on

    private mutating func suggest(
        _ look: ModelLook, _ reason: Suggestion.Reason, _ event: Event<EnrichmentRequested>, _ old: Ticket
    ) -> Outcome {
        let at = look.answer.at
        let number = keep(look, reason, event)
        let ticket = done(old, old, event, at: at, [FieldChange("suggestion", from: nil, to: String(number))])
        return .applied([
            emit(TicketUpdated(ticket, kind: .reclassified), event, at),
            measure(ticket, look, event, [.init(.suggestions, detail: look.answer.model)])
        ])
    }

    /// Keeps it for whoever works the ticket; answers with its number.
    private mutating func keep(_ look: ModelLook, _ reason: Suggestion.Reason, _ event: Event<EnrichmentRequested>) -> Int {
        facts[event.ticket, default: .init()].suggestions += 1
        let number = facts[event.ticket]?.suggestions ?? 1
        let labels = look.enrichment.labels
        var text: String?
        var citations: [String] = []
        if case .grounded(let grounded, let cited) = look.enrichment.answer { (text, citations) = (grounded, cited) }
        changes.suggestions.append(
            Suggestion(
                ticket: event.ticket, number: number, cause: event.id, reason: reason, category: labels.category, tier: labels.tier,
                severity: labels.severity, confidence: labels.confidence, language: labels.language, rationale: labels.rationale, text: text,
                citations: citations, model: look.answer.model, promptVersion: look.answer.promptVersion, at: look.answer.at))
        return number
    }

    // MARK: The ticket is as it was

    private mutating func reclassify(_ look: ModelLook, _ event: Event<EnrichmentRequested>, _ old: Ticket) -> Outcome {
        let at = look.answer.at
        let labels = look.enrichment.labels
        var ticket = policy.labelled(old, by: labels)
        ticket.revision += 1
        var fields: [FieldChange] = []
        var counted: [MetricRecorded.Measurement] = [.init(.classifications, detail: stage)]
        var said: (number: Int, message: Message, citations: [String])?
        if case .grounded(let text, let citations) = look.enrichment.answer {
            if let reason = policy.objection(to: labels, showingTo: ticket) {
                fields.append(FieldChange("suggestion", from: nil, to: String(keep(look, reason, event))))
                counted.append(.init(.suggestions, detail: look.answer.model))
            } else {
                ticket.messageCount += 1
                let message = Message.answer(
                    text, to: ticket.id, cause: event.id, number: ticket.messageCount, language: labels.language, at: at)
                said = (answer(look, message, citations, event), message, citations)
                ticket.answer = .answered
                fields += [
                    FieldChange("messages", from: String(old.messageCount), to: String(ticket.messageCount)),
                    FieldChange("response", from: nil, to: message.author.kind.rawValue)
                ]
                counted += responded(ticket, message)
            }
        }
        ticket.needsHuman = policy.needsHuman(ticket, asked: event.payload, look.enrichment, shown: said != nil)
        ticket = done(ticket, old, event, at: at, fields)
        changes.tickets.classifications.append(
            StoredClassification(
                ticket: ticket.id, revision: ticket.revision, cause: event.id, stage: stage,
                classification: classification(ticket, old, look), at: at))
        var events = [emit(TicketClassified(ticket), event, at)]
        if let said {
            events.append(
                emit(
                    TicketAnswered(
                        ticket, number: said.number, outcome: .answered, messageID: said.message.id, citations: said.citations,
                        model: look.answer.model), event, at))
        }
        return .applied(events + [measure(ticket, look, event, counted)])
    }

    /// Stores what is said to the requester; answers with its number.
    private mutating func answer(
        _ look: ModelLook, _ message: Message, _ citations: [String], _ event: Event<EnrichmentRequested>
    ) -> Int {
        facts[event.ticket, default: .init()].answers += 1
        let number = facts[event.ticket]?.answers ?? 1
        changes.tickets.messages.append(message)
        changes.tickets.answers.append(
            StoredAnswer(
                ticket: event.ticket, number: number, cause: event.id, stage: stage, outcome: .answered, messageID: message.id,
                language: message.language, text: message.body, citations: citations, articles: look.evidence, reason: nil,
                library: look.library, model: look.answer.model, promptVersion: look.answer.promptVersion, at: message.at))
        return number
    }

    private mutating func responded(_ ticket: Ticket, _ message: Message) -> [MetricRecorded.Measurement] {
        var counted: [MetricRecorded.Measurement] = [
            .init(.messagesStored, detail: message.author.kind.rawValue), .init(.answers, detail: AnswerOutcome.answered.rawValue)
        ]
        if facts[ticket.id]?.hasResponse != true {
            counted.append(.init(.firstResponseSeconds, max(0, message.at.timeIntervalSince(ticket.submittedAt)), detail: "any"))
        }
        facts[ticket.id, default: .init()].hasResponse = true
        return counted
    }

    // MARK: Notes

    private func classification(_ ticket: Ticket, _ old: Ticket, _ look: ModelLook) -> Classification {
        let labels = look.enrichment.labels
        return Classification(
            language: LanguageGuess(code: ticket.language, confidence: labels.confidence), category: ticket.category, tier: ticket.tier,
            severity: ticket.severity, confidence: ticket.confidence, guardrails: [], needsHuman: ticket.needsHuman,
            reasons: reasons(ticket, old, look),
            versions: .init(
                taxonomy: policy.taxonomy, guardrails: policy.guardrails,
                model: "\(look.answer.model) prompt \(look.answer.promptVersion)"))
    }

    private func reasons(_ ticket: Ticket, _ old: Ticket, _ look: ModelLook) -> [Reason] {
        let labels = look.enrichment.labels
        func reason(_ subject: Reason.Subject, _ value: String, _ evidence: String) -> Reason {
            let words = String(String.UnicodeScalarView(evidence.unicodeScalars.prefix(Limits.short)))
            return Reason(subject: subject, rule: "model:\(look.answer.model)", value: value, evidence: words, source: .llm)
        }
        func stands(_ source: LabelSource, _ isTaken: Bool) -> String {
            isTaken ? "prompt \(look.answer.promptVersion)" : "not taken: what stands was set by \(source.rawValue)"
        }
        let category = ticket.category.value == labels.category ? "" : "not taken, set by \(old.category.source.rawValue): "
        var reasons = [
            reason(.category, labels.category, category + labels.rationale),
            reason(.tier, String(labels.tier.rawValue), stands(old.tier.source, ticket.tier.value == labels.tier)),
            reason(.severity, labels.severity.rawValue, stands(old.severity.source, ticket.severity.value == labels.severity))
        ]
        if ticket.language != old.language { reasons.append(reason(.language, ticket.language, "the fast path had no guess")) }
        if case .withheld(let why) = look.enrichment.answer { reasons.append(reason(.routing, "human", "answer withheld: \(why.rawValue)")) }
        return reasons
    }

    /// The ticket after the look, with its version and its history row.
    private mutating func done(
        _ ticket: Ticket, _ old: Ticket, _ event: Event<EnrichmentRequested>, at: Date, _ fields: [FieldChange]
    ) -> Ticket {
        var ticket = ticket
        ticket.enrichment = .done
        ticket.version += 1
        ticket.updatedAt = max(ticket.updatedAt, at)
        tickets[ticket.id] = ticket
        changes.tickets.updated.removeAll { $0.id == ticket.id }
        changes.tickets.updated.append(ticket)
        changes.tickets.history.append(
            HistoryEntry(
                ticket: ticket.id, version: ticket.version, kind: .reclassified, cause: event.id, actor: .helpdesk, origin: event.origin,
                changes: Self.differences(old, ticket) + fields, at: at))
        return ticket
    }

    private static func differences(_ old: Ticket, _ new: Ticket) -> [FieldChange] {
        [
            ("category", old.category.value, new.category.value),
            ("tier", String(old.tier.value.rawValue), String(new.tier.value.rawValue)),
            ("severity", old.severity.value.rawValue, new.severity.value.rawValue), ("language", old.language, new.language),
            ("needsHuman", String(old.needsHuman), String(new.needsHuman)), ("answer", old.answer.rawValue, new.answer.rawValue),
            ("enrichment", old.enrichment.rawValue, new.enrichment.rawValue)
        ].filter { $0.1 != $0.2 }.map { FieldChange($0.0, from: $0.1, to: $0.2) }
    }

    private func measure(
        _ ticket: Ticket, _ look: ModelLook, _ event: Event<EnrichmentRequested>, _ more: [MetricRecorded.Measurement]
    ) -> EmittedEvent {
        let answer = look.answer, model = answer.model
        let call: [MetricRecorded.Measurement] = [
            .init(.modelCalls, detail: model), .init(.modelTokensIn, Double(answer.inputTokens), detail: model),
            .init(.modelTokensOut, Double(answer.outputTokens), detail: model), .init(.modelCost, answer.cost, detail: model),
            .init(.modelSeconds, answer.latency / .seconds(1), detail: model)
        ]
        return EmittedEvent(
            MetricRecorded(ticket, at: answer.at, call + more), to: Topics.metrics, stage: stage, cause: event.id, time: answer.at,
            ticket: event.ticket, traceparent: event.traceparent)
    }

    private func emit(_ payload: some SingleTypePayload, _ event: Event<EnrichmentRequested>, _ at: Date) -> EmittedEvent {
        EmittedEvent(
            payload, to: Topics.changes, stage: stage, cause: event.id, time: at, ticket: event.ticket, traceparent: event.traceparent)
    }
}
