import CRDKafka
import Dispatch
import Logging

/// Owns one client of the library and frees it when the last reference goes, so that no call can meet a freed client.
///
/// `@unchecked Sendable`: the library's clients and queues may be used from any thread, and both pointers never change.
final class ClientHandle: @unchecked Sendable {
    enum Kind {
        case consumer, producer
        /// A consumer outside any group.
        case tail
        /// Asks and orders only. Not a producer: 2.0.2 follows a null pointer when a coordinator refuses a question for committed offsets
        /// and the client belongs to no group.
        case admin

        /// Whether records arrive.
        var isConsumer: Bool { self == .consumer || self == .tail }
    }

    let pointer: OpaquePointer
    /// Where a consumer's records and a producer's delivery reports arrive. Freed before its client.
    let queue: OpaquePointer
    /// Signalled once the client is freed.
    let freed = Freed()
    let context: ClientContext
    private let contextID: Int
    private let kind: Kind

    /// - Parameter settings: nil for a client that connects nowhere.
    /// - Parameter base: the module's own properties, under the user's.
    init(
        _ kind: Kind, settings: KafkaSettings?, base: [String: String], logger: Logger,
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        var base = base
        base["log_level"] = Self.logLevel(logger.logLevel)
        base["reconnect.backoff.max.ms"] = base["reconnect.backoff.max.ms"] ?? "2000"
        let properties = try settings?.merged(over: base) ?? base.map { (name: $0.key, value: $0.value) }

        let configuration = rd_kafka_conf_new()
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties where rd_kafka_conf_set(configuration, name, value, &text, text.count) != RD_KAFKA_CONF_OK {
            rd_kafka_conf_destroy(configuration)
            // The library's words may quote the value.
            let reason = KafkaSettings.isSecret(name) ? "the client library refused its value" : text.text
            throw .configuration(name, reason)
        }
        self.kind = kind
        let secrets = properties.filter { KafkaSettings.isSecret($0.name) }.map(\.value)
        context = ClientContext(logger: logger, secrets: secrets)
        contextID = ContextTable.add(context)
        rd_kafka_conf_set_opaque(configuration, UnsafeMutableRawPointer(bitPattern: contextID))
        rd_kafka_conf_set_log_cb(configuration, Callbacks.log)
        rd_kafka_conf_set_error_cb(configuration, Callbacks.error)
        if let configuration { configure(configuration) }
        guard
            let client = rd_kafka_new(
                kind == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, configuration, &text, text.count)
        else {
            // On failure the configuration stays ours.
            rd_kafka_conf_destroy(configuration)
            ContextTable.remove(contextID)
            throw settings?.refusal(context.shown(text) ?? "-") ?? KafkaError(code: "CONFIGURATION", detail: text.text)
        }
        pointer = client
        if kind.isConsumer {
            rd_kafka_poll_set_consumer(client)
            queue = rd_kafka_queue_get_consumer(client)
        } else {
            queue = rd_kafka_queue_get_main(client)
        }
    }

    deinit {
        // Freeing blocks, and the last reference may be dropped on a thread of the cooperative pool. A consumer that wants to leave its
        // group in order has done so before.
        nonisolated(unsafe) let (pointer, queue) = (pointer, queue)
        DispatchQueue(label: "kafka.destroy").async { [contextID, freed] in
            rd_kafka_queue_destroy(queue)
            rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            ContextTable.remove(contextID)
            freed.signal()
        }
    }

    /// Tells that a client is gone; outlives it.
    final class Freed: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func signal() { semaphore.signal() }

        /// Blocks at most `limit`. Returns false when the client is not freed by then: that goes on in the background.
        func wait(_ limit: Duration) -> Bool {
            semaphore.wait(timeout: .now() + .milliseconds(Int(limit.milliseconds))) == .success
        }
    }

    /// Adds to an error that only says that no answer came what the client has heard of its connections.
    func explained(_ error: KafkaError) -> KafkaError {
        switch kind {
        case .admin: while rd_kafka_poll(pointer, 0) > 0 {}
        case .tail:
            // Nothing is assigned while a tail looks things up, so that no record can come.
            while let message = rd_kafka_consumer_poll(pointer, 0) { rd_kafka_message_destroy(message) }
        case .consumer, .producer: break  // Somebody polls them.
        }
        return context.trouble.cause(of: error)
    }

    /// Makes a waiting poll return at once, with nothing.
    func interruptPoll() {
        rd_kafka_queue_yield(queue)
    }

    /// syslog's numbers, which the library uses.
    private static func logLevel(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "7"
        case .info: "6"
        case .notice: "5"
        case .warning: "4"
        case .error: "3"
        case .critical: "2"
        }
    }
}
