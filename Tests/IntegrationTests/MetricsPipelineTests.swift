import Domain
import Foundation
import Kafka
import Launch
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

@testable import MetricsWorker

/// The metrics worker with all its services: embedded broker over TCP, real PostgreSQL.
@Suite("Metrics on the real runtime", .serialized, .timeLimit(.minutes(3))) struct MetricsPipelineTests {
    @Test func eventsBecomeFactsRollupsAndGauges() async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let broker = try EmbeddedBroker(logger: logger)
        defer { broker.stop() }
        for topic in Topics.allWithDeadLetters { try broker.createTopic(topic, partitions: 4) }
        let url = try await PrivatePostgres.shared().createDatabase()
        let pool = ConnectionPool(settings: try PostgresSettings(url: url), logger: logger)
        _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: broker.bootstrapServers), linger: .milliseconds(1), logger: logger)

        let ticket = SampleTicket.ticket
        for index in 0..<40 {
            let payload = MetricRecorded(
                ticket, at: Date(), [.init(.escalations, detail: "kernel-panic"), .init(.modelCost, Double(index) / 4, detail: "qwen3")])
            let event = EmittedEvent(payload, to: Topics.metrics, stage: "test", cause: .v7(), time: Date(), ticket: ticket.id, traceparent: nil)
            try await producer.send(event.record)
            if index % 3 == 0 { try await producer.send(event.record) }
        }
        try await producer.send(OutgoingRecord(topic: Topics.metrics, key: nil, value: Array("{broken".utf8), headers: []))

        let configuration = try LaunchConfiguration.load(
            arguments: [
                "--kafka-brokers", broker.bootstrapServers, "--database-url", url, "--kafka-fetch-wait", "10ms", "--housekeeping-interval", "1s"
            ], environment: [:], file: nil, keys: MetricsWorker.keys, tolerated: [])
        let worker = try MetricsWorker(configuration, logger: logger)
        let group = ServiceGroup(services: worker.process.services(worker.services), logger: logger)
        let running = Task { try await group.run() }
        let deadline = ContinuousClock.now + .seconds(60)
        func count(_ sql: SQL) async throws -> Int { Int(try await pool.query(sql).scalar(Int64.self)) }
        while ContinuousClock.now < deadline {
            let facts = try await count("SELECT count(*) FROM helpdesk.metric_facts")
            let dead = try await count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'")
            let days = try await count("SELECT count(*) FROM pg_inherits WHERE inhparent = 'helpdesk.metric_facts'::regclass")
            let text = worker.process.metrics.exposition()
            if facts == 80, dead == 1, days == 13, text.contains("helpdesk_dead_letters{consumer=\"metrics\"} 1\n"),
                text.contains("helpdesk_consumer_lag_records{consumer=\"metrics\"} 0\n")
            {
                break
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await count("SELECT count(*) FROM helpdesk.metric_facts") == 80)
        // Today's facts moved into today's partition, whoever was first.
        #expect(try await count("SELECT count(*) FROM helpdesk.metric_facts_default") == 0)
        let costs = try await pool.query("SELECT grain, sum(sum) FROM helpdesk.metric_rollups WHERE name = 'model_cost' GROUP BY grain").map {
            try $0.decode(String.self, Double.self)
        }
        #expect(costs.count == 3 && costs.allSatisfy { $0.1 == 195 })
        let text = worker.process.metrics.exposition()
        for line in [
            "helpdesk_outbox_rows 0", "helpdesk_dead_letters{consumer=\"metrics\"} 1", "helpdesk_consumer_lag_records{consumer=\"metrics\"} 0",
            "helpdesk_oldest_unprocessed_age_seconds{consumer=\"metrics\"} 0", "helpdesk_consumer_lag_records{consumer=\"enrichment\"} 0"
        ] {
            #expect(text.contains(line + "\n"), "\(line) is missing")
        }
        try await VerifyCommand.waitUntilQuiet(pool, configuration, limit: .seconds(30))
        // The measurements stand for no rows of this empty desk, and the verification says so.
        let result = try await MetricVerification(pool).run()
        #expect(Set(result.differences.map(\.metric)) == ["escalations", "model_cost"])
        try await pool.execute("INSERT INTO helpdesk.outbox (event_id, topic, headers) VALUES (gen_random_uuid(), 'elsewhere', '[]')")
        await #expect(throws: ExitReason.self) { try await VerifyCommand.waitUntilQuiet(pool, configuration, limit: .milliseconds(300)) }
        await group.triggerGracefulShutdown()
        _ = await running.result
        await producer.close()
        await pool.close()
    }
}

private enum SampleTicket {
    static let ticket = Ticket(
        id: TicketID(.v7()), version: 1, state: .triaged, requester: Requester(id: "mara"), persona: .trainee, channel: "web", subject: "s",
        body: "b",
        course: nil, module: nil, language: "en", category: Labelled("dns", by: .model), tier: Labelled(.generalist, by: .model),
        severity: Labelled(.medium, by: .model), confidence: 0.9, needsHuman: false, guardrails: [], revision: 1, failedAttempts: 0, messageCount: 0,
        classifiedAt: Date(), source: "test", submittedAt: Date(), updatedAt: Date())
}
