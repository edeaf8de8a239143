import Domain
import Foundation
import Kafka
import Logging
import Messaging
import Observability
import Policy
import Postgres
import ServiceLifecycle
import Stores
import TestSupport
import WorkerLaunch
import WorkerRuntime

@testable import EscalationWorker

/// Escalation on a real database, with tickets as Triage would have stored them.
struct EscalationDesk: Sendable {
    let pipeline: Pipeline
    let recorder: EscalationRecorder<PostgresTicketTransaction>

    init(_ pipeline: Pipeline) async throws {
        self.pipeline = pipeline
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/config").standardized
        let path = folder.appending(path: "escalation-policy.yaml").path
        recorder = EscalationRecorder(
            evaluator: EscalationEvaluator(policy: try PolicyReading.policy(at: path, named: "FILE", categories: nil)))
        // Written by the stage that calls the model; here as long as its migration is not.
        _ = try await pipeline.pool.execute(
            """
            CREATE TABLE IF NOT EXISTS helpdesk.model_health (name text PRIMARY KEY, state text NOT NULL, breaker text NOT NULL, detail text,
                checked_at timestamptz NOT NULL, changed_at timestamptz NOT NULL)
            """)
    }

    func ticket(_ change: (inout Ticket) -> Void = { _ in }) -> Ticket {
        let id = TicketID(.v7())
        let now = Date()
        var ticket = Ticket(
            id: id, version: 1, state: .triaged, requester: Requester(id: "person \(id)"), persona: .trainee, channel: "web", subject: "Help",
            body: "\(UUID()) \(UUID())", course: nil, module: nil, language: "en", category: Labelled("vpn", by: .model),
            tier: Labelled(.selfService, by: .model), severity: Labelled(.medium, by: .model), confidence: 0.9, needsHuman: false, guardrails: [],
            revision: 1, failedAttempts: 0, messageCount: 0, answer: .answered, classifiedAt: now, source: "test", submittedAt: now,
            updatedAt: now)
        change(&ticket)
        ticket.updatedAt = ticket.submittedAt
        return ticket
    }

    func store(_ tickets: [Ticket]) async throws {
        try await pipeline.pool.transaction { connection in
            var changes = TicketChanges()
            changes.inserted = tickets
            changes.history = tickets.map {
                HistoryEntry(
                    ticket: $0.id, version: 1, kind: .submitted, cause: .v7(), actor: Author(kind: .requester, id: "x"), origin: "test",
                    changes: [
                        FieldChange("state", from: nil, to: $0.state.rawValue), FieldChange("severity", from: nil, to: $0.severity.value.rawValue)
                    ], at: $0.submittedAt)
            }
            try PostgresTicketTransaction(connection).write(changes)
        }
    }

    func move(_ ids: [TicketID], to state: TicketState) async throws {
        try await pipeline.pool.transaction { connection in
            let transaction = PostgresTicketTransaction(connection)
            var changes = TicketChanges()
            for case .ticket(var ticket) in try transaction.lock(ids).values {
                changes.history.append(
                    HistoryEntry(
                        ticket: ticket.id, version: ticket.version + 1, kind: .replied, cause: .v7(), actor: Author(kind: .agent, id: "x"),
                        origin: "test", changes: [FieldChange("state", from: ticket.state.rawValue, to: state.rawValue)], at: Date()))
                ticket.version += 1
                ticket.state = state
                changes.updated.append(ticket)
            }
            try transaction.write(changes)
        }
    }

    func nudge(_ ticket: TicketID) throws -> OutgoingRecord {
        var payload = TicketUpdated(self.ticket(), kind: .replied)
        payload.ticketID = ticket
        return EmittedEvent(
            payload, to: Topics.changes, stage: "test", cause: .v7(), time: Date(), ticket: ticket, traceparent: nil
        ).record
    }

    /// Evaluates through the ledger, as the worker does, and leaves the outbox alone.
    func evaluate(_ ids: [TicketID]) async throws -> [LedgerResult] {
        let raws = try ids.map { id in
            let record = try nudge(id)
            return RawEvent(
                Record(
                    source: TopicPartition(topic: Topics.changes, partition: 0), offset: 0, timestamp: Int64(Date().timeIntervalSince1970 * 1000),
                    key: record.key, value: record.value, headers: record.headers, generation: 1))
        }
        let stage = EscalationStage(recorder: recorder)
        let decided = try raws.map {
            Decided(
                event: try $0.decode(TicketChange.self, fallbackType: nil),
                decision: EscalationStage<PostgresTicketTransaction>.Decision(), raw: $0)
        }
        let entries = raws.map { LedgerEntry(eventID: $0.id, payloadHash: $0.payloadHash, isReplay: false) }
        let record: @Sendable ([Int], PostgresTicketTransaction) throws -> [Outcome] = { fresh, transaction in
            try stage.record(fresh.map { decided[$0] }, in: transaction)
        }
        while true {
            let result = await Self.attempt {
                try await pipeline.ledger.commit(consumer: EscalationWorker.consumer, entries: entries, record: record)
            }
            // As the runtime: after a conflict again at once.
            if case .failure(let error) = result, case LedgerError.conflict = error { continue }
            return try result.get()
        }
    }

    private static func attempt<Value>(_ body: () async throws -> Value) async -> Result<Value, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// True when each query counts what is expected of it.
    func holds(_ counts: (SQL, Int)...) async throws -> Bool {
        for (sql, expected) in counts where try await pipeline.count(sql) != expected { return false }
        return true
    }

    func timers() -> TimerService {
        TimerService(
            ledger: pipeline.ledger, publisher: OutboxPublisher(store: pipeline.ledger, sink: pipeline.producer, logger: pipeline.logger),
            recorder: recorder, interval: .milliseconds(50),
            metrics: TimerMetrics(MetricRegistry()), logger: pipeline.logger)
    }

    func told(_ type: String) async throws -> [Record] {
        try await KafkaTail.readAll(
            Topics.escalations, settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger
        ).filter { $0.headers[text: "ce_type"] == type }
    }
}

/// An escalation worker of this process with a life of its own.
final class RunningEscalation: Sendable {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ desk: EscalationDesk, group name: String = WorkerProcess.group(of: EscalationWorker.consumer)) throws {
        let pipeline = desk.pipeline
        let publisher = OutboxPublisher(store: pipeline.ledger, sink: pipeline.producer, logger: pipeline.logger)
        let source = try KafkaConsumer(
            settings: pipeline.kafka, group: name, topics: [Topics.changes], fetchWait: .milliseconds(10), logger: pipeline.logger)
        let worker = Worker(
            stage: EscalationStage(recorder: desk.recorder), ledger: pipeline.ledger, source: source, sink: pipeline.producer,
            publisher: publisher, settings: WorkerSettings(consumer: EscalationWorker.consumer),
            metrics: WorkerMetrics(MetricRegistry(), consumer: EscalationWorker.consumer), logger: pipeline.logger)
        let timers = TimerService(
            ledger: pipeline.ledger, publisher: publisher, recorder: desk.recorder, interval: .milliseconds(50),
            metrics: TimerMetrics(MetricRegistry()), logger: pipeline.logger)
        let group = ServiceGroup(services: [publisher, timers, worker], logger: pipeline.logger)
        self.group = group
        task = Task { try await group.run() }
    }

    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }
}
