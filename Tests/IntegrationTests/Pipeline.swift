import Domain
import Foundation
import Intelligence
import Kafka
import Logging
import Messaging
import Observability
import Postgres
import ServiceLifecycle
import Stores
import TestSupport
import Testing
import WorkerLaunch
import WorkerRuntime

@testable import ClassifierWorker

struct ConditionNotMet: Error, CustomStringConvertible {
    let description: String
}

/// A broker, a database and a producer, and workers on them in this process.
struct Pipeline: Sendable {
    let broker: EmbeddedBroker
    let kafka: KafkaSettings
    let pool: ConnectionPool
    let ledger: PostgresLedger
    let producer: KafkaProducer
    let logger: Logger

    func submission(_ ticket: TicketID, _ body: String) -> OutgoingRecord {
        record(TicketSubmitted(ticketID: ticket, requester: Requester(id: "mara"), subject: "Help", body: body), ticket)
    }

    func reply(_ ticket: TicketID, _ body: String) -> OutgoingRecord {
        record(TicketReplied(ticketID: ticket, author: Author(kind: .requester, id: "mara"), body: body), ticket)
    }

    private func record(_ payload: some SingleTypePayload, _ ticket: TicketID) -> OutgoingRecord {
        EmittedEvent(payload, to: Topics.tickets, stage: "test", cause: .v7(), time: Date(), ticket: ticket, traceparent: nil).record
    }

    func count(_ sql: SQL) async throws -> Int {
        let rows = try await pool.query(sql)
        return if let wide = try? rows.scalar(Int.self) { wide } else { Int(try rows.scalar(Int32.self)) }
    }

    func until(_ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else { throw ConditionNotMet(description: "not within \(limit): \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func lag() async throws -> [TopicPartition: Int64] {
        let admin = try KafkaAdmin(settings: kafka, logger: logger)
        let lag = try await admin.lag(group: WorkerProcess.group(of: TriageWorker.consumer), topics: [Topics.tickets])
        await admin.close()
        return lag
    }

    func startWorker(
        group: String = WorkerProcess.group(of: TriageWorker.consumer), knowledge: ActiveKnowledge = ActiveKnowledge(shippedAnswerer)
    ) -> RunningWorker {
        RunningWorker(self, group: group, knowledge: knowledge)
    }
}

/// A worker of this process with a life of its own.
final class RunningWorker: Sendable {
    private let registry = MetricRegistry()
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ pipeline: Pipeline, group name: String, knowledge: ActiveKnowledge) {
        let publisher = OutboxPublisher(store: pipeline.ledger, sink: pipeline.producer, logger: pipeline.logger)
        let source: KafkaConsumer
        do {
            source = try KafkaConsumer(
                settings: pipeline.kafka, group: name, topics: [Topics.tickets], fetchWait: .milliseconds(10), logger: pipeline.logger)
        } catch {
            preconditionFailure("the consumer's own settings are refused: \(error)")
        }
        let worker = Worker(
            stage: TriageStage<PostgresTicketTransaction>(classifier: shippedClassifier, knowledge: knowledge),
            ledger: pipeline.ledger, source: source,
            sink: pipeline.producer, publisher: publisher,
            settings: WorkerSettings(consumer: TriageWorker.consumer, fallbackType: TicketSubmitted.type),
            metrics: WorkerMetrics(registry, consumer: "triage"), logger: pipeline.logger)
        let group = ServiceGroup(services: [publisher, worker], logger: pipeline.logger)
        self.group = group
        task = Task { try await group.run() }
    }

    func duplicates() -> Int {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("helpdesk_events_total{consumer=\"triage\",outcome=\"duplicate\"}") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }

    var standsStill: Bool {
        registry.exposition().split(separator: "\n").contains { $0.hasPrefix("helpdesk_paused") && $0.hasSuffix(" 1") }
    }

    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }
}

func withPipeline(_ body: (Pipeline) async throws -> Void) async throws {
    var logger = Logger(label: "test")
    logger.logLevel = ProcessInfo.processInfo.environment["TEST_LOG"] == nil ? .critical : .info
    let broker = try EmbeddedBroker(logger: logger)
    defer { broker.stop() }
    for topic in Topics.allWithDeadLetters { try broker.createTopic(topic, partitions: 4) }
    let kafka = KafkaSettings(brokers: broker.bootstrapServers)
    var settings = try PostgresSettings(url: try await PrivatePostgres.shared().createDatabase())
    settings.acquireTimeout = .seconds(60)
    let pool = ConnectionPool(settings: settings, logger: logger)
    _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
    let producer = try KafkaProducer(settings: kafka, linger: .milliseconds(1), logger: logger)
    let pipeline = Pipeline(broker: broker, kafka: kafka, pool: pool, ledger: PostgresLedger(pool), producer: producer, logger: logger)
    do {
        try await body(pipeline)
    } catch {
        await producer.close()
        await pool.close()
        throw error
    }
    await producer.close()
    await pool.close()
}
