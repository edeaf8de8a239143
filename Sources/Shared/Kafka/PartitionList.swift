import CRDKafka
import Messaging

/// The library's list of partitions with offsets. Owns the C list and frees it: a leaked one makes closing hang.
struct PartitionList: ~Copyable {
    /// Offsets that mean something to the library instead of a place in the log.
    enum Mark {
        static let latest: Int64 = -1
        static let earliest: Int64 = -2
        /// None given: the library asks the group or falls back to its reset policy.
        static let none: Int64 = -1001
    }

    struct Entry {
        let partition: TopicPartition
        let offset: Int64
        let error: rd_kafka_resp_err_t
    }

    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        pointer = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    init(_ partitions: some Collection<TopicPartition>, offset: Int64 = Mark.none) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(partition, offset: offset) }
    }

    deinit {
        rd_kafka_topic_partition_list_destroy(pointer)
    }

    func add(_ partition: TopicPartition, offset: Int64 = Mark.none) {
        rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition).pointee.offset = offset
    }

    var isEmpty: Bool { pointer.pointee.cnt == 0 }

    var entries: [Entry] { Self.entries(of: pointer) }

    static func entries(of list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [Entry] {
        (0..<Int(list.pointee.cnt)).map { index in
            let element = list.pointee.elems[index]
            return Entry(
                partition: TopicPartition(topic: String(cString: element.topic), partition: element.partition),
                offset: element.offset, error: element.err)
        }
    }

    static func partitions(of list: UnsafePointer<rd_kafka_topic_partition_list_t>) -> [TopicPartition] {
        entries(of: list).map(\.partition)
    }
}
