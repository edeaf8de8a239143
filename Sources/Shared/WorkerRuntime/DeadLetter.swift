public import Foundation
public import Messaging
import Crypto
import Domain

/// The record that goes to `<topic>.dlq`: the original bytes, key and headers, with the story in `dlq-` headers.
public enum DeadLetter {
    /// Names the inbox row; a replayed record carries it back.
    public static let eventIDHeader = "dlq-event-id"
    public static let reasonHeader = "dlq-reason"
    public static let messageHeader = "dlq-message"

    /// What a ledger says of a replay whose id the inbox does not hold.
    public static let unknownReplay =
        "header '\(eventIDHeader)': expected a dead letter of this consumer, found one the inbox does not know"

    /// Bytes of a payload kept whole. A larger one is cut; its hash and place tell where the rest is.
    public static let payloadLimit = 900_000

    /// Bytes of key and headers kept. More than that and both are left out: with the payload they would exceed what the topic takes.
    public static let overheadLimit = 32_768

    public static func record(
        of raw: RawEvent, id: UUID, reason: DeadReason, message: String, stage: String, attempts: Int, payloadLimit: Int = payloadLimit
    ) -> OutgoingRecord {
        let original = raw.record
        let overhead = original.headers.reduce(original.key?.count ?? 0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
        let isBare = overhead > overheadLimit
        var headers = isBare ? [] : original.headers.filter { !$0.name.hasPrefix("dlq-") }
        func add(_ name: String, _ value: String) { headers.append(RecordHeader(name, value)) }
        add(reasonHeader, reason.rawValue)
        add(messageHeader, String(decoding: message.utf8.prefix(1000), as: UTF8.self))
        add("dlq-stage", stage)
        add("dlq-attempts", String(attempts))
        add("dlq-topic", original.source.topic)
        add("dlq-partition", String(original.source.partition))
        add("dlq-offset", String(original.offset))
        add("dlq-timestamp", original.timestamp.map(String.init) ?? "")
        add(eventIDHeader, id.canonical)
        var value = original.value
        if isBare || (value?.count ?? 0) > payloadLimit {
            let whole = value ?? []
            value = value.map { Array($0.prefix(payloadLimit)) }
            add("dlq-truncated-from", String(whole.count + (isBare ? overhead : 0)))
            add("dlq-sha256", SHA256.hash(data: whole).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
        }
        return OutgoingRecord(
            topic: Topics.deadLetters(of: original.source.topic), key: isBare ? nil : original.key, value: value, headers: headers)
    }
}
