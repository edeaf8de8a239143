import Domain
import Kafka
import Logging
import Messaging
import Observability
import Postgres
import ServiceLifecycle
import Stores
import WorkerLaunch

/// Refreshes the gauges of what waits in the pipeline: in the database and on the topics.
struct PipelineGauges: Service {
    /// The consumers of the pipeline and what they read.
    static let readers = [
        DeadLetterReader(consumer: "triage", topic: Topics.tickets), DeadLetterReader(consumer: "enrichment", topic: Topics.enrichments),
        DeadLetterReader(consumer: "escalation", topic: Topics.changes), DeadLetterReader(consumer: MetricsWorker.consumer, topic: Topics.metrics)
    ]

    private let pool: ConnectionPool
    private let kafka: KafkaSettings
    private let interval: Duration
    private let logger: Logger
    private let inboxRows: Gauge
    private let outboxRows: Gauge
    private let oldestOutbox: Gauge
    private let oldestParked: Gauge
    private let deadLetters: MetricFamily<Gauge>
    private let lag: MetricFamily<Gauge>
    private let oldestUnread: MetricFamily<Gauge>

    init(pool: ConnectionPool, kafka: KafkaSettings, registry: MetricRegistry, interval: Duration = .seconds(10), logger: Logger) {
        self.pool = pool
        self.kafka = kafka
        self.interval = interval
        self.logger = logger
        let consumer = MetricLabel.oneOf("consumer", Self.readers.map(\.consumer))
        inboxRows = registry.gauge("helpdesk_inbox_rows", "Events that the inbox remembers, as the database's statistics have it.")
        outboxRows = registry.gauge(
            "helpdesk_outbox_rows", "Committed events that are not on their topic yet; counting stops at \(PipelineDepths.countLimit).")
        oldestOutbox = registry.gauge("helpdesk_outbox_oldest_age_seconds", "Age of the oldest of them.")
        oldestParked = registry.gauge("helpdesk_parked_replies_oldest_age_seconds", "Age of the oldest reply that waits for its ticket.")
        deadLetters = registry.gauge(
            "helpdesk_dead_letters", "Dead letters that nobody has replayed or discarded.", labels: [consumer])
        lag = registry.gauge("helpdesk_consumer_lag_records", "Records that a consumer has yet to read, over all partitions.", labels: [consumer])
        oldestUnread = registry.gauge(
            "helpdesk_oldest_unprocessed_age_seconds",
            "How long the oldest record that a consumer has not finished has waited, as seen since this process started.", labels: [consumer])
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await refreshUntilCancelled() }
    }

    private func refreshUntilCancelled() async {
        let admin: KafkaAdmin
        do {
            admin = try KafkaAdmin(settings: kafka, limit: .seconds(5), logger: logger)
        } catch {
            // The consumer is refused for the same reason, and says so.
            return logger.error("no gauges of consumer lag", metadata: ["error": "\(error)"])
        }
        let start = ContinuousClock.now
        var ages = LagAges()
        while !Task.isCancelled {
            // Each for itself: what is away hides nothing of the rest.
            do {
                show(try await PipelineDepths.now(pool))
            } catch {
                logger.debug("gauges of the database not refreshed", metadata: ["error": "\(error)"])
            }
            for reader in Self.readers where !Task.isCancelled {
                do {
                    try await look(at: reader, admin, start.duration(to: .now), &ages)
                } catch {
                    logger.debug("gauges of a consumer not refreshed", metadata: ["consumer": "\(reader.consumer)", "error": "\(error)"])
                }
            }
            try? await Task.sleep(for: interval)
        }
        await admin.close()
    }

    private func show(_ depths: PipelineDepths) {
        inboxRows.set(depths.inboxRows)
        outboxRows.set(depths.outboxRows)
        oldestOutbox.set(depths.oldestOutbox)
        oldestParked.set(depths.oldestParked)
        for reader in Self.readers { deadLetters.labels(reader.consumer).set(depths.deadLetters[reader.consumer] ?? 0) }
    }

    private func look(at reader: DeadLetterReader, _ admin: KafkaAdmin, _ now: Duration, _ ages: inout LagAges) async throws {
        let partitions = try await admin.partitions(of: [reader.topic])
        let committed = try await admin.committed(group: WorkerProcess.group(of: reader.consumer), partitions: partitions)
        let watermarks = try await admin.watermarks(of: partitions)
        // Nobody ever read for this group: a stage that is not switched on waits for nothing.
        guard !committed.isEmpty else {
            lag.labels(reader.consumer).set(0)
            return oldestUnread.labels(reader.consumer).set(0)
        }
        var records: Int64 = 0, oldest: Duration = .zero
        for (partition, watermark) in watermarks {
            let next = max(committed[partition] ?? 0, watermark.low)
            ages.look(at: now, partition, end: watermark.high)
            records += max(0, watermark.high - next)
            oldest = max(oldest, ages.age(at: now, partition, next: next))
        }
        lag.labels(reader.consumer).set(Double(records))
        oldestUnread.labels(reader.consumer).set(oldest.seconds)
    }
}
