import Domain
import Foundation
import Logging
import Messaging
import Postgres
import Stores
import TestSupport
import WorkerRuntime

@testable import MetricsWorker

/// 2026-11-22T10:00:00Z.
let ten = Date(timeIntervalSince1970: 1_795_341_600)

func sampleTicket(
    _ id: TicketID = TicketID(.v7()), category: String = "dns", tier: Tier = .generalist, severity: Severity = .medium, language: String = "en",
    channel: String = "web"
) -> Ticket {
    Ticket(
        id: id, version: 1, state: .triaged, requester: Requester(id: "mara"), persona: .trainee, channel: channel, subject: "s", body: "b",
        course: nil, module: nil, language: language, category: Labelled(category, by: .model), tier: Labelled(tier, by: .model),
        severity: Labelled(severity, by: .model), confidence: 0.9, needsHuman: false, guardrails: [], revision: 1, failedAttempts: 0,
        messageCount: 0, classifiedAt: ten, source: "test", submittedAt: ten, updatedAt: ten)
}

/// A metric event as its record on the topic.
func record(_ payload: MetricRecorded, cause: UUID = .v7(), offset: Int64 = 1) -> Record {
    let out = EmittedEvent(
        payload, to: Topics.metrics, stage: "test", cause: cause, time: ten, ticket: payload.ticketID ?? TicketID(.v7()), traceparent: nil
    ).record
    return Record(
        source: TopicPartition(topic: Topics.metrics, partition: 0), offset: offset, timestamp: 1_795_341_600_000, key: out.key, value: out.value,
        headers: out.headers, generation: 1)
}

typealias DecidedMetric = Decided<MetricRecorded, [MetricFact]>

func decided(_ record: Record) async throws -> DecidedMetric {
    let raw = RawEvent(record)
    let event = try raw.decode(MetricRecorded.self, fallbackType: nil)
    return Decided(event: event, decision: try await MetricsStage<InMemoryMetrics>(shards: 8).decide(event), raw: raw)
}

/// A database with the whole schema and nothing in it.
func emptyDatabase() async throws -> ConnectionPool {
    var logger = Logger(label: "test")
    logger.logLevel = .error
    let pool = ConnectionPool(settings: try PostgresSettings(url: try await PrivatePostgres.shared().createDatabase()), logger: logger)
    _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
    return pool
}

/// Delivers events as a worker does: one transaction, inbox included.
@discardableResult
func deliver(_ batch: [DecidedMetric], _ pool: ConnectionPool, shards: Int = 8) async throws -> [LedgerResult] {
    let stage = MetricsStage<PostgresTicketTransaction>(shards: shards)
    let entries = batch.map { LedgerEntry(eventID: $0.event.id, payloadHash: $0.raw.payloadHash, isReplay: false) }
    return try await PostgresLedger(pool).commit(consumer: MetricsWorker.consumer, entries: entries) { fresh, transaction in
        try stage.record(fresh.map { batch[$0] }, in: transaction)
    }
}
