import Domain
import Foundation
import Intelligence
import Stores
import WorkerRuntime

/// Applies events to tickets in memory and keeps what has to be written: one final row for a ticket, whatever happened to it in the batch.
///
/// Pure: what it comes to depends on the locked tickets and the events alone.
struct TicketFold {
    let stage: String
    let classifier: TriageClassifier
    /// Whether a language model is asked to look at what is submitted.
    let requestsEnrichment: Bool
    /// The wall clock at recording.
    let now: Date

    private(set) var changes = TicketChanges()
    /// Tickets as they stand now, stored or not.
    private var tickets: [TicketID: Ticket]
    private let stubs: Set<TicketID>
    private var touched: Set<TicketID> = []
    /// Who has responded to each ticket so far.
    private var responders: [TicketID: Set<Author.Kind>]

    /// - Parameter responders: to the locked tickets; one that has none may be missing.
    init(
        stage: String, classifier: TriageClassifier, requestsEnrichment: Bool, locked: [TicketID: LockedTicket],
        responders: [TicketID: Set<Author.Kind>], now: Date
    ) {
        self.stage = stage
        self.classifier = classifier
        self.requestsEnrichment = requestsEnrichment
        self.responders = responders
        self.now = now
        var tickets: [TicketID: Ticket] = [:]
        var stubs: Set<TicketID> = []
        for (id, place) in locked {
            switch place {
            case .ticket(let ticket): tickets[id] = ticket
            case .stub: stubs.insert(id)
            }
        }
        self.tickets = tickets
        self.stubs = stubs
    }

    func has(_ id: TicketID) -> Bool { tickets[id] != nil }

    /// The changes with the final rows of all tickets that were touched.
    var result: TicketChanges {
        var result = changes
        for id in touched.sorted() {
            guard let ticket = tickets[id] else { continue }
            if inserted.contains(id) && !stubs.contains(id) { result.inserted.append(ticket) } else { result.updated.append(ticket) }
        }
        return result
    }

    /// Tickets that came into being in this batch.
    private var inserted: Set<TicketID> = []

    // MARK: Submissions

    mutating func submit(
        _ payload: TicketSubmitted, of event: Event<TicketInput>, _ classification: Classification, _ answer: TicketAnswer
    ) -> Outcome {
        if let existing = tickets[event.ticket] {
            let isSame = existing.subject == payload.subject && existing.body == payload.body && existing.requester.id.isExactly(payload.requester.id)
            return isSame
                ? .ignored("the ticket is stored already")
                : .dead(.idConflict, message: "field 'ticketId': expected an id not used before, found one of another ticket")
        }
        var ticket = Ticket(
            id: event.ticket, version: 1, state: .triaged, requester: payload.requester, persona: payload.persona ?? .trainee,
            channel: payload.channel ?? "api", subject: payload.subject, body: payload.body, course: payload.course, module: payload.module,
            language: classification.language.code, category: classification.category, tier: classification.tier,
            severity: classification.severity, confidence: classification.confidence, needsHuman: classification.needsHuman,
            guardrails: Set(classification.guardrails.map(\.kind)).sorted(), revision: 1, failedAttempts: 0, messageCount: 0,
            answer: answer.outcome, classifiedAt: now, source: event.source, submittedAt: event.time, updatedAt: event.time)
        let asksModel = requestsEnrichment && !classifier.refuses(classification)
        if asksModel { ticket.enrichment = .pending }
        let message = say(answer, on: &ticket, event)
        tickets[event.ticket] = ticket
        inserted.insert(event.ticket)
        touched.insert(event.ticket)
        changes.classifications.append(
            StoredClassification(
                ticket: ticket.id, revision: 1, cause: event.id, stage: stage, classification: classification, at: event.time))
        changes.answers.append(
            StoredAnswer(
                ticket: ticket.id, number: 1, cause: event.id, stage: stage, outcome: answer.outcome, messageID: message?.id,
                language: answer.language, text: answer.text, citations: answer.citations, articles: answer.evidence, reason: answer.reason,
                library: answer.library, at: event.time))
        let author = Author(kind: .requester, id: payload.requester.id)
        var fields = Self.firstFields(ticket, message)
        if let followed = payload.follows, followed != ticket.id {
            changes.links.append(TicketLink(ticket: ticket.id, other: followed, kind: .follows, by: author, at: event.time))
            fields.append(FieldChange("follows", from: nil, to: followed.description))
        }
        note(.submitted, event, by: author, ticket, fields)
        var events = [
            emit(TicketClassified(ticket), event),
            emit(
                TicketAnswered(ticket, number: 1, outcome: answer.outcome, messageID: message?.id, citations: answer.citations), event)
        ]
        if asksModel { events.append(emit(EnrichmentRequested(ticket), event, to: Topics.enrichments)) }
        events.append(measure(ticket, event, Measurements.ofSubmission(classification, answer, stage: stage, message: message)))
        return .applied(events)
    }

    /// The message by which the answer is shown; nil for one that is kept back.
    private mutating func say(_ answer: TicketAnswer, on ticket: inout Ticket, _ event: Event<TicketInput>) -> Message? {
        guard let text = answer.message else { return nil }
        ticket.messageCount += 1
        let message = Message.answer(
            text, to: ticket.id, cause: event.id, number: ticket.messageCount, language: answer.language, at: event.time)
        changes.messages.append(message)
        responders[ticket.id, default: []].insert(message.author.kind)
        return message
    }

    /// A new ticket's fields, as history tells them.
    private static func firstFields(_ ticket: Ticket, _ message: Message?) -> [FieldChange] {
        var fields = [
            FieldChange("state", from: nil, to: ticket.state.rawValue), FieldChange("category", from: nil, to: ticket.category.value),
            FieldChange("tier", from: nil, to: String(ticket.tier.value.rawValue)),
            FieldChange("severity", from: nil, to: ticket.severity.value.rawValue),
            FieldChange("language", from: nil, to: ticket.language), FieldChange("answer", from: nil, to: ticket.answer.rawValue)
        ]
        if ticket.enrichment != .notRequested { fields.append(FieldChange("enrichment", from: nil, to: ticket.enrichment.rawValue)) }
        if let message {
            fields.append(FieldChange("messages", from: "0", to: String(ticket.messageCount)))
            fields.append(FieldChange("response", from: nil, to: message.author.kind.rawValue))
        }
        return fields
    }

    // MARK: Replies

    mutating func park(_ raw: RawEvent, of event: Event<TicketInput>) -> Outcome {
        changes.parked.append(ParkedReply(ticket: event.ticket, raw: raw))
        return .ignored("parked: its ticket has not come yet")
    }

    /// A reply that was parked before, now that its ticket is there.
    mutating func unpark(_ parked: ParkedReply) -> [EmittedEvent] {
        // It was decoded before it was parked. One that a newer version refuses stays parked and becomes a dead letter when its time is over;
        // its ticket must not die of it.
        guard let event = try? parked.raw.decode(TicketInput.self, fallbackType: nil), case .replied(let payload) = event.payload else { return [] }
        changes.unparked.append(parked.raw.id)
        return reply(payload, of: event, classifier.screen(payload.body))
    }

    mutating func reply(_ payload: TicketReplied, of event: Event<TicketInput>, _ screening: TriageClassifier.Screening) -> [EmittedEvent] {
        guard var ticket = endOfChain(event.ticket) else { return [] }
        let old = ticket
        let visibility = payload.visibility ?? .public
        let speaksAsRequester = payload.author.kind == .requester && visibility == .public
        if speaksAsRequester, ticket.state.isFinal { return goOn(with: payload, of: event, after: ticket) }
        ticket.version += 1
        ticket.messageCount += 1
        ticket.updatedAt = max(ticket.updatedAt, event.time)
        let message = Message(
            id: event.id, ticket: ticket.id, number: ticket.messageCount, author: payload.author, visibility: visibility,
            body: payload.body, language: screening.language.code, guardrails: screening.guardrails, at: event.time)
        changes.messages.append(message)
        var events: [EmittedEvent] = []
        if speaksAsRequester {
            if ticket.state == .resolved { ticket.cycle += 1 }
            ticket.state = ticket.state.afterRequesterReply
            if screening.failedAttempt { ticket.failedAttempts += 1 }
            if !screening.guardrails.isEmpty { raise(&ticket, for: screening, event) }
        }
        tickets[ticket.id] = ticket
        touched.insert(ticket.id)
        var fields = Self.differences(old, ticket)
        fields.append(FieldChange("messages", from: String(old.messageCount), to: String(ticket.messageCount)))
        var known = responders[ticket.id] ?? []
        let earlier = known
        if visibility == .public, payload.author.responds {
            fields.append(FieldChange("response", from: nil, to: payload.author.kind.rawValue))
            known.insert(payload.author.kind)
            responders[ticket.id] = known
        }
        note(.replied, event, by: payload.author, ticket, fields, isInternal: visibility == .internal)
        events.append(emit(TicketUpdated(ticket, kind: .replied, message: message), event, of: ticket.id))
        if ticket.revision != old.revision { events.append(emit(TicketClassified(ticket), event, of: ticket.id)) }
        events.append(
            measure(ticket, event, Measurements.ofReply(message, from: old, to: ticket, stage: stage, earlier: earlier, responders: known)))
        return events
    }

    /// The ticket that stands for another after every merge; nil while there is none.
    private func endOfChain(_ id: TicketID) -> Ticket? {
        var ticket = tickets[id]
        while let next = ticket?.mergedInto.flatMap({ tickets[$0] }) { ticket = next }
        return ticket
    }

    /// A requester's word after the end begins a ticket of its own, linked with the old one. It goes the way of every ticket: as a submission,
    /// whose id follows from the reply's.
    private mutating func goOn(with payload: TicketReplied, of event: Event<TicketInput>, after old: Ticket) -> [EmittedEvent] {
        let next = TicketID(.v5(namespace: IDNamespace.emitted, stage, "follow-up", event.id.canonical))
        let submission = TicketSubmitted(
            ticketID: next, requester: old.requester, persona: old.persona, channel: old.channel, subject: old.subject, body: payload.body,
            course: old.course, module: old.module, follows: old.id)
        var ticket = old
        ticket.version += 1
        ticket.updatedAt = max(ticket.updatedAt, event.time)
        tickets[ticket.id] = ticket
        touched.insert(ticket.id)
        note(.linked, event, by: payload.author, ticket, [FieldChange("followedBy", from: nil, to: next.description)])
        return [
            EmittedEvent(
                submission, to: Topics.tickets, stage: stage, cause: event.id, time: event.time, ticket: next, traceparent: event.traceparent),
            emit(TicketUpdated(ticket, kind: .linked), event, of: ticket.id)
        ]
    }

    /// A reply that asks for what must be refused raises the ticket and never lowers it.
    private mutating func raise(_ ticket: inout Ticket, for screening: TriageClassifier.Screening, _ event: Event<TicketInput>) {
        let refused = screening.guardrails.filter(classifier.guardrails.refuses)
        ticket.guardrails = Set(ticket.guardrails + screening.guardrails.map(\.kind)).sorted()
        guard !refused.isEmpty else { return }
        ticket.tier = ticket.tier.raising(Labelled(max(ticket.tier.value, .engineer), by: .rule))
        ticket.needsHuman = true
        ticket.revision += 1
        let reasons = refused.map {
            Reason(subject: .guardrail, rule: $0.rule, value: $0.kind, evidence: $0.evidence, source: .rule)
        }
        changes.classifications.append(
            StoredClassification(
                ticket: ticket.id, revision: ticket.revision, cause: event.id, stage: stage,
                // What fired is stored once, with the text on which it fired: here that is the message.
                classification: Classification(
                    language: screening.language, category: ticket.category, tier: ticket.tier, severity: ticket.severity,
                    confidence: ticket.confidence, guardrails: [], needsHuman: true, reasons: reasons,
                    versions: .init(
                        taxonomy: classifier.taxonomy.version, guardrails: classifier.guardrails.version, model: classifier.model.version)),
                at: event.time))
    }

    // MARK: Notes

    private mutating func note(
        _ kind: ChangeKind, _ event: Event<TicketInput>, by actor: Author, _ ticket: Ticket, _ fields: [FieldChange], isInternal: Bool = false
    ) {
        changes.history.append(
            HistoryEntry(
                ticket: ticket.id, version: ticket.version, kind: kind, cause: event.id, actor: actor, origin: event.origin, changes: fields,
                at: event.time, isInternal: isInternal))
    }

    private static func differences(_ old: Ticket, _ new: Ticket) -> [FieldChange] {
        let fields: [(name: String, value: (Ticket) -> String)] = [
            ("state", { $0.state.rawValue }), ("tier", { String($0.tier.value.rawValue) }), ("severity", { $0.severity.value.rawValue }),
            ("cycle", { String($0.cycle) }), ("failedAttempts", { String($0.failedAttempts) }), ("needsHuman", { String($0.needsHuman) }),
            ("guardrails", { $0.guardrails.joined(separator: ",") })
        ]
        return fields.filter { $0.value(old) != $0.value(new) }.map { FieldChange($0.name, from: $0.value(old), to: $0.value(new)) }
    }

    /// - Parameter ticket: nil: the event's own. A reply to a merged ticket is told of another.
    private func emit(
        _ payload: some SingleTypePayload, _ event: Event<TicketInput>, to topic: String = Topics.changes, of ticket: TicketID? = nil
    ) -> EmittedEvent {
        EmittedEvent(
            payload, to: topic, stage: stage, cause: event.id, time: event.time, ticket: ticket ?? event.ticket, traceparent: event.traceparent)
    }

    private func measure(
        _ ticket: Ticket, _ event: Event<TicketInput>, _ measurements: [MetricRecorded.Measurement]
    ) -> EmittedEvent {
        emit(MetricRecorded(ticket, at: event.time, measurements), event, to: Topics.metrics, of: ticket.id)
    }
}
