import Domain
import Foundation
import Kafka
import Postgres
import Testing

@testable import HelpdeskLocal

@Suite("Private servers (PostgreSQL, embedded broker)", .serialized, .timeLimit(.minutes(5)))
struct ServerTests {
    @Test("the cluster starts, keeps what was committed through a stop without a checkpoint, and is gone when removed")
    func cluster() async throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        let cluster = try await PrivateCluster.create()
        #expect(cluster.port != 5432)
        #expect(cluster.directory.utf8.count < 60)
        let supervisor = Supervisor(logger: quiet)
        try await supervisor.start(cluster.component(environment: [:], log: directory.local.log("postgres")))
        try await supervisor.waitUntilReady("postgres", within: .seconds(60))
        try await cluster.createDatabase()
        _ = try await PrivateCluster.withPool(cluster.url) { pool in
            #expect(try await pool.query("SHOW fsync").scalar(String.self) == "on")
            try await pool.execute("CREATE TABLE kept (n integer)")
            return try await pool.execute("INSERT INTO kept VALUES (7)")
        }
        let first = await supervisor.identity(of: "postgres")
        await supervisor.signal("postgres", SIGQUIT)
        #expect(await eventually { await supervisor.identity(of: "postgres").map { $0 != first } ?? false })
        try await supervisor.waitUntilReady("postgres", within: .seconds(60))
        let kept = try await PrivateCluster.withPool(cluster.url) { try await $0.query("SELECT n FROM kept").scalar(Int32.self) }
        #expect(kept == 7)
        await supervisor.stop("postgres")
        cluster.remove()
        #expect(!FileManager.default.fileExists(atPath: cluster.directory))
    }

    @Test("only our own clusters can be removed", arguments: ["/var/tmp", "/var/tmp/other", "/var/tmp/helpdesk-x/../..", "/"])
    func removesOnlyOwn(path: String) {
        PrivateCluster.remove(path)
        #expect(FileManager.default.fileExists(atPath: "/var/tmp"))
    }

    @Test("the feed waits before the embedded broker would forget unread records, and notes every acknowledgement")
    func pressure() async throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        let broker = try EmbeddedBroker(logger: quiet)
        defer { broker.stop() }
        for topic in Topics.all { try broker.createTopic(topic, partitions: 1) }
        let addresses = StackAddresses(
            brokers: broker.bootstrapServers, databaseURL: "", gatewayURL: "http://127.0.0.1:1", apiKey: "")
        let feeder = Feeder(addresses, log: try AcknowledgedLog(directory.local.acknowledged), logger: quiet)
        let feeding = Task { try await feeder.run(Feeder.Options(count: 100_000, mixture: FeedMixture(replies: 0, gateway: 0))) }
        #expect(await eventually(.seconds(150)) { feeder.progress.isPaused })
        feeding.cancel()
        try await feeding.value
        let admin = try KafkaAdmin(settings: addresses.kafka, logger: quiet)
        let marks = try await admin.watermarks(of: admin.partitions(of: [Topics.tickets]))
        await admin.close()
        let mark = try #require(marks.values.first)
        #expect(mark.low == 0)
        #expect(mark.high > 1000)
        var evidence = Evidence()
        try evidence.readLog(directory.local.acknowledged)
        #expect(Int64(evidence.acknowledged.count) == mark.high)
    }
}
