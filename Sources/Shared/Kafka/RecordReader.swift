import CRDKafka
import Messaging

/// Copies the library's messages into records. Remembers topic names, so that a record costs no new string.
struct RecordReader {
    private struct Place: Hashable {
        let topic: OpaquePointer?
        let partition: Int32
    }

    private var sources: [Place: TopicPartition] = [:]

    /// To be called when the assignment changes: topic pointers may be reused afterwards.
    mutating func forgetTopics() {
        sources = [:]
    }

    /// The caller has checked `err` and frees the message.
    mutating func record(_ message: UnsafeMutablePointer<rd_kafka_message_t>, generation: Int) -> Record {
        var timestampKind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &timestampKind)
        return Record(
            source: source(message),
            offset: message.pointee.offset,
            timestamp: timestampKind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || timestamp < 0 ? nil : timestamp,
            key: Self.bytes(message.pointee.key, message.pointee.key_len),
            value: Self.bytes(message.pointee.payload, message.pointee.len),
            headers: Self.headers(message),
            generation: generation)
    }

    mutating func source(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> TopicPartition {
        let place = Place(topic: message.pointee.rkt, partition: message.pointee.partition)
        if let known = sources[place] { return known }
        let name = place.topic.map { String(cString: rd_kafka_topic_name($0)) } ?? ""
        let source = TopicPartition(topic: name, partition: place.partition)
        sources[place] = source
        return source
    }

    private static func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> [RecordHeader] {
        var list: OpaquePointer?
        guard rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { return [] }
        let count = rd_kafka_header_cnt(list)
        var headers: [RecordHeader] = []
        headers.reserveCapacity(count)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        for index in 0..<count
        where rd_kafka_header_get_all(list, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let name else { continue }
            headers.append(RecordHeader(String(cString: name), bytes(value, size)))
        }
        return headers
    }

    /// Null stays null: a tombstone differs from an empty payload.
    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
        guard let start else { return nil }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
