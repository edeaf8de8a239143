import Domain
public import Kafka
public import Launch
public import Logging
import Messaging
public import Observability
public import Postgres
public import ServiceLifecycle
public import Stores
public import WorkerRuntime

/// What every worker process has besides its stages: database, producer, outbox publisher and relay, health and metrics.
public struct WorkerProcess {
    public static let batchLimit = ConfigurationKey(
        "worker.batch-limit", .int(1...5000), default: 250, "Events in one transaction at most.")
    public static let parallelCommits = ConfigurationKey(
        "worker.parallel-commits", .int(1...16), default: 2, "Transactions open at once.")
    public static let inHandLimit = ConfigurationKey(
        "worker.in-hand", .int(10...100_000), default: 1000, "Events taken from Kafka and not finished at most.")

    /// The settings of every worker.
    public static let keys: [any DeclaredKey] =
        CommonKeys.logging + CommonKeys.health + KafkaKeys.all + DatabaseKeys.all + [batchLimit, parallelCommits, inHandLimit]

    public let configuration: LaunchConfiguration
    public let logger: Logger
    public let metrics = MetricRegistry()
    public let health = HealthState()
    public let kafka: KafkaSettings
    public let pool: ConnectionPool
    public let ledger: PostgresLedger
    public let producer: KafkaProducer
    public let publisher: OutboxPublisher<PostgresLedger>

    /// - Parameter name: the executable's: the Kafka client id and PostgreSQL's `application_name`.
    public init(name: String, _ configuration: LaunchConfiguration, logger: Logger) throws {
        self.configuration = configuration
        self.logger = logger
        metrics.addProcessMetrics()
        kafka = KafkaSettings(
            brokers: configuration[KafkaKeys.brokers], properties: configuration[KafkaKeys.properties], clientID: name)
        var database = try PostgresSettings(url: configuration[DatabaseKeys.url])
        database.maximumConnections = configuration[DatabaseKeys.connections]
        database.applicationName = name
        database.findsRowsByKey()
        pool = ConnectionPool(settings: database, logger: logger)
        ledger = PostgresLedger(pool)
        do {
            producer = try KafkaProducer(settings: kafka, logger: logger)
        } catch {
            throw ExitReason(kafka: error)
        }
        let publisher = OutboxPublisher(store: ledger, sink: producer, logger: logger)
        self.publisher = publisher
        metrics.callback("helpdesk_outbox_memory_rows", "Committed events waiting in memory for publication.") { Double(publisher.depth) }
    }

    /// A worker for one stage, with a consumer of its own.
    ///
    /// - Parameters:
    ///   - consumer: the name in the inbox. The Kafka consumer group is `helpdesk.` and this.
    ///   - fallbackType: the type of a record without CloudEvents headers; nil: such a record is invalid.
    ///   - affectsReadiness: the process is not ready while the worker stands still. False for a stage that may wait for hours beside one
    ///     that must not.
    ///   - adjust: changes the settings that configuration does not reach.
    public func worker<S: Stage>(
        _ stage: S, consumer: String, topics: [String], fallbackType: String? = nil, affectsReadiness: Bool = true,
        adjust: (inout WorkerSettings) -> Void = { _ in }
    ) throws -> Worker<S, PostgresLedger> where S.Transaction == PostgresLedger.Transaction {
        let source = try KafkaConsumer(
            settings: kafka, group: Self.group(of: consumer), topics: topics, fetchWait: configuration[KafkaKeys.fetchWait], logger: logger)
        var settings = WorkerSettings(consumer: consumer, fallbackType: fallbackType)
        settings.batchLimit = configuration[Self.batchLimit]
        settings.parallelCommits = configuration[Self.parallelCommits]
        settings.inHandLimit = configuration[Self.inHandLimit]
        adjust(&settings)
        let consumption = health.component("\(consumer) consumption")
        consumption.ready()
        return Worker(
            stage: stage, ledger: ledger, source: source, sink: producer, publisher: publisher, settings: settings,
            metrics: WorkerMetrics(metrics, consumer: consumer), logger: logger,
            onStandstill: { reason in
                guard affectsReadiness else { return }
                if let reason { consumption.notReady(reason) } else { consumption.ready() }
            })
    }

    /// The Kafka consumer group of a consumer.
    public static func group(of consumer: String) -> String { "helpdesk.\(consumer)" }

    /// Every service of the process, in order of dependency: what all workers have, then `own`.
    public func services(_ own: [any Service]) -> [any Service] {
        [
            HealthServer(
                health: health, metrics: metrics, host: configuration[CommonKeys.healthHost], port: configuration[CommonKeys.healthPort],
                logger: logger),
            pool, producer, KafkaProbe(producer: producer, topic: Topics.tickets, health: health.component("kafka"), logger: logger),
            publisher, OutboxRelay(store: ledger, sink: producer, logger: logger)
        ] + own
    }

    /// Runs until SIGTERM, also while Kafka or the database is away or refuses: the process is not ready then, and goes on by itself.
    public func run(_ own: [any Service]) async throws {
        try await runServices(services(own), logger: logger, health: health)
    }
}

extension PostgresSettings {
    /// For sessions whose statements all have an index to go by, as those of the pipeline have. A plan is kept until its tables are analysed; one that was
    /// made while they were empty must not read them whole when they have grown.
    public mutating func findsRowsByKey() {
        session["enable_seqscan"] = "off"
        // A table without an index is still read, at a cost of 10^10, which would make compiling the plan look worth while.
        session["jit"] = "off"
    }
}

extension ExitReason {
    /// What an error of Kafka means for whoever started the process.
    init(kafka error: KafkaError) {
        if error.code == "CONFIGURATION" {
            self = .usage("\(error)", next: "Correct it in kafka.properties (--kafka-property NAME=VALUE).")
        } else {
            self = .unavailable("\(error)", next: "Check kafka.brokers and kafka.properties.")
        }
    }
}
