import CRDKafka
public import Logging
public import Messaging

/// A member of a Kafka consumer group. All its work, blocking polls included, happens on a thread of its own.
///
/// Offsets are committed in the background once a second, only those given to `store`. A revocation waits for
/// `release(generation:)`; heartbeats go on meanwhile.
public actor KafkaConsumer: RecordSource {
    /// The limits of single requests to the brokers, all well below the session time-out.
    enum Limit {
        static let committedLookup = Duration.seconds(2)
        static let watermarkLookup = Duration.seconds(1)
        static let finalCommit = Duration.seconds(3)
        static let leave = Duration.seconds(4)
        static let destroy = Duration.seconds(3)
        /// Events in one answer.
        static let events = 100
        /// Bytes of records in one answer, overshot by one record at most.
        static let bytes = 4 << 20
    }

    let executor: BlockingExecutor
    var handle: ClientHandle?
    let logger: Logger
    /// Where a partition is read from of which the group has no offset. Given, or the library would ask the group again.
    let firstOffset: Int64
    var assignment = Assignment()
    /// What the group has given us and we have not begun to read.
    var pending: PendingAssignment?
    var reader = RecordReader()
    var fatal: KafkaError?
    var isClosing = false

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Joins `group` and subscribes to `topics`. Does not wait for a broker.
    /// - Parameter fetchWait: How long a broker may hold back a fetch that finds nothing new. 100 ms for real brokers, 10 ms
    ///   for the embedded one, which does not wake a waiting fetch.
    /// - Throws: `KafkaError` `CONFIGURATION` naming the property that was refused.
    public init(
        settings: KafkaSettings, group: String, topics: [String], fetchWait: Duration = .milliseconds(100), logger: Logger
    ) throws(KafkaError) {
        if group.isEmpty { throw .configuration("group.id", "expected the name of a consumer group, got an empty text") }
        if topics.isEmpty { throw .configuration("topics", "expected at least one topic to subscribe to, got none") }
        let base = [
            "group.id": group,
            "enable.auto.commit": "true",
            "enable.auto.offset.store": "false",
            "auto.commit.interval.ms": "1000",
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "roundrobin",
            // The least that brokers allow as they come: a killed member's partitions wait for it, and the group's forming comes on top.
            "session.timeout.ms": "6000",
            "heartbeat.interval.ms": "2000",
            "fetch.wait.max.ms": "\(fetchWait.milliseconds)",
            // Read ahead: a second of work. One answer may come on top, with so much of every partition.
            "queued.max.messages.kbytes": "2048",
            "fetch.message.max.bytes": "262144",
            "enable.partition.eof": "false",
            // A topic created after the subscription is found within this time.
            "topic.metadata.refresh.interval.ms": "30000"
        ]
        firstOffset =
            switch settings.properties["auto.offset.reset"] {
            case nil, "earliest", "smallest", "beginning": PartitionList.Mark.earliest
            case "latest", "largest", "end": PartitionList.Mark.latest
            default: PartitionList.Mark.none
            }
        let handle = try ClientHandle(.consumer, settings: settings, base: base, logger: logger) {
            rd_kafka_conf_set_rebalance_cb($0, Callbacks.rebalance)
        }
        let subscription = PartitionList(topics.map { TopicPartition(topic: $0, partition: -1) })
        let code = rd_kafka_subscribe(handle.pointer, subscription.pointer)
        if code.isError { throw KafkaError(code, subject: topics.joined(separator: ",")) }
        self.handle = handle
        self.logger = logger
        executor = BlockingExecutor(label: "kafka.consumer.\(group)")
        executor.onInterrupt { handle.interruptPoll() }
    }

    // MARK: RecordSource

    /// May return early, with nothing, when another call needs the consumer.
    public func next(upTo limit: Int, wait: Duration) throws -> [SourceEvent] {
        guard let handle, !isClosing else { throw KafkaError.closed("consumer") }
        let deadline = ContinuousClock.now + wait
        var events: [SourceEvent] = []
        var records: [Record] = []
        var room = limit
        var bytes = 0
        func flush() {
            if !records.isEmpty { events.append(.records(records)) }
            records = []
        }
        while room > 0, bytes < Limit.bytes, events.count < Limit.events {
            if let pending, pending.nextTry <= .now { events += assign(pending.partitions, handle) }
            let pause = events.isEmpty && records.isEmpty ? deadline.remaining : .zero
            let message = executor.block(pause) { rd_kafka_consumer_poll(handle.pointer, $0.milliseconds) }
            if let message {
                defer { rd_kafka_message_destroy(message) }
                if message.pointee.err.isError {
                    flush()
                    events.append(try trouble(message))
                } else if assignment.delivers {
                    let record = reader.record(message, generation: assignment.generation)
                    records.append(record)
                    bytes += record.byteCount
                    room -= 1
                }
            }
            let notes = handle.context.takeNotes()
            if !notes.isEmpty {
                flush()
                for note in notes { events += act(on: note, handle) }
            }
            if let fatal { throw fatal }
            if message == nil, notes.isEmpty {
                let isIdle = events.isEmpty && records.isEmpty
                if !isIdle || deadline.remaining == .zero || executor.hasWaitingJobs { break }
            }
        }
        flush()
        return events
    }

    public func pause(_ partitions: [TopicPartition]) {
        let wanted = assignment.pausable(partitions)
        guard let handle, !wanted.isEmpty else { return }
        let list = PartitionList(wanted)
        rd_kafka_pause_partitions(handle.pointer, list.pointer)
        assignment.didPause(list.entries.filter { !$0.error.isError }.map(\.partition))
    }

    public func resume(_ partitions: [TopicPartition]) {
        guard let handle else { return }
        assignment.didResume(resumeInClient(assignment.resumable(partitions), handle))
    }

    public func store(_ marks: [OffsetMark]) {
        let moved = assignment.advance(marks)
        guard let handle, !moved.isEmpty else { return }
        let list = PartitionList(capacity: moved.count)
        for (partition, next) in moved { list.add(partition, offset: next) }
        let code = rd_kafka_offsets_store(handle.pointer, list.pointer)
        if code.isError {
            // The client gave the partition up before its revocation reached us: the next owner reads again, the inbox absorbs it.
            handle.context.note(.trouble(KafkaError(code, detail: "could not note offsets: \(code.explanation)")))
        }
    }

    public func release(generation: Int) {
        guard let handle, assignment.mayRelease(generation) else { return }
        commitStored(handle)
        unassign(handle)
    }

    public func close() {
        guard let freed = end() else { return }
        if !freed.wait(Limit.destroy) {
            logger.error("Kafka client did not close in time", metadata: ["limit": "\(Limit.destroy)"])
        }
    }

    /// Commits, leaves, and lets go of the client.
    private func end() -> ClientHandle.Freed? {
        guard let handle, !isClosing else { return nil }
        isClosing = true
        executor.onInterrupt(nil)
        if assignment.phase != .none { commitStored(handle) }
        leave(handle)
        self.handle = nil
        return handle.freed
    }

    /// Records fetched and not yet given out. For tests: nobody else needs to know.
    var fetched: Int { handle.map { rd_kafka_queue_length($0.queue) } ?? 0 }

    // MARK: Metrics

    /// Records between the group's progress and the newest record this client has heard of, per assigned partition. Costs
    /// no request, so a paused partition may lag more than this says. `KafkaAdmin.lag` asks the brokers.
    public func lag() -> [TopicPartition: Int64] {
        guard let handle else { return [:] }
        var lag: [TopicPartition: Int64] = [:]
        for partition in assignment.partitions {
            var low: Int64 = -1
            var high: Int64 = -1
            let code = rd_kafka_get_watermark_offsets(handle.pointer, partition.topic, partition.partition, &low, &high)
            let known = Swift.max(code.isError ? -1 : high, assignment.ends[partition] ?? -1)
            guard known >= 0 else { continue }
            lag[partition] = Swift.max(0, known - (assignment.progress[partition] ?? Swift.max(low, 0)))
        }
        return lag
    }
}
