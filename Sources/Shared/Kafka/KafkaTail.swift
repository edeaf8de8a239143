import CRDKafka
public import Logging
public import Messaging

/// Reads every partition of some topics without a group: for live streams, dead-letter tools and tests. Commits nothing.
public actor KafkaTail {
    /// Where reading starts.
    public enum Start: Sendable, Equatable {
        /// At the oldest record held.
        case beginning
        /// After the newest record at the time of opening.
        case end
        /// At these offsets, or at the oldest record held where that is newer. Partitions not named are not read.
        case offsets([TopicPartition: Int64])
    }

    private let executor = BlockingExecutor(label: "kafka.tail")
    private var handle: ClientHandle?
    private let topics: [String]
    private let start: Start
    private let logger: Logger
    private var reader = RecordReader()
    private var isOpen = false
    /// Partitions not yet read up to where they ended at opening, with that end.
    private var unread: [TopicPartition: Int64] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Does not wait for a broker.
    /// - Parameter fetchWait: How long a broker may hold back a fetch that finds nothing new; 10 ms for the embedded broker.
    /// - Throws: `KafkaError` `CONFIGURATION` naming the property that was refused.
    public init(
        settings: KafkaSettings, topics: [String], from start: Start, fetchWait: Duration = .milliseconds(100), logger: Logger
    ) throws(KafkaError) {
        let base = [
            // The library wants a name of a group; nobody joins it.
            "group.id": "\(settings.clientID)-tail",
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": "true",
            "fetch.wait.max.ms": "\(fetchWait.milliseconds)",
            "queued.max.messages.kbytes": "8192"
        ]
        let handle = try ClientHandle(.tail, settings: settings, base: base, logger: logger)
        self.handle = handle
        self.topics = topics
        self.start = start
        self.logger = logger
        executor.onInterrupt { handle.interruptPoll() }
    }

    /// Looks up the partitions and fixes where reading starts. Optional: `next` does it too. After it, every record appended is read.
    /// - Throws: `KafkaError`; `UNKNOWN_TOPIC_OR_PART` for a topic that does not exist.
    public func open(within limit: Duration = .seconds(10)) throws(KafkaError) {
        guard let handle else { throw .closed("tail") }
        if isOpen { return }
        let deadline = ContinuousClock.now + limit
        var partitions: [TopicPartition] = []
        for topic in topics {
            partitions += try Metadata.look(at: topic, handle, within: deadline.remaining).partitions.map {
                TopicPartition(topic: topic, partition: $0)
            }
        }
        if case .offsets(let offsets) = start { partitions = partitions.filter { offsets[$0] != nil } }
        let low = try Watermarks.lookUp(.earliest, of: partitions, handle, within: deadline.remaining)
        let high = try Watermarks.lookUp(.latest, of: partitions, handle, within: deadline.remaining)
        let list = PartitionList(capacity: partitions.count)
        var unread: [TopicPartition: Int64] = [:]
        for partition in partitions {
            guard let low = low[partition], let high = high[partition] else {
                throw KafkaError(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, subject: partition.description)
            }
            let first =
                switch start {
                case .beginning: low
                case .end: high
                case .offsets(let offsets): max(low, offsets[partition] ?? low)
                }
            list.add(partition, offset: first)
            if first < high { unread[partition] = high }
        }
        let code = rd_kafka_assign(handle.pointer, list.pointer)
        if code.isError { throw KafkaError(code) }
        self.unread = unread
        isOpen = true
    }

    /// Waits up to `wait` for records and returns at most `limit`. May return early, with none. While the topics cannot be looked
    /// up, because a broker is away or a topic does not exist yet, there are none.
    public func next(upTo limit: Int, wait: Duration) throws(KafkaError) -> [Record] {
        guard let handle else { throw .closed("tail") }
        let deadline = ContinuousClock.now + wait
        if !isOpen {
            do {
                try open(within: max(wait, .milliseconds(500)))
            } catch {
                guard error.isRetriable || error.isRefusal || error.code.hasPrefix("UNKNOWN_TOPIC") else { throw error }
                logger.debug("Kafka topics cannot be read yet", metadata: ["code": "\(error.code)"])
            }
        }
        var records: [Record] = []
        while records.count < limit {
            let pause = records.isEmpty ? deadline.remaining : .zero
            let message = executor.block(pause) { rd_kafka_consumer_poll(handle.pointer, $0.milliseconds) }
            if let message {
                defer { rd_kafka_message_destroy(message) }
                try take(message, into: &records)
            } else if !records.isEmpty || deadline.remaining == .zero || executor.hasWaitingJobs {
                break
            }
            for case .trouble(let error) in handle.context.takeNotes() {
                if error.isFatal { throw error }
                logger.warning("Kafka tail trouble", metadata: ["code": "\(error.code)", "text": "\(error.detail)"])
            }
        }
        return records
    }

    /// Whether every record that was there at opening has been returned.
    public var hasReachedEnd: Bool { isOpen && unread.isEmpty }

    /// Frees the client. Calls afterwards throw.
    public func close() {
        executor.onInterrupt(nil)
        guard let freed = letGo() else { return }
        if !freed.wait(.seconds(3)) { logger.error("Kafka client did not close in time", metadata: ["limit": "3 s"]) }
    }

    /// What a topic holds now, oldest first per partition: at most `limit` records.
    /// - Throws: `KafkaError`, `_TIMED_OUT` when its end was not reached within `time`.
    public static func readAll(
        _ topic: String, settings: KafkaSettings, upTo limit: Int = 10_000, within time: Duration = .seconds(30),
        fetchWait: Duration = .milliseconds(100), logger: Logger
    ) async throws(KafkaError) -> [Record] {
        let tail = try KafkaTail(settings: settings, topics: [topic], from: .beginning, fetchWait: fetchWait, logger: logger)
        let result: Result<[Record], KafkaError>
        do throws(KafkaError) {
            result = .success(try await tail.readToEnd(upTo: limit, within: time))
        } catch {
            result = .failure(error)
        }
        await tail.close()
        return try result.get()
    }

    /// Reads up to where the topics ended at opening: at most `limit` records, and none that came later.
    public func readToEnd(upTo limit: Int, within time: Duration) throws(KafkaError) -> [Record] {
        let deadline = ContinuousClock.now + time
        try open(within: time)
        let ends = unread
        var records: [Record] = []
        while !hasReachedEnd, records.count < limit {
            if deadline.remaining == .zero { throw .timedOut("reading to the end") }
            records += try next(upTo: limit - records.count, wait: min(.milliseconds(100), deadline.remaining))
                .filter { $0.offset < ends[$0.source] ?? 0 }
        }
        return records
    }

    private func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>, into records: inout [Record]
    ) throws(KafkaError) {
        let code = message.pointee.err
        let source = reader.source(message)
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            let record = reader.record(message, generation: 0)
            records.append(record)
            if let end = unread[source], record.offset + 1 >= end { unread[source] = nil }
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            // The last offsets may be markers of transactions, which are never delivered.
            unread[source] = nil
        case RD_KAFKA_RESP_ERR__FATAL:
            throw KafkaError(code, subject: source.topic)
        default:
            logger.notice("Kafka tail trouble", metadata: ["code": "\(code.name)", "topic": "\(source.topic)"])
        }
    }

    private func letGo() -> ClientHandle.Freed? {
        guard let handle else { return nil }
        rd_kafka_assign(handle.pointer, nil)
        self.handle = nil
        return handle.freed
    }
}
