import NIOCore
import Synchronization

/// A fault proxy before each broker of a cluster on loopback. Answers that name brokers are rewritten, so that clients stay behind it.
public final class KafkaFaultProxy: Sendable {
    /// Kafka's numbers of the requests whose answers can be lost. Source: the Kafka protocol guide, "API keys".
    public enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case offsetCommit = 8
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
    }

    /// Kafka's error codes, for records that are refused. Source: the Kafka protocol guide, "Error codes".
    public enum Refusal: Int16, Sendable {
        case notEnoughReplicas = 19
        case topicAuthorizationFailed = 29
        case outOfOrderSequence = 45
    }

    /// One per broker, in the order of the broker list. What is told to one of them concerns that broker alone.
    public let brokers: [FaultProxy]
    /// What clients take as their broker list.
    public let bootstrapServers: String

    /// Listens before it returns.
    /// - Parameter cluster: the cluster's own broker list, `127.0.0.1:port,...`.
    public init(before cluster: String) async throws {
        let fronts = Fronts()
        var proxies: [FaultProxy] = []
        var ports: [UInt16: UInt16] = [:]
        for broker in cluster.split(separator: ",") {
            guard broker.hasPrefix("127.0.0.1:"), let port = broker.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                throw NotKafka(what: "\(broker): expected 127.0.0.1:port, for addresses are rewritten in place")
            }
            let proxy = try await FaultProxy(before: .loopback(port: Int(port)), at: .loopback(port: 0)) { KafkaSpeech(fronts) }
            proxies.append(proxy)
            ports[port] = UInt16(proxy.port)
        }
        fronts.answers.withLock { [ports] in $0 = KafkaAnswers(ports: ports, offersSASL: false) }
        brokers = proxies
        bootstrapServers = proxies.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// The next requests of this kind are carried out, but their answers are lost and the connections with them.
    public func loseAnswers(to request: Request, next count: Int) {
        for broker in brokers { broker.rules.loseAnswers(to: request.rawValue, next: count) }
    }

    /// Records to this topic are refused, all others pass; nil takes it back. (The embedded broker can only refuse records to all topics alike.)
    public func refuseRecords(to topic: String, with refusal: Refusal?) {
        for broker in brokers { broker.rules.refuseRecords(to: topic, code: refusal?.rawValue) }
    }

    /// The next questions for a group's committed offsets are answered as by a broker that has just ceased to be the group's coordinator: with
    /// NOT_COORDINATOR for all of it and not a word about any partition. (The embedded broker names the partitions, which clients treat otherwise.)
    public func refuseOffsetQuestions(next count: Int) {
        for broker in brokers { broker.rules.refuseOffsetQuestions(next: count) }
    }

    public func impose(_ condition: WireCondition, on direction: WireDirection? = nil) {
        for broker in brokers { broker.impose(condition, on: direction) }
    }

    public func refuseConnections() { for broker in brokers { broker.refuseConnections() } }
    public func resetConnections() { for broker in brokers { broker.resetConnections() } }
    public func heal() { for broker in brokers { broker.heal() } }

    public func stop() async { for broker in brokers { await broker.stop() } }

    /// Of all brokers together.
    public var counts: WireCounts {
        brokers.map(\.counts).reduce(into: WireCounts()) { sum, one in
            sum.accepted += one.accepted
            sum.refused += one.refused
            sum.cut += one.cut
            sum.messages += one.messages
            sum.heldBytes += one.heldBytes
        }
    }
}

/// The brokers' ports and their fronts', known once all of them listen.
private final class Fronts: Sendable {
    let answers = Mutex(KafkaAnswers(ports: [:], offersSASL: false))
}

/// Kafka's requests and answers on one connection.
private struct KafkaSpeech: WireSpeech {
    private let fronts: Fronts
    private var decoder = KafkaFrameDecoder()
    private var unread: [WireDirection: ByteBuffer] = [:]
    private var pending: [Int32: KafkaRequestHeader] = [:]

    init(_ fronts: Fronts) { self.fronts = fronts }

    mutating func read(_ bytes: ByteBuffer, _ direction: WireDirection, _ rules: WireRules) throws -> [Passage] {
        var buffer = unread.removeValue(forKey: direction) ?? ByteBuffer()
        buffer.writeImmutableBuffer(bytes)
        var passages: [Passage] = []
        while let message = try decoder.decode(buffer: &buffer) {
            passages.append(direction == .toServer ? try request(message, rules) : answer(message, rules))
        }
        buffer.discardReadBytes()
        unread[direction] = buffer
        return passages
    }

    private mutating func request(_ message: ByteBuffer, _ rules: WireRules) throws -> Passage {
        var body = message
        let header = try KafkaRequestHeader(reading: &body)
        if header.key == KafkaRequestHeader.Key.produce, rules.refusesTopics,
            let refusal = try ProduceRequest(reading: body, version: header.version).refusal(header, rules)
        {
            return Passage(bytes: refusal.framed, way: .back)
        }
        if header.key == KafkaRequestHeader.Key.offsetFetch, rules.takesOffsetQuestion() {
            return Passage(bytes: try notCoordinator(header).framed, way: .back)
        }
        pending[header.correlation] = header
        return Passage(bytes: message.framed)
    }

    /// Source: the Kafka protocol guide, "OffsetFetch API", versions 2 to 5.
    private func notCoordinator(_ header: KafkaRequestHeader) throws -> ByteBuffer {
        guard (2...5).contains(header.version) else { throw NotKafka(what: "an OffsetFetch request of version \(header.version), expected 2 to 5") }
        var answer = header.answer
        if header.version >= 3 { answer.writeInteger(Int32(0)) }
        answer.writeMultipleIntegers(Int32(0), Int16(16))
        return answer
    }

    private mutating func answer(_ message: ByteBuffer, _ rules: WireRules) -> Passage {
        guard let correlation = message.getInteger(at: message.readerIndex, as: Int32.self),
            let request = pending.removeValue(forKey: correlation)
        else { return Passage(bytes: message.framed) }
        if rules.takesAnswer(to: request.key) { return Passage(bytes: nil, cuts: true) }
        return Passage(bytes: fronts.answers.withLock { $0 }.passedOn(message, to: request).framed)
    }
}

/// Where the records of a request are to go. Source: the Kafka protocol guide, "Produce API", versions 3 to 8.
private struct ProduceRequest {
    private let topics: [(name: String, partitions: [Int32])]

    init(reading body: ByteBuffer, version: Int16) throws {
        guard (3...8).contains(version) else { throw NotKafka(what: "a Produce request of version \(version), expected 3 to 8") }
        var body = body
        func failure() -> NotKafka { NotKafka(what: "a Produce request that ends too early") }
        func text() throws -> String {
            guard let length = body.readInteger(as: Int16.self) else { throw failure() }
            guard length > 0 else { return "" }
            guard let text = body.readString(length: Int(length)) else { throw failure() }
            return text
        }
        _ = try text()
        guard body.readInteger(as: Int16.self) != nil, body.readInteger(as: Int32.self) != nil, let count = body.readInteger(as: Int32.self)
        else { throw failure() }
        var topics: [(name: String, partitions: [Int32])] = []
        for _ in 0..<max(0, count) {
            let name = try text()
            guard let parts = body.readInteger(as: Int32.self) else { throw failure() }
            var partitions: [Int32] = []
            for _ in 0..<max(0, parts) {
                guard let partition = body.readInteger(as: Int32.self), let bytes = body.readInteger(as: Int32.self),
                    body.readSlice(length: Int(max(0, bytes))) != nil
                else { throw failure() }
                partitions.append(partition)
            }
            topics.append((name, partitions))
        }
        self.topics = topics
    }

    /// The answer that refuses it; nil when it may pass.
    func refusal(_ header: KafkaRequestHeader, _ rules: WireRules) -> ByteBuffer? {
        guard let code = topics.lazy.compactMap({ rules.refusal(of: $0.name) }).first else { return nil }
        var answer = header.answer
        answer.writeInteger(Int32(topics.count))
        for topic in topics {
            answer.writeInteger(Int16(topic.name.utf8.count))
            answer.writeString(topic.name)
            answer.writeInteger(Int32(topic.partitions.count))
            for partition in topic.partitions {
                // No offset, no time.
                answer.writeMultipleIntegers(partition, code, Int64(-1), Int64(-1))
                if header.version >= 5 { answer.writeInteger(Int64(-1)) }
                if header.version >= 8 { answer.writeMultipleIntegers(Int32(0), Int16(-1)) }
            }
        }
        answer.writeInteger(Int32(0))
        return answer
    }
}
