import CRDKafka

/// Looks up topics and their partitions.
enum Metadata {
    struct Topic {
        let name: String
        let partitions: [Int32]
        let error: rd_kafka_resp_err_t
    }

    /// Blocks at most `limit`.
    static func look(at topic: String, _ handle: ClientHandle, within limit: Duration) throws(KafkaError) -> Topic {
        guard let reference = rd_kafka_topic_new(handle.pointer, topic, nil) else {
            throw KafkaError(rd_kafka_last_error(), subject: topic)
        }
        defer { rd_kafka_topic_destroy(reference) }
        let all = try request(reference, handle, within: limit, subject: topic)
        guard let found = all.first(where: { $0.name == topic }) else {
            throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, subject: topic)
        }
        if found.error.isError { throw KafkaError(found.error, subject: topic) }
        return found
    }

    /// Every topic of the cluster. Blocks at most `limit`.
    static func all(_ handle: ClientHandle, within limit: Duration) throws(KafkaError) -> [Topic] {
        try request(nil, handle, within: limit, subject: nil)
    }

    private static func request(
        _ topic: OpaquePointer?, _ handle: ClientHandle, within limit: Duration, subject: String?
    ) throws(KafkaError) -> [Topic] {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, topic == nil ? 1 : 0, topic, &answer, limit.milliseconds)
        if code.isError { throw handle.explained(KafkaError(code, subject: subject)) }
        handle.context.trouble.end()
        guard let answer else { return [] }
        defer { rd_kafka_metadata_destroy(answer) }
        return (0..<Int(answer.pointee.topic_cnt)).map { index in
            let topic = answer.pointee.topics[index]
            return Topic(
                name: String(cString: topic.topic),
                partitions: (0..<Int(topic.partition_cnt)).map { topic.partitions[$0].id }.sorted(),
                error: topic.err)
        }
    }
}
