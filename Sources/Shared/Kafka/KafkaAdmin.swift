import CRDKafka
public import Logging
public import Messaging

/// A topic to be created.
public struct TopicSpecification: Sendable, Equatable {
    public var name: String
    public var partitions: Int
    public var replication: Int
    /// The topic's own properties, such as `retention.ms`.
    public var properties: [String: String]

    public init(name: String, partitions: Int, replication: Int = 1, properties: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.properties = properties
    }
}

/// The ends of a partition's log.
public struct Watermark: Sendable, Equatable {
    /// The oldest offset still held.
    public let low: Int64
    /// One past the newest.
    public let high: Int64

    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}

/// Questions and orders to the cluster itself. Every call blocks a thread of its own, never the cooperative pool, and is bounded by `limit`.
public actor KafkaAdmin {
    private let executor = BlockingExecutor(label: "kafka.admin")
    private var handle: ClientHandle?
    /// By the group whose name they bear.
    private var members: [String: ClientHandle] = [:]
    private let settings: KafkaSettings
    private let limit: Duration
    private let logger: Logger

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter limit: How long one call may take.
    /// - Throws: `KafkaError` `CONFIGURATION` naming the property that was refused.
    public init(settings: KafkaSettings, limit: Duration = .seconds(10), logger: Logger) throws(KafkaError) {
        // A group that it never joins: see `ClientHandle.Kind.admin`.
        handle = try ClientHandle(.admin, settings: settings, base: ["group.id": "helpdesk.admin"], logger: logger)
        self.settings = settings
        self.limit = limit
        self.logger = logger
    }

    /// Creates the topics that do not exist. Those that do are left as they are. Returns the names of the new ones.
    /// The embedded broker cannot do this: see `EmbeddedBroker.createTopic`.
    @discardableResult
    public func createTopics(_ topics: [TopicSpecification]) throws(KafkaError) -> [String] {
        let handle = try open()
        if topics.isEmpty { return [] }
        var text = [CChar](repeating: 0, count: 512)
        var orders: [OpaquePointer?] = []
        defer { for order in orders { rd_kafka_NewTopic_destroy(order) } }
        for topic in topics {
            guard
                let order = rd_kafka_NewTopic_new(
                    topic.name, Int32(clamping: topic.partitions), Int32(clamping: topic.replication), &text, text.count)
            else { throw KafkaError(code: "_INVALID_ARG", subject: topic.name, detail: text.text) }
            orders.append(order)
            for (name, value) in topic.properties {
                let code = rd_kafka_NewTopic_set_config(order, name, value)
                if code.isError { throw KafkaError(code, subject: topic.name, detail: "property '\(name)' was refused") }
            }
        }
        let event = try answer(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, "creating topics") {
            rd_kafka_CreateTopics(handle.pointer, &orders, orders.count, $0, $1)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        var created: [String] = []
        for index in 0..<count {
            guard let result = results?[index] else { continue }
            let name = String(cString: rd_kafka_topic_result_name(result))
            let code = rd_kafka_topic_result_error(result)
            if code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { continue }
            if code.isError {
                throw KafkaError(code, subject: name, detail: rd_kafka_topic_result_error_string(result).map { String(cString: $0) })
            }
            created.append(name)
        }
        return created
    }

    /// The number of partitions of every topic in the cluster.
    public func topics() throws(KafkaError) -> [String: Int] {
        let all = try Metadata.all(try open(), within: limit)
        return Dictionary(all.filter { !$0.error.isError }.map { ($0.name, $0.partitions.count) }) { $1 }
    }

    /// The partitions of these topics, in order.
    /// - Throws: `KafkaError` `UNKNOWN_TOPIC_OR_PART` naming a topic that does not exist.
    public func partitions(of topics: [String]) throws(KafkaError) -> [TopicPartition] {
        let handle = try open()
        let deadline = ContinuousClock.now + limit
        var partitions: [TopicPartition] = []
        for topic in topics {
            partitions += try Metadata.look(at: topic, handle, within: deadline.remaining).partitions.map {
                TopicPartition(topic: topic, partition: $0)
            }
        }
        return partitions
    }

    /// Both ends of each partition. A partition whose leader does not answer is absent.
    public func watermarks(of partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Watermark] {
        let handle = try open()
        let deadline = ContinuousClock.now + limit
        let low = try Watermarks.lookUp(.earliest, of: partitions, handle, within: deadline.remaining)
        let high = try Watermarks.lookUp(.latest, of: partitions, handle, within: deadline.remaining)
        var watermarks: [TopicPartition: Watermark] = [:]
        for (partition, low) in low {
            if let high = high[partition] { watermarks[partition] = Watermark(low: low, high: high) }
        }
        return watermarks
    }

    /// The offsets that a group has committed: the next ones to read. A partition without one is absent.
    ///
    /// Asked by a client that bears the group's name and never joins it. The library has an administrative request for this, which needs no such client, and ends the
    /// process when the coordinator's connection breaks at the wrong moment (an assertion in `rd_kafka_enq_once_del_source_return`; its pull request 5397, open).
    public func committed(group: String, partitions: [TopicPartition]) throws(KafkaError) -> [TopicPartition: Int64] {
        _ = try open()
        if partitions.isEmpty { return [:] }
        let handle = try member(of: group)
        let list = PartitionList(partitions)
        let code = rd_kafka_committed(handle.pointer, list.pointer, limit.milliseconds)
        if code.isError { throw handle.explained(KafkaError(code, subject: group)) }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries where entry.offset >= 0 && !entry.error.isError { offsets[entry.partition] = entry.offset }
        return offsets
    }

    private func member(of group: String) throws(KafkaError) -> ClientHandle {
        if let handle = members[group] {
            Self.discardNotes(handle)
            return handle
        }
        let handle = try ClientHandle(.admin, settings: settings, base: ["group.id": group], logger: logger)
        members[group] = handle
        return handle
    }

    /// Records that a group has yet to read, per partition: newest offset less committed, counted from the oldest held where the
    /// group never committed or fell behind it.
    public func lag(group: String, topics: [String]) throws(KafkaError) -> [TopicPartition: Int64] {
        let partitions = try partitions(of: topics)
        let committed = try committed(group: group, partitions: partitions)
        return try watermarks(of: partitions).reduce(into: [:]) { lag, entry in
            let next = max(committed[entry.key] ?? 0, entry.value.low)
            lag[entry.key] = max(0, entry.value.high - next)
        }
    }

    /// Frees the client. Calls afterwards throw.
    public func close() {
        let freed = (Array(members.values) + [handle].compactMap(\.self)).map(\.freed)
        handle = nil
        members = [:]
        let deadline = ContinuousClock.now + .seconds(3)
        if !freed.allSatisfy({ $0.wait(deadline.remaining) }) { logger.error("Kafka client did not close in time", metadata: ["limit": "3 s"]) }
    }

    private func open() throws(KafkaError) -> ClientHandle {
        guard let handle else { throw .closed("admin client") }
        Self.discardNotes(handle)
        return handle
    }

    /// Nobody else takes what a client reports meanwhile: it would pile up during an outage.
    private static func discardNotes(_ handle: ClientHandle) {
        while rd_kafka_poll(handle.pointer, 0) > 0 {}
        _ = handle.context.takeNotes()
    }

    /// Sends an administrative request and waits for its answer, which the caller frees.
    private func answer(
        _ handle: ClientHandle, _ operation: rd_kafka_admin_op_t, _ what: String,
        _ request: (_ options: OpaquePointer?, _ answers: OpaquePointer?) -> Void
    ) throws(KafkaError) -> OpaquePointer {
        let answers: OpaquePointer? = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(answers) }
        let options: OpaquePointer? = rd_kafka_AdminOptions_new(handle.pointer, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        var text = [CChar](repeating: 0, count: 512)
        rd_kafka_AdminOptions_set_request_timeout(options, limit.milliseconds, &text, text.count)
        request(options, answers)
        // The library answers within the time-out of the options; the second is for its scheduling.
        guard let event = rd_kafka_queue_poll(answers, (limit + .seconds(1)).milliseconds) else { throw handle.explained(.timedOut(what)) }
        let code = rd_kafka_event_error(event)
        if code.isError {
            let detail = rd_kafka_event_error_string(event).map { String(cString: $0) }
            rd_kafka_event_destroy(event)
            throw handle.explained(KafkaError(code, detail: detail))
        }
        return event
    }
}
