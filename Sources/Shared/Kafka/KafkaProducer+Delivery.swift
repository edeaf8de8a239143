import CRDKafka
import DequeModule
import Dispatch
import Logging
import Messaging
import Synchronization

/// A record on its way to the library, and who waits for it.
struct PendingSend {
    let record: OutgoingRecord
    let waiter: DeliveryTable.Waiter
    let index: Int

    /// Settles it without handing it over. Returns the waiter when it waits for nothing else.
    func fail(_ reason: SinkError.Reason) -> DeliveryTable.Waiter? {
        fail(SinkError(reason, topic: record.topic, detail: "the producer was closed first"))
    }

    func fail(_ error: SinkError) -> DeliveryTable.Waiter? {
        DeliveryTable.settle(waiter, index, error)
    }
}

/// What the library said of one record.
struct DeliveryReport {
    let number: Int
    let code: rd_kafka_resp_err_t
    /// The client's own reference to the topic, which stands for it as long as the client lives.
    let topic: Int
    let partition: Int32
    let offset: Int64

    init(_ message: rd_kafka_message_t) {
        number = Int(bitPattern: message._private)
        code = message.err
        topic = Int(bitPattern: message.rkt)
        partition = message.partition
        offset = message.offset
    }
}

/// Tells the acknowledgements in which a broker said where the records lie from those that the library infers.
///
/// When a connection breaks, the library may take a batch for appended because a later one was, or because it is refused as one that is there already,
/// and it has been wrong about it (its pull request 4438). Such records have no offset; or, as it counts on from the -1 of a refusal, -1, 0, 1 and so on.
struct PlaceCheck {
    private struct Place: Hashable {
        let topic: Int
        let partition: Int32
    }

    /// The offset that would go on with a count from -1.
    private var counting: [Place: Int64] = [:]

    /// Whether a broker said where the record lies. To be asked of each success, in the order of the reports.
    mutating func isPlaced(_ report: DeliveryReport) -> Bool {
        if report.offset >= 0 && counting.isEmpty { return true }
        let place = Place(topic: report.topic, partition: report.partition)
        guard report.offset == -1 || report.offset == counting[place] else {
            counting[place] = nil
            return report.offset >= 0
        }
        counting[place] = report.offset + 1
        return false
    }
}

extension KafkaProducer.State {
    enum Handover {
        case taken
        /// The queue is full, or the client is being replaced.
        case noRoom
        /// Refused for good; the waiter, if that was the last it waited for.
        case settled(DeliveryTable.Waiter?)
    }

    mutating func handOver(_ send: PendingSend) -> Handover {
        guard let handle else { return .settled(send.fail(.closed)) }
        let number = table.open(send.waiter, send.index, epoch: epoch)
        let code = handle.produce(send.record, number: number)
        if !code.isError { return .taken }
        table.withdraw(number)
        if code == RD_KAFKA_RESP_ERR__QUEUE_FULL, table.count == 0 {
            // Nothing is under way, so waiting would never make room.
            return .settled(
                send.fail(
                    SinkError(
                        .tooLarge, topic: send.record.topic, detail: "the record is larger than the producer's whole queue")))
        }
        // A client beyond repair answers with the error that broke it; the record waits for its successor.
        if code == RD_KAFKA_RESP_ERR__QUEUE_FULL || rd_kafka_fatal_error(handle.pointer, nil, 0).isError { return .noRoom }
        return .settled(send.fail(SinkError(code, topic: send.record.topic, isClosing: isClosing)))
    }

    mutating func settle(_ reports: [DeliveryReport]) -> [DeliveryTable.Waiter] {
        var finished: [DeliveryTable.Waiter] = []
        for report in reports {
            var error: SinkError?
            if report.code.isError, let topic = table.topic(report.number) {
                error = SinkError(report.code, topic: topic, isClosing: isClosing)
            } else if !places.isPlaced(report), let topic = table.topic(report.number) {
                error = SinkError(.interrupted, topic: topic, detail: "taken for appended, and no broker said where")
            }
            if let waiter = table.settle(report.number, error) { finished.append(waiter) }
        }
        return finished
    }

    /// Hands over those that wait, oldest first, up to `limit` of them. Returns whom that finished and whether to go on.
    mutating func handOverBlocked(_ limit: Int) -> (finished: [DeliveryTable.Waiter], goOn: Bool) {
        var finished: [DeliveryTable.Waiter] = []
        for _ in 0..<limit {
            guard let send = blocked.first else { return (finished, false) }
            switch handOver(send) {
            case .noRoom: return (finished, false)
            case .taken: blocked.removeFirst()
            case .settled(let waiter):
                blocked.removeFirst()
                if let waiter { finished.append(waiter) }
            }
        }
        return (finished, true)
    }

    /// Fails what one client, or any, still has.
    mutating func failAll(epoch: Int?, _ reason: SinkError.Reason, _ detail: String) -> [DeliveryTable.Waiter] {
        table.numbers(epoch: epoch).compactMap { number in
            table.settle(number, SinkError(reason, topic: table.topic(number) ?? "", detail: detail))
        }
    }
}

/// The thread that reads delivery reports.
extension KafkaProducer {
    /// How long it waits for reports before it looks around.
    private static let tick = Duration.milliseconds(100)
    private static let mostReports = 4096

    func startPolling() {
        DispatchQueue(label: "kafka.producer").async { [weak self, pollingEnded] in
            Self.poll { self }
            pollingEnded.signal()
        }
    }

    /// Holds the producer only between two waits, so that dropping the producer ends the thread.
    private static func poll(_ producer: () -> KafkaProducer?) {
        while let handle = producer()?.state.withLock({ $0.handle }) {
            let reports = collect(handle, wait: tick)
            guard let producer = producer() else { return }
            producer.settle(reports)
            if rd_kafka_fatal_error(handle.pointer, nil, 0).isError { producer.replace(handle) }
        }
    }

    private static func collect(_ handle: ClientHandle, wait: Duration) -> [DeliveryReport] {
        var reports: [DeliveryReport] = []
        var wait = wait
        // Freeing the event frees its records and with them their room in the queue, so the blocked are served after this.
        while reports.count < mostReports, let event = rd_kafka_queue_poll(handle.queue, wait.milliseconds) {
            defer { rd_kafka_event_destroy(event) }
            wait = .zero
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR:
                while let message = rd_kafka_event_message_next(event) {
                    reports.append(DeliveryReport(message.pointee))
                }
            case RD_KAFKA_EVENT_ERROR:
                let code = rd_kafka_event_error(event)
                let trouble = KafkaError(connection: code, handle.context.shown(rd_kafka_event_error_string(event)) ?? code.explanation)
                if handle.context.trouble.hear(trouble) {
                    handle.context.logger.warning(
                        "Kafka producer trouble", metadata: ["code": "\(trouble.code)", "text": "\(trouble.detail)"])
                }
            default: break
            }
        }
        return reports
    }

    private func settle(_ reports: [DeliveryReport]) {
        if !reports.isEmpty {
            for waiter in state.withLock({ $0.settle(reports) }) { waiter.finish() }
        }
        var goOn = true
        while goOn {
            // In portions, so that other senders get at the lock.
            let step = state.withLock { $0.handOverBlocked(256) }
            for waiter in step.finished { waiter.finish() }
            goOn = step.goOn
        }
    }

    /// Puts a new client in the place of one that is beyond repair.
    private func replace(_ broken: ClientHandle) {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(broken.pointer, &text, text.count)
        logger.error("Kafka producer failed for good and is replaced", metadata: ["code": "\(code.name)", "text": "\(text.text)"])
        let fresh: ClientHandle
        do {
            fresh = try Self.connect(settings, base, logger)
        } catch {
            // The same settings worked before, so this is a lack of threads or memory: tried again after the next tick.
            logger.error("Kafka producer could not be replaced", metadata: ["code": "\(error.code)", "text": "\(error.detail)"])
            return
        }
        let epoch = state.withLock { state -> Int? in
            guard state.handle != nil else { return nil }
            state.handle = fresh
            state.places = PlaceCheck()
            state.epoch += 1
            return state.epoch - 1
        }
        guard let epoch else { return }
        rd_kafka_purge(broken.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        let deadline = ContinuousClock.now + .seconds(2)
        while deadline.remaining > .zero, state.withLock({ !$0.table.numbers(epoch: epoch).isEmpty }) {
            let reports = Self.collect(broken, wait: Self.tick)
            for waiter in state.withLock({ $0.settle(reports) }) { waiter.finish() }
        }
        let rest = state.withLock { $0.failAll(epoch: epoch, .interrupted, "\(code.name): \(text.text)") }
        for waiter in rest { waiter.finish() }
        settle([])
    }

    /// Blocks until nothing is under way, at most `limit`.
    @discardableResult
    func waitUntilIdle(within limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            let (handle, count) = state.withLock { ($0.handle, $0.table.count + $0.blocked.count) }
            guard let handle, count > 0 else { return count == 0 }
            if deadline.remaining == .zero { return false }
            // Sends at once what lingers. Reports are read by the polling thread; it may be a moment behind.
            if rd_kafka_flush(handle.pointer, min(100, deadline.remaining.milliseconds)) == RD_KAFKA_RESP_ERR_NO_ERROR {
                _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(1))
            }
        }
    }

    /// Fails what is left, stops the polling thread and frees the client. Blocks, for some seconds at most.
    func endPolling() {
        guard let freed = letGo() else { return }
        if !freed.wait(.seconds(3)) { logger.error("Kafka client did not close in time", metadata: ["limit": "3 s"]) }
    }

    private func letGo() -> ClientHandle.Freed? {
        let (handle, blocked) = state.withLock { state in
            defer { state.blocked = [] }
            return (state.handle, state.blocked)
        }
        guard let handle else { return nil }
        for send in blocked { state.withLock { _ in send.fail(.closed) }?.finish() }
        rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        waitUntilIdle(within: .seconds(2))
        state.withLock { $0.handle = nil }
        handle.interruptPoll()
        _ = pollingEnded.wait(timeout: .now() + .seconds(1))
        let rest = state.withLock { $0.failAll(epoch: nil, .closed, "the producer was closed first") }
        for waiter in rest { waiter.finish() }
        return handle.freed
    }
}

extension KafkaProducer {
    /// Makes the library declare the present client beyond repair. For tests: no broker fault leads there reliably.
    func breakForGood() {
        guard let handle = state.withLock({ $0.handle }) else { return }
        rd_kafka_test_fatal_error(handle.pointer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "ordered by a test")
        handle.interruptPoll()
    }
}
