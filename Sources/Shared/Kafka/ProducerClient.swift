import CRDKafka
import Messaging

extension ClientHandle {
    /// Hands a record to the library, which copies it. `number` comes back with its delivery report.
    /// The partition is left to the partitioner: setting one here would switch it off.
    func produce(_ record: OutgoingRecord, number: Int) -> rd_kafka_resp_err_t {
        record.topic.withCString { topic in
            withBytes(record.value) { value, valueCount in
                withBytes(record.key) { key, keyCount in
                    let headers = record.headers.isEmpty ? nil : Self.headers(record.headers)
                    let code = withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 6) { fields in
                        fields.initialize(repeating: rd_kafka_vu_t())
                        fields[0].vtype = RD_KAFKA_VTYPE_TOPIC
                        fields[0].u.cstr = topic
                        fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS
                        fields[1].u.i = RD_KAFKA_MSG_F_COPY
                        fields[2].vtype = RD_KAFKA_VTYPE_VALUE
                        fields[2].u.mem.ptr = value
                        fields[2].u.mem.size = valueCount
                        fields[3].vtype = RD_KAFKA_VTYPE_KEY
                        fields[3].u.mem.ptr = key
                        fields[3].u.mem.size = keyCount
                        fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE
                        fields[4].u.ptr = UnsafeMutableRawPointer(bitPattern: number)
                        if headers != nil {
                            fields[5].vtype = RD_KAFKA_VTYPE_HEADERS
                            fields[5].u.headers = headers
                        }
                        guard let error = rd_kafka_produceva(pointer, fields.baseAddress, headers == nil ? 5 : 6) else {
                            return RD_KAFKA_RESP_ERR_NO_ERROR
                        }
                        defer { rd_kafka_error_destroy(error) }
                        return rd_kafka_error_code(error)
                    }
                    // The library keeps the headers only of a record that it took.
                    if code.isError, let headers { rd_kafka_headers_destroy(headers) }
                    return code
                }
            }
        }
    }

    private static func headers(_ headers: [RecordHeader]) -> OpaquePointer? {
        let list: OpaquePointer? = rd_kafka_headers_new(headers.count)
        for header in headers {
            withBytes(header.value) { value, count in
                _ = rd_kafka_header_add(list, header.name, -1, value, count)
            }
        }
        return list
    }
}

/// Null for nil, and a pointer that is not null for empty: the library tells them apart by that.
private func withBytes<Result>(_ bytes: [UInt8]?, _ body: (UnsafeMutableRawPointer?, Int) -> Result) -> Result {
    guard let bytes else { return body(nil, 0) }
    if bytes.isEmpty { return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { body($0.baseAddress, 0) } }
    // The library copies and does not write, in spite of its signature.
    return bytes.withUnsafeBytes { body(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
}

extension SinkError {
    /// What a delivery report's code means to the sender.
    init(_ code: rd_kafka_resp_err_t, topic: String, isClosing: Bool) {
        let reason: Reason =
            switch code {
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: .tooLarge
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
                RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
                .unknownTopic
            case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: .timedOut
            case RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: isClosing ? .closed : .interrupted
            case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
                RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, RD_KAFKA_RESP_ERR__FATAL:
                .interrupted
            default: .failed
            }
        self.init(reason, topic: topic, detail: "\(code.name): \(code.explanation)")
    }
}
