import Kafka
import Logging
import Messaging
import Testing

/// An embedded broker with what a test needs around it.
struct TestCluster {
    let broker: EmbeddedBroker
    let settings: KafkaSettings
    let logger: Logger

    init(brokers: Int = 1, topics: [String: Int] = [:], properties: [String: String] = [:]) throws {
        var logger = Logger(label: "kafka-tests")
        logger.logLevel = .error
        self.logger = logger
        broker = try EmbeddedBroker(brokers: brokers, logger: logger)
        for (name, partitions) in topics { try broker.createTopic(name, partitions: partitions) }
        settings = KafkaSettings(brokers: broker.bootstrapServers, properties: properties)
    }

    func producer(
        timeout: Duration? = .seconds(10), properties: [String: String] = [:], queueLimit: Int = 16384, waitsForRoom: Bool = true
    ) throws -> KafkaProducer {
        try KafkaProducer(
            settings: with(properties), messageTimeout: timeout, linger: .milliseconds(1), queueLimit: queueLimit, waitsForRoom: waitsForRoom,
            logger: logger)
    }

    func consumer(_ group: String, _ topics: String...) throws -> KafkaConsumer {
        // Hears of rebalances sooner than by default.
        try KafkaConsumer(
            settings: with(["heartbeat.interval.ms": "300"]), group: group, topics: topics, fetchWait: .milliseconds(10), logger: logger)
    }

    func readAll(_ topic: String) async throws -> [Record] {
        try await KafkaTail.readAll(
            topic, settings: settings, upTo: 100_000, fetchWait: .milliseconds(10), logger: logger)
    }

    private func with(_ properties: [String: String]) -> KafkaSettings {
        var settings = settings
        settings.properties.merge(properties) { $1 }
        return settings
    }
}

/// A group member under test, with a note of all it reported.
final actor Member {
    let source: KafkaConsumer
    private(set) var records: [Record] = []
    private(set) var events: [SourceEvent] = []
    private(set) var generation = 0
    private(set) var assigned: Set<TopicPartition> = []

    init(_ source: KafkaConsumer) { self.source = source }

    /// One look. Releases a revoked assignment when told to, storing what it has read before.
    func step(storing: Bool = true, releasing: Bool = true) async throws {
        for event in try await source.next(upTo: 500, wait: .milliseconds(50)) {
            events.append(event)
            switch event {
            case .assigned(let partitions, let generation):
                assigned = Set(partitions.map(\.partition))
                self.generation = generation
            case .records(let new):
                records += new
                if storing { await source.store(marks(new)) }
            case .revoked(_, let generation):
                assigned = []
                if releasing { await source.release(generation: generation) }
            case .lost: assigned = []
            case .trouble: break
            }
        }
    }

    private func marks(_ records: [Record]) -> [OffsetMark] {
        records.map { OffsetMark(partition: $0.source, next: $0.offset + 1, generation: $0.generation) }
    }
}

/// Drives `body` until `condition` holds; fails the test after the deadline.
func reach(
    _ what: String, within limit: Duration = .seconds(90), _ condition: () async throws -> Bool,
    _ body: () async throws -> Void = { await Task.yield() }
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        if ContinuousClock.now > deadline { throw NotReached(what: what) }
        try await body()
    }
}

struct NotReached: Error, CustomStringConvertible {
    let what: String
    var description: String { "not reached in time: \(what)" }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
