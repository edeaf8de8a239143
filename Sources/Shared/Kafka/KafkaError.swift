import CRDKafka

/// A failure reported by the Kafka client.
public struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// librdkafka's stable name of the error, such as `_TRANSPORT` or `TOPIC_AUTHORIZATION_FAILED`;
    /// `CONFIGURATION` for a property that was refused.
    public let code: String
    /// The topic or the property that it concerns, if there is one.
    public let subject: String?
    /// librdkafka's own words.
    public let detail: String
    /// Trying again may help.
    public let isRetriable: Bool
    /// The client that reported it is beyond repair; a new one is needed.
    public let isFatal: Bool

    public init(code: String, subject: String? = nil, detail: String, isRetriable: Bool = false, isFatal: Bool = false) {
        self.code = code
        self.subject = subject
        self.detail = detail
        self.isRetriable = isRetriable
        self.isFatal = isFatal
    }

    public var description: String {
        let about = subject.map { code == "CONFIGURATION" ? " in property '\($0)'" : " on '\($0)'" } ?? ""
        return "Kafka error \(code)\(about): \(detail)"
    }

    static func configuration(_ property: String, _ detail: String) -> KafkaError {
        KafkaError(code: "CONFIGURATION", subject: property, detail: detail)
    }

    static func closed(_ what: String) -> KafkaError {
        KafkaError(code: "CLOSED", detail: "the \(what) was closed before this call; make a new one")
    }

    static func timedOut(_ what: String) -> KafkaError {
        KafkaError(code: "_TIMED_OUT", detail: "\(what) did not finish in time; check that the brokers are reachable", isRetriable: true)
    }

    init(_ error: rd_kafka_resp_err_t, subject: String? = nil, detail: String? = nil) {
        self.init(
            code: error.name, subject: subject, detail: detail ?? error.explanation,
            isRetriable: error.isRetriable, isFatal: error == RD_KAFKA_RESP_ERR__FATAL)
    }

    /// Takes over and frees an error object of the library.
    init(consuming error: OpaquePointer, subject: String? = nil) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            code: String(cString: rd_kafka_error_name(error)), subject: subject,
            detail: String(cString: rd_kafka_error_string(error)),
            isRetriable: rd_kafka_error_is_retriable(error) != 0, isFatal: rd_kafka_error_is_fatal(error) != 0)
    }
}

extension rd_kafka_resp_err_t {
    var isError: Bool { self != RD_KAFKA_RESP_ERR_NO_ERROR }
    var name: String { String(cString: rd_kafka_err2name(self)) }
    var explanation: String { String(cString: rd_kafka_err2str(self)) }

    var isRetriable: Bool {
        switch self {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__QUEUE_FULL,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__IN_PROGRESS, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR__WAIT_CACHE,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
            true
        default:
            false
        }
    }
}
