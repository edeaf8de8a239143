import Domain
import Foundation
import Intelligence
import Kafka
import Launch
import Logging
import Messaging
import Observability
import Postgres
import ServiceLifecycle
import Stores
import WorkerRuntime

/// Puts the worker's services together, in order of dependency.
struct TriageWorker {
    /// The name in the inbox.
    static let consumer = "triage"
    /// The Kafka consumer group.
    static let group = "helpdesk.triage"

    static let taxonomy = ConfigurationKey(
        "classifier.taxonomy", .text, default: "deploy/config/taxonomy.yaml", "Categories, rules and examples.")
    static let guardrails = ConfigurationKey(
        "classifier.guardrails", .text, default: "deploy/config/guardrails.yaml", "Requests that are refused.")
    static let batchLimit = ConfigurationKey(
        "worker.batch-limit", .int(1...5000), default: 500, "Events in one transaction at most.")
    static let parallelCommits = ConfigurationKey(
        "worker.parallel-commits", .int(1...16), default: 2, "Transactions open at once.")
    static let inHandLimit = ConfigurationKey(
        "worker.in-hand", .int(10...100_000), default: 4000, "Events taken from Kafka and not finished at most.")

    static let keys: [any DeclaredKey] =
        CommonKeys.logging + CommonKeys.health + KafkaKeys.all + DatabaseKeys.all
        + [taxonomy, guardrails, batchLimit, parallelCommits, inHandLimit]

    let services: [any Service]
    let health: HealthState

    init(_ configuration: LaunchConfiguration, logger: Logger) async throws {
        let classifier = try Self.classifier(configuration, logger)
        let registry = MetricRegistry()
        registry.addProcessMetrics()
        health = HealthState()
        let kafka = KafkaSettings(
            brokers: configuration[KafkaKeys.brokers], properties: configuration[KafkaKeys.properties], clientID: "classifier-worker")
        var database = try PostgresSettings(url: configuration[DatabaseKeys.url])
        database.maximumConnections = configuration[DatabaseKeys.connections]
        database.applicationName = "classifier-worker"

        let pool = ConnectionPool(settings: database, logger: logger)
        let ledger = PostgresLedger(pool)
        let producer = try KafkaProducer(settings: kafka, logger: logger)
        let publisher = OutboxPublisher(store: ledger, sink: producer, logger: logger)
        let consumer = try KafkaConsumer(
            settings: kafka, group: Self.group, topics: [Topics.tickets], fetchWait: configuration[KafkaKeys.fetchWait], logger: logger)
        var settings = WorkerSettings(consumer: Self.consumer, fallbackType: TicketSubmitted.type)
        settings.batchLimit = configuration[Self.batchLimit]
        settings.parallelCommits = configuration[Self.parallelCommits]
        settings.inHandLimit = configuration[Self.inHandLimit]
        let consumption = health.component("consumption")
        consumption.ready()
        let worker = Worker(
            stage: TriageStage<PostgresTicketTransaction>(classifier: classifier), ledger: ledger, source: consumer, sink: producer,
            publisher: publisher, settings: settings, metrics: WorkerMetrics(registry), logger: logger,
            onStandstill: { reason in
                if let reason { consumption.notReady(reason) } else { consumption.ready() }
            })
        registry.callback("helpdesk_outbox_memory_rows", "Committed events waiting in memory for publication.") { Double(publisher.depth) }

        services = [
            HealthServer(
                health: health, metrics: registry, host: configuration[CommonKeys.healthHost],
                port: configuration[CommonKeys.healthPort], logger: logger),
            pool, producer, publisher,
            OutboxRelay(store: ledger, sink: producer, logger: logger),
            ParkedReplyExpiry(ledger: ledger, publisher: publisher, logger: logger),
            worker
        ]
    }

    static func classifier(_ configuration: LaunchConfiguration, _ logger: Logger) throws -> TriageClassifier {
        let started = ContinuousClock.now
        let taxonomy = configuration[taxonomy], guardrails = configuration[guardrails]
        let classifier = try TriageClassifier(
            taxonomyText: read(taxonomy, key: "classifier.taxonomy"), taxonomyName: taxonomy,
            guardrailsText: read(guardrails, key: "classifier.guardrails"), guardrailsName: guardrails)
        logger.info(
            "classifier is ready",
            metadata: [
                "taxonomy": "\(classifier.taxonomy.version)", "guardrails": "\(classifier.guardrails.version)",
                "model": "\(classifier.model.version)", "took": "\(started.duration(to: .now))"
            ])
        return classifier
    }

    private static func read(_ path: String, key: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ExitReason.usage(
                "\(key): expected a readable UTF-8 file, found none at '\(path)'", next: "give its path with --\(key.replacing(".", with: "-"))")
        }
    }
}
