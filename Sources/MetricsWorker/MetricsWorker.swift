import Domain
import Launch
import Logging
import ServiceLifecycle
import Stores
import WorkerLaunch

/// Puts the worker's services together, in order of dependency.
struct MetricsWorker {
    /// The name in the inbox.
    static let consumer = "metrics"

    static let shards = ConfigurationKey(
        "metrics.shards", .int(1...256), default: 8,
        "Rows over which the sums of one thing are spread, so that workers do not wait for each other.")
    static let interval = ConfigurationKey(
        "housekeeping.interval", .duration(.seconds(1)...(.seconds(86_400))), default: .seconds(600), "Time between two rounds of housekeeping.")
    static let inboxRetention = ConfigurationKey(
        "housekeeping.inbox-retention", .duration(.seconds(86_400)...(.seconds(3650 * 86_400))), default: .seconds(14 * 86_400),
        "How long events that were handled are remembered; longer than any topic keeps records.")
    static let factsRetention = ConfigurationKey(
        "housekeeping.facts-retention", .duration(.seconds(8 * 86_400)...(.seconds(36_500 * 86_400))), default: .seconds(400 * 86_400),
        "How long facts are kept; rollups stay.")

    static let keys: [any DeclaredKey] = WorkerProcess.keys + [shards, interval, inboxRetention, factsRetention]

    let process: WorkerProcess
    let services: [any Service]

    init(_ configuration: LaunchConfiguration, logger: Logger) throws {
        process = try WorkerProcess(name: "metrics-worker", configuration, logger: logger)
        services = [
            HousekeepingService(
                pool: process.pool,
                settings: .init(inboxRetention: configuration[Self.inboxRetention], factsRetention: configuration[Self.factsRetention]),
                interval: configuration[Self.interval], logger: logger),
            PipelineGauges(pool: process.pool, kafka: process.kafka, registry: process.metrics, logger: logger),
            try process.worker(
                MetricsStage<PostgresTicketTransaction>(shards: configuration[Self.shards]), consumer: Self.consumer, topics: [Topics.metrics])
        ]
    }
}
