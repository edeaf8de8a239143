import CRDKafka
import Messaging

/// Looks up the ends of partitions, many in one request.
enum Watermarks {
    enum End {
        /// The oldest offset still held.
        case earliest
        /// One past the newest.
        case latest

        var mark: Int64 { self == .earliest ? PartitionList.Mark.earliest : PartitionList.Mark.latest }
    }

    /// Blocks at most `limit`. A partition whose leader did not answer is absent.
    /// The library's look-up by time takes Kafka's own marks for "earliest" and "latest" in place of a time.
    static func lookUp(
        _ end: End, of partitions: some Collection<TopicPartition>, _ handle: ClientHandle, within limit: Duration
    ) throws(KafkaError) -> [TopicPartition: Int64] {
        if partitions.isEmpty { return [:] }
        let list = PartitionList(partitions, offset: end.mark)
        let code = rd_kafka_offsets_for_times(handle.pointer, list.pointer, limit.milliseconds)
        if code.isError { throw handle.explained(KafkaError(code)) }
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries where !entry.error.isError && entry.offset >= 0 { offsets[entry.partition] = entry.offset }
        return offsets
    }
}
