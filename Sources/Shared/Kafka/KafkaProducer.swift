import CRDKafka
import DequeModule
import Dispatch
public import Logging
public import Messaging
public import ServiceLifecycle
import Synchronization

/// Appends records, idempotently, and tells each sender when its record is acknowledged. Its delivery reports are read on a
/// thread of its own, which ends with the producer, and resume senders in batches.
///
/// When the library declares a client beyond repair (a fatal error of the idempotent producer), what was under way fails
/// with `interrupted`, a new client takes its place, and sending goes on.
public final class KafkaProducer: RecordSink, Service {
    struct State {
        var handle: ClientHandle?
        /// Grows with each new client.
        var epoch = 0
        var isClosing = false
        var table = DeliveryTable()
        var places = PlaceCheck()
        /// Sends that found the queue full, in order of arrival.
        var blocked: Deque<PendingSend> = []
    }

    let settings: KafkaSettings
    let waitsForRoom: Bool
    let base: [String: String]
    let logger: Logger
    /// Everything that changes. A record is handed to the library under the
    /// lock, so that no client is freed, replaced or closed while somebody uses it.
    let state: Mutex<State>
    let pollingEnded = DispatchSemaphore(value: 0)

    /// Does not wait for a broker.
    /// - Parameters:
    ///   - messageTimeout: How long a record may wait for its acknowledgement; nil waits for ever (workers). The gateway takes 10 s.
    ///   - linger: How long a record waits for company in its batch.
    ///   - queueLimit: Kilobytes of records under way before senders wait.
    ///   - waitsForRoom: false answers `.timedOut` at once while the queue is full: for callers whose own callers do not wait.
    /// - Throws: `KafkaError` `CONFIGURATION` naming the property that was refused.
    public init(
        settings: KafkaSettings, messageTimeout: Duration? = nil, linger: Duration = .milliseconds(5),
        queueLimit: Int = 16384, waitsForRoom: Bool = true, logger: Logger
    ) throws(KafkaError) {
        self.waitsForRoom = waitsForRoom
        self.settings = settings
        self.logger = logger
        base = [
            "enable.idempotence": "true",
            "message.timeout.ms": "\(messageTimeout?.milliseconds ?? 0)",
            "linger.ms": "\(linger.milliseconds)",
            "queue.buffering.max.kbytes": "\(queueLimit)",
            "socket.nagle.disable": "true",
            "partitioner": "murmur2_random"
        ]
        state = Mutex(State(handle: try Self.connect(settings, base, logger)))
        startPolling()
    }

    static func connect(_ settings: KafkaSettings, _ base: [String: String], _ logger: Logger) throws(KafkaError) -> ClientHandle {
        try ClientHandle(.producer, settings: settings, base: base, logger: logger) {
            rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR)
        }
    }

    // MARK: Sending

    public func send(_ record: OutgoingRecord) async throws(SinkError) {
        let outcomes = await send([record])
        if let error = outcomes[0] { throw error }
    }

    /// Sends many records with one wait, in their order. One result per record, in the same order.
    public func send(batch records: [OutgoingRecord]) async -> [Result<Void, SinkError>] {
        if records.isEmpty { return [] }
        return await send(records).map { error in error.map { .failure($0) } ?? .success(()) }
    }

    /// Cannot be recalled: cancellation is not looked at.
    private func send(_ records: [OutgoingRecord]) async -> [SinkError?] {
        await withUnsafeContinuation { continuation in
            let finished = state.withLock { state in
                let waiter = DeliveryTable.Waiter(topics: records.map(\.topic)) { continuation.resume(returning: $0) }
                var finished: DeliveryTable.Waiter?
                for (index, record) in records.enumerated() {
                    let send = PendingSend(record: record, waiter: waiter, index: index)
                    // Overtaking those that wait would break the order.
                    let handover = state.isClosing ? .settled(send.fail(.closed)) : state.blocked.isEmpty ? state.handOver(send) : .noRoom
                    switch handover {
                    case .taken: break
                    case .noRoom where !waitsForRoom:
                        let error = SinkError(.timedOut, topic: record.topic, detail: "the producer's queue is full")
                        if let waiter = send.fail(error) { finished = waiter }
                    case .noRoom: state.blocked.append(send)
                    case .settled(let waiter): finished = waiter
                    }
                }
                return finished
            }
            finished?.finish()
        }
    }

    /// Records under way or waiting for room.
    public var inFlight: Int { state.withLock { $0.table.count + $0.blocked.count } }

    /// Fetches the topics' metadata, so that the first send finds its partition leaders known. Waits at most `limit`.
    /// - Throws: `KafkaError` for the first topic that could not be looked up.
    public func warm(topics: [String], within limit: Duration = .seconds(5)) async throws(KafkaError) {
        guard let handle = state.withLock({ $0.handle }) else { throw .closed("producer") }
        let result = await offCooperativePool("kafka.warm") { () -> Result<Void, KafkaError> in
            Result { () throws(KafkaError) in
                let deadline = ContinuousClock.now + limit
                for topic in topics { _ = try Metadata.look(at: topic, handle, within: deadline.remaining) }
            }
        }
        try result.get()
    }

    // MARK: Ending

    /// Waits until nothing is under way, at most `limit`. Returns whether that was reached.
    @discardableResult
    public func flush(within limit: Duration = .seconds(10)) async -> Bool {
        await offCooperativePool("kafka.flush") { self.waitUntilIdle(within: limit) }
    }

    /// Refuses new records, waits at most `limit` for those under way, fails the rest with `closed`, frees the client.
    public func close(within limit: Duration = .seconds(10)) async {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        await offCooperativePool("kafka.close") {
            self.waitUntilIdle(within: limit)
            self.endPolling()
        }
    }

    /// Runs until graceful shutdown, then closes. As services stop in reverse order, whatever sends comes after it in the list.
    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }
}
