import CRDKafka
public import Logging
import Synchronization

/// A Kafka-protocol broker inside this process, for trying out and for tests: librdkafka's own mock cluster.
///
/// It listens on loopback, on ports that it picks. Its limits: nothing survives it; a partition keeps at most 5 MiB or 100,000
/// record batches and drops the oldest; topics are made only by `createTopic` (a topic that a client merely names
/// appears with 4 partitions, `KafkaAdmin.createTopics` times out, deleting a group aborts the client); transactions are
/// accepted but not enforced; a waiting fetch does not wake on new records, so consumers want a fetch wait of 10 ms; the first
/// joining of a group takes 3 s.
public final class EmbeddedBroker: Sendable {
    /// `@unchecked Sendable`: the cluster's calls are thread-safe in the library, and its pointer is used under the lock only.
    private struct Cluster: @unchecked Sendable {
        let client: ClientHandle
        let pointer: OpaquePointer
    }

    private let cluster: Mutex<Cluster?>
    /// Ports of brokers that are down.
    let reservations = Mutex<[Int: PortReservation]>([:])
    /// What clients take as their broker list.
    public let bootstrapServers: String
    /// How many brokers it plays. Their ids are 1...count.
    public let brokerCount: Int

    /// Starts listening before it returns.
    public init(brokers: Int = 1, logger: Logger) throws(KafkaError) {
        // Connects nowhere: the client only carries the cluster.
        let client = try ClientHandle(.producer, settings: nil, base: ["client.id": "embedded-broker"], logger: logger)
        guard let pointer = rd_kafka_mock_cluster_new(client.pointer, Int32(brokers)) else {
            throw KafkaError(code: "EMBEDDED_BROKER", detail: "could not start \(brokers) brokers on loopback; check for free ports and memory")
        }
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(pointer))
        brokerCount = brokers
        cluster = Mutex(Cluster(client: client, pointer: pointer))
    }

    deinit { stop() }

    /// Creates a topic. One that exists already is left as it is.
    public func createTopic(_ name: String, partitions: Int = 1, replication: Int = 1) throws(KafkaError) {
        try call(name) { rd_kafka_mock_topic_create($0, name, Int32(partitions), Int32(replication)) }
    }

    /// Ends it and forgets all data. Doing it again does nothing.
    public func stop() {
        reservations.withLock { $0 = [:] }
        let freed = cluster.withLock { cluster -> ClientHandle.Freed? in
            defer { cluster = nil }
            if let cluster { rd_kafka_mock_cluster_destroy(cluster.pointer) }
            return cluster?.client.freed
        }
        _ = freed?.wait(.seconds(5))
    }

    func call(
        _ subject: String, _ body: @Sendable (OpaquePointer) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        let code = cluster.withLock { cluster in cluster.map { body($0.pointer) } }
        guard let code else { throw .closed("embedded broker") }
        if code.isError, code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { throw KafkaError(code, subject: subject) }
    }
}
