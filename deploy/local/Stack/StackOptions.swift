/// How a stack is to be.
struct StackOptions: Sendable {
    var workers = WorkerCounts()
    var partitions = 12
    /// Preferred port of the gateway; another one is taken when it is not free. 0 takes any.
    var httpPort: UInt16 = 8080
    /// Brokers of a real cluster; nil: the embedded one.
    var brokers: String?
    /// librdkafka's properties for a real cluster, TLS and SASL included. The embedded broker is reached without any.
    var kafkaProperties: [String: String] = [:]
    /// A real database; nil: a private cluster.
    var databaseURL: String?
    /// Whether the private cluster keeps what it acknowledged through a crash of the machine.
    var isDurable = true
    /// The language model; nil: none.
    var model: ModelChoice?
    /// More environment for the workers, for tests that inject faults.
    var workerEnvironment: [String: String] = [:]
}
