import Kafka
import Messaging
import Testing

@Suite("Questions to the cluster", .serialized, .timeLimit(.minutes(2)))
struct AdminTests {
    @Test func topicsAndWatermarks() async throws {
        let cluster = try TestCluster(topics: ["a": 3, "b": 1])
        try cluster.broker.createTopic("a", partitions: 3)
        let producer = try cluster.producer()
        for _ in 0..<5 { try await producer.send(OutgoingRecord(topic: "b", key: nil, value: bytes("x"))) }
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        #expect(try await admin.topics() == ["a": 3, "b": 1])
        let partitions = try await admin.partitions(of: ["b", "a"])
        #expect(partitions.map(\.description) == ["b[0]", "a[0]", "a[1]", "a[2]"])
        let watermarks = try await admin.watermarks(of: partitions)
        #expect(watermarks[partitions[0]] == Watermark(low: 0, high: 5))
        #expect(watermarks[partitions[3]] == Watermark(low: 0, high: 0))
        #expect(try await admin.committed(group: "nobody", partitions: partitions).isEmpty)
        #expect(try await admin.lag(group: "nobody", topics: ["b"]) == [partitions[0]: 5])
        await admin.close()
        await #expect(throws: KafkaError.self) { try await admin.topics() }
        await producer.close()
    }

    @Test func aBrokerThatIsAwayIsAnErrorInTime() async throws {
        let cluster = try TestCluster()
        let admin = try KafkaAdmin(settings: cluster.settings, limit: .milliseconds(500), logger: cluster.logger)
        try cluster.broker.takeDown()
        let start = ContinuousClock.now
        let error = await #expect(throws: KafkaError.self) { try await admin.topics() }
        #expect(error?.isRetriable == true)
        await #expect(throws: KafkaError.self) {
            try await admin.createTopics([TopicSpecification(name: "new", partitions: 1)])
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        await admin.close()
    }

    @Test(arguments: [
        ("linger.ms", "never", "linger.ms"),
        ("no.such.property", "1", "no.such.property"),
        ("enable.idempotence", "false", "enable.idempotence"),
        ("enable.auto.offset.store", "true", "enable.auto.offset.store"),
        ("partition.assignment.strategy", "cooperative-sticky", "partition.assignment.strategy")
    ])
    func aRefusedPropertyIsNamed(_ name: String, _ value: String, _ subject: String) throws {
        let settings = KafkaSettings(brokers: "127.0.0.1:1", properties: [name: value])
        let error = #expect(throws: KafkaError.self) { try KafkaProducer(settings: settings, logger: TestCluster().logger) }
        #expect(error?.code == "CONFIGURATION")
        #expect(error?.subject == subject)
    }

    @Test func noBrokersIsRefused() throws {
        let error = #expect(throws: KafkaError.self) {
            try KafkaAdmin(settings: KafkaSettings(brokers: " , "), logger: TestCluster().logger)
        }
        #expect(error?.subject == "bootstrap.servers")
    }

    @Test func secretsAreWithheld() {
        let settings = KafkaSettings(
            brokers: "b:1",
            properties: [
                "sasl.password": "hunter2", "ssl.key.pem": "hunter2", "sasl.oauthbearer.client.secret": "hunter2",
                "linger.ms": "3"
            ])
        #expect(!"\(settings)".contains("hunter2"))
        #expect("\(settings)".contains("linger.ms=3"))
    }
}
