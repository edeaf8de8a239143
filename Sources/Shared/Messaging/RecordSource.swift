/// A partition that a group member has just been given.
public struct AssignedPartition: Sendable, Equatable {
    public let partition: TopicPartition
    /// The group's committed offset (the next one to read), nil when it never committed, or committed what lies behind the log's end.
    public let committed: Int64?
    /// The oldest offset the log still holds, nil when it could not be asked for. A committed offset
    /// below it means that unread records are gone.
    public let lowWatermark: Int64?
    /// The offset that the next appended record will get, nil when it could not be asked for.
    public let highWatermark: Int64?

    public init(partition: TopicPartition, committed: Int64?, lowWatermark: Int64?, highWatermark: Int64? = nil) {
        self.partition = partition
        self.committed = committed
        self.lowWatermark = lowWatermark
        self.highWatermark = highWatermark
    }
}

/// What a source reports, in the order in which it happened.
public enum SourceEvent: Sendable, Equatable {
    /// New partitions under a new generation. Records of it follow.
    case assigned([AssignedPartition], generation: Int)
    /// The group takes the partitions back. They stay ours until `release(generation:)`: stop dispatching, finish what is in
    /// hand, store its offsets, release. Polling goes on meanwhile and yields no records of that generation.
    case revoked([TopicPartition], generation: Int)
    /// The partitions are already somebody else's: store nothing, forget what was in hand. No release is needed.
    case lost([TopicPartition], generation: Int)
    /// Records in log order per partition.
    case records([Record])
    /// The connection or group reported trouble that the client retries by itself. For logs and metrics.
    case trouble(code: String, message: String)
}

/// Progress in one partition: every record before `next` is finished.
public struct OffsetMark: Sendable, Hashable {
    public let partition: TopicPartition
    public let next: Int64
    public let generation: Int

    public init(partition: TopicPartition, next: Int64, generation: Int) {
        self.partition = partition
        self.next = next
        self.generation = generation
    }
}

/// A member of a consumer group, pulled by its reader: pulling is the back-pressure.
public protocol RecordSource: Sendable {
    /// Waits up to `wait` for something to report and returns at most `limit` records with whatever else happened. Empty when
    /// nothing did. Must be called often, paused or not: it is also the group's heartbeat of progress.
    /// Throws only when the source is beyond repair.
    func next(upTo limit: Int, wait: Duration) async throws -> [SourceEvent]

    /// Stops delivery from these partitions. Records already returned stay the caller's. Pausing a paused one does nothing.
    func pause(_ partitions: [TopicPartition]) async

    /// Resumes after the last delivered record. Resuming one that is not paused does nothing.
    func resume(_ partitions: [TopicPartition]) async

    /// Notes progress, to be committed to the group soon. Marks of another generation are ignored.
    func store(_ marks: [OffsetMark]) async

    /// Ends a revocation: commits what was stored, then gives the partitions back.
    func release(generation: Int) async

    /// Commits what was stored, leaves the group. Bounded in time; nothing may be called afterwards.
    func close() async
}

/// Where records are appended.
public protocol RecordSink: Sendable {
    /// Returns once the log has acknowledged the record. Cannot be recalled: ignores cancellation, bounded by the sink's own
    /// time-out if it has one. Waits while the sink's queue is full.
    func send(_ record: OutgoingRecord) async throws(SinkError)

    /// Sends many with one wait; answers in the order of the records.
    func send(batch: [OutgoingRecord]) async -> [Result<Void, SinkError>]
}

/// Why a record was not acknowledged.
public struct SinkError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: String, Sendable {
        /// The record is larger than the topic or client takes. Sending it again will not help.
        case tooLarge = "record_too_large"
        /// The topic does not exist and is not created by sending.
        case unknownTopic = "unknown_topic"
        /// Not acknowledged within the sink's time-out: it may or may not be in the log.
        case timedOut = "timed_out"
        /// The sink was closed first.
        case closed = "closed"
        /// The client lost its identity as a sender and takes another: the record may or may not be in the log, and sending it again will do.
        case interrupted = "interrupted"
        /// Anything else; the record may or may not be in the log.
        case failed = "failed"

        /// True when the record itself, or its topic, was refused; false when the log was away, so that every other record would fare alike.
        public var blamesRecord: Bool {
            switch self {
            case .tooLarge, .unknownTopic, .failed: true
            case .timedOut, .closed, .interrupted: false
            }
        }
    }

    public let reason: Reason
    public let topic: String
    /// The client library's own code and words, for logs.
    public let detail: String

    public init(_ reason: Reason, topic: String, detail: String) {
        self.reason = reason
        self.topic = topic
        self.detail = detail
    }

    public var description: String { "could not append to topic '\(topic)': \(reason.rawValue) (\(detail))" }
}
