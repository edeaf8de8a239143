import Domain
import Foundation
import Postgres
import WorkerRuntime

/// Everything that one request to work tickets writes, under their locks.
struct WorkWriting {
    private let request: WorkRequest
    private let actor: Author
    private let connection: Connection
    private var tickets: [Ticket] = []
    private var history: [HistoryEntry] = []
    private var statements: [SQL] = []
    private var events: [EmittedEvent] = []

    init(_ request: WorkRequest, actor: Author, connection: Connection) {
        self.request = request
        self.actor = actor
        self.connection = connection
    }

    mutating func add(_ edited: EditedTicket, of old: Ticket) throws {
        let ticket = edited.ticket
        tickets.append(ticket)
        history.append(
            HistoryEntry(
                ticket: ticket.id, version: ticket.version, kind: edited.kind, cause: request.cause, actor: actor, origin: "api",
                changes: edited.changes, at: ticket.updatedAt, isInternal: edited.isInternal, reason: request.reason))
        statements += TicketMarks.changes(from: old, to: ticket)
        emit(TicketUpdated(ticket, kind: edited.kind), of: ticket)
        var measured: [MetricRecorded.Measurement] = []
        if edited.reopens { measured.append(.init(.reopenings)) }
        if !edited.corrections.isEmpty {
            statements.append(CorrectionRow.insert(edited.corrections))
            statements.append(try ClassificationRow.insert([classification(ticket, edited.corrections)]))
            emit(TicketClassified(ticket), of: ticket)
            measured.append(.init(.classifications, detail: Author.Kind.agent.rawValue))
        }
        if !measured.isEmpty { emit(MetricRecorded(ticket, at: ticket.updatedAt, measured), of: ticket, to: Topics.metrics) }
    }

    /// Somebody asked for a human: the policy tells it when it looks at the ticket.
    mutating func ask(_ ticket: Ticket, by actor: Author, _ party: TicketParty) throws {
        let row: SQL = """
            INSERT INTO helpdesk.escalation_asks (id, ticket_id, cycle, by_kind, by_id, tier, reason, at)
            VALUES (\(request.cause), \(ticket.id.uuid), \(Int32(ticket.cycle)), \(party.rawValue), \(actor.id), \
            \(Int16(ticket.tier.value.rawValue)), \(request.reason as String?), \(ticket.updatedAt))
            """
        statements.append(row)
    }

    mutating func add(_ statement: SQL) { statements.append(statement) }

    /// Writes it all.
    /// - Returns: what is to be stored in the outbox, last, and published.
    func finish() throws -> [OutboxRow] {
        _ = try connection.pipeline([TicketRow.update(tickets), HistoryRow.insert(history)] + statements)
        return events.map { OutboxRow(id: $0.id, record: $0.record) }
    }

    /// The labels as they stand after an agent's word. What the agent said stands in the corrections, for those who work tickets.
    private func classification(_ ticket: Ticket, _ corrections: [Correction]) throws -> StoredClassification {
        let before = try connection.query(
            "SELECT \(ClassificationRow.columns) FROM helpdesk.classifications WHERE ticket_id = \(ticket.id.uuid) ORDER BY revision DESC LIMIT 1"
        ).first.map(ClassificationRow.decode)
        let reasons = corrections.map { correction in
            let subject: Reason.Subject =
                switch correction.label {
                case .category: .category
                case .tier: .tier
                case .severity: .severity
                }
            return Reason(subject: subject, rule: "agent", value: correction.to, evidence: "set by hand", source: .agent)
        }
        return StoredClassification(
            ticket: ticket.id, revision: ticket.revision, cause: request.cause, stage: Author.Kind.agent.rawValue,
            classification: Classification(
                language: before?.classification.language ?? LanguageGuess(code: ticket.language, confidence: 0), category: ticket.category,
                tier: ticket.tier, severity: ticket.severity, confidence: ticket.confidence, guardrails: [], needsHuman: ticket.needsHuman,
                reasons: reasons, versions: before?.classification.versions ?? .init(taxonomy: "", guardrails: "", model: "")),
            at: ticket.updatedAt)
    }

    private mutating func emit(_ payload: some SingleTypePayload, of ticket: Ticket, to topic: String = Topics.changes) {
        events.append(
            EmittedEvent(
                payload, to: topic, stage: TicketWork.stage, cause: request.cause, ordinal: tickets.count - 1, time: ticket.updatedAt,
                ticket: ticket.id, traceparent: request.traceparent))
    }
}
