import CRDKafka
import Dispatch
import Synchronization

/// Faults that tests order from the embedded broker.
extension EmbeddedBroker {
    /// Kafka's numbers of the requests that faults are ordered for.
    public enum Request: Int16, Codable, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case initProducerID = 22
    }

    /// Answers that the broker can be told to give.
    public enum Fault: String, Codable, Sendable {
        /// Hangs up instead of answering.
        case disconnect
        case notLeaderForPartition
        case requestTimedOut
        case messageTooLarge
        case unknownTopicOrPartition
        case illegalGeneration
        case unknownMember
        case rebalanceInProgress
        case outOfOrderSequence
        /// Says that it has these records already, which it has not.
        case duplicateSequence
        case invalidProducerEpoch
        case unknownProducerID
        case topicAuthorizationFailed
        case notEnoughReplicas
        case coordinatorNotAvailable
        case notCoordinator

        var code: rd_kafka_resp_err_t {
            switch self {
            case .disconnect: RD_KAFKA_RESP_ERR__TRANSPORT
            case .notLeaderForPartition: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
            case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
            case .messageTooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
            case .unknownTopicOrPartition: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            case .illegalGeneration: RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
            case .unknownMember: RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
            case .rebalanceInProgress: RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS
            case .outOfOrderSequence: RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER
            case .duplicateSequence: RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER
            case .invalidProducerEpoch: RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
            case .unknownProducerID: RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID
            case .topicAuthorizationFailed: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
            case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
            case .coordinatorNotAvailable: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
            case .notCoordinator: RD_KAFKA_RESP_ERR_NOT_COORDINATOR
            }
        }
    }

    /// The next requests of this kind get these answers, one each.
    public func fail(_ request: Request, with faults: [Fault]) throws(KafkaError) {
        let codes = faults.map(\.code)
        try call("faults") { cluster in
            rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Forgets the faults still ordered for this kind of request.
    public func clearFaults(_ request: Request) throws(KafkaError) {
        try call("faults") { cluster in
            rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Makes another broker the leader of a partition; its log stays as it is.
    public func moveLeader(of topic: String, partition: Int = 0, to broker: Int) throws(KafkaError) {
        try call("\(topic)[\(partition)]") { rd_kafka_mock_partition_set_leader($0, topic, Int32(partition), Int32(broker)) }
    }

    /// Makes another broker the coordinator of a consumer group; members and offsets stay.
    public func moveCoordinator(of group: String, to broker: Int) throws(KafkaError) {
        try call("group \(group)") { rd_kafka_mock_coordinator_set($0, "group", group, Int32(broker)) }
    }

    /// Has the cluster's metadata say this of a topic; nil takes it back. Only clients that look the topic up hear of it.
    public func mark(topic: String, with fault: Fault?) throws(KafkaError) {
        try call(topic) { cluster in
            rd_kafka_mock_topic_set_error(cluster, topic, fault?.code ?? RD_KAFKA_RESP_ERR_NO_ERROR)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Hangs up on everybody and refuses connections until `bringUp`.
    public func takeDown(broker: Int = 1) throws(KafkaError) {
        try call("broker \(broker)") { rd_kafka_mock_broker_set_down($0, Int32(broker)) }
        guard let port = port(of: broker) else { return }
        reservations.withLock { $0[broker] = PortReservation(port) }
    }

    /// Listens again at the same port. Blocks, for some milliseconds as a rule, until that is free.
    public func bringUp(broker: Int = 1) throws(KafkaError) {
        var held = reservations.withLock { $0.removeValue(forKey: broker) }
        if held == nil { held = try reservation(broker) }
        #if canImport(Darwin)
            // Where a bound socket keeps the broker away, too, the port is free for a moment.
            held = nil
        #endif
        // Elsewhere held until the broker listens: a socket that is bound and does not listen keeps outgoing connections away, and the broker not.
        defer { withExtendedLifetime(held) {} }
        try call("broker \(broker)") { rd_kafka_mock_broker_set_up($0, Int32(broker)) }
    }

    private func reservation(_ broker: Int) throws(KafkaError) -> PortReservation? {
        guard let port = port(of: broker) else { return nil }
        let deadline = ContinuousClock.now + .seconds(10)
        while deadline.remaining > .zero {
            if let free = PortReservation(port) { return free }
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(5))
        }
        throw KafkaError(
            code: "EMBEDDED_BROKER", subject: "broker \(broker)", detail: "its port \(port) was taken while it was down; start a new one")
    }

    private func port(of broker: Int) -> UInt16? {
        let all = bootstrapServers.split(separator: ",")
        return all.indices.contains(broker - 1) ? all[broker - 1].split(separator: ":").last.flatMap { UInt16($0) } : nil
    }

    /// Delays every answer of the broker by this long.
    public func setRoundTrip(_ delay: Duration, broker: Int = 1) throws(KafkaError) {
        try call("broker \(broker)") { rd_kafka_mock_broker_set_rtt($0, Int32(broker), delay.milliseconds) }
    }
}
