import CRDKafka
import Logging
import Messaging
import Synchronization

/// What the library's callbacks leave for their client. The callbacks only note; the client acts.
final class ClientContext: Sendable {
    enum Note: Sendable {
        case assign([TopicPartition])
        case revoke([TopicPartition], lost: Bool)
        case rebalanceFailed(KafkaError)
        case trouble(KafkaError)
    }

    let logger: Logger
    let trouble = ConnectionTrouble()
    private let notes = Mutex<[Note]>([])
    private let secrets: [String]

    /// - Parameter secrets: never shown, whoever says them: a broker may repeat what it was sent.
    init(logger: Logger, secrets: [String] = []) {
        self.logger = logger
        // A shorter one would be found in words where it is not meant.
        self.secrets = secrets.filter { $0.utf8.count >= 4 }
    }

    /// The library's or a broker's words, fit to be shown.
    func shown(_ words: UnsafePointer<CChar>?) -> String? {
        guard let words else { return nil }
        return secrets.reduce(String(cString: words)) { $0.replacing($1, with: "<withheld>") }
    }

    func note(_ note: Note) {
        notes.withLock { notes in
            // Trouble repeats itself; a rebalance must not be missed.
            if notes.count >= 256, case .trouble = note { return }
            notes.append(note)
        }
    }

    func takeNotes() -> [Note] {
        notes.withLock { notes in
            if notes.isEmpty { return [] }
            defer { notes = [] }
            return notes
        }
    }
}

/// Contexts by the number that the library carries as its opaque pointer. A number that is gone finds nothing,
/// so a late callback can never touch freed memory.
enum ContextTable {
    private struct Entries {
        var next = 1
        var contexts: [Int: ClientContext] = [:]
    }

    private static let entries = Mutex(Entries())

    static func add(_ context: ClientContext) -> Int {
        entries.withLock { entries in
            defer { entries.next += 1 }
            entries.contexts[entries.next] = context
            return entries.next
        }
    }

    static func remove(_ id: Int) {
        _ = entries.withLock { $0.contexts.removeValue(forKey: id) }
    }

    static func context(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
        let id = Int(bitPattern: opaque)
        return id == 0 ? nil : entries.withLock { $0.contexts[id] }
    }
}

/// The functions handed to the library.
enum Callbacks {
    static let log: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Void = {
        client, level, facility, text in
        guard let client, let context = ContextTable.context(rd_kafka_opaque(client)) else { return }
        let facility = facility.map { String(cString: $0) } ?? "-"
        let level: Logger.Level =
            switch level {
            // A failed connection is reported as an error, too, and that is told once.
            case _ where facility == "FAIL": .debug
            case ...2: .critical
            case 3: .error
            case 4: .warning
            case 5: .notice
            case 6: .info
            default: .debug
            }
        context.logger.log(
            level: level, "Kafka client log",
            metadata: [
                "facility": "\(facility)", "text": "\(context.shown(text) ?? "-")"
            ])
    }

    static let error: @convention(c) (OpaquePointer?, Int32, UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void = {
        client, code, reason, opaque in
        guard let context = ContextTable.context(opaque) else { return }
        var error = rd_kafka_resp_err_t(rawValue: code)
        var detail = context.shown(reason)
        var isFatal = false
        if error == RD_KAFKA_RESP_ERR__FATAL, let client {
            var text = [CChar](repeating: 0, count: 512)
            error = rd_kafka_fatal_error(client, &text, text.count)
            detail = text.text
            isFatal = true
        }
        let trouble = KafkaError(connection: error, detail ?? error.explanation, isFatal: isFatal)
        if context.trouble.hear(trouble) || isFatal { context.note(.trouble(trouble)) }
    }

    static let rebalance:
        @convention(c) (
            OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, UnsafeMutableRawPointer?
        ) -> Void = { client, code, list, opaque in
            guard let client, let context = ContextTable.context(opaque) else { return }
            let partitions = list.map { PartitionList.partitions(of: $0) } ?? []
            switch code {
            case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
                context.note(.assign(partitions))
            case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
                context.note(.revoke(partitions, lost: rd_kafka_assignment_lost(client) != 0))
            default:
                context.note(.rebalanceFailed(KafkaError(code)))
            }
            // Ends the poll that called us, so that the note is acted on at once.
            rd_kafka_yield(client)
        }
}

extension [CChar] {
    /// The text before the first zero of a C buffer.
    var text: String {
        String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
