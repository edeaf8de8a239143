public import Logging
public import Observability
public import ServiceLifecycle

/// Asks the brokers about a topic at short intervals and tells the process's health what comes of it. Says a change once, with its reason:
/// brokers that are away, credentials or certificates that are refused, a topic that does not exist.
public struct KafkaProbe: Service, CustomStringConvertible {
    private let producer: KafkaProducer
    private let topic: String
    private let health: HealthComponent
    private let interval: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - topic: Without it the process has nothing to do.
    ///   - interval: Between two questions; one takes 3 s at most.
    public init(producer: KafkaProducer, topic: String, health: HealthComponent, interval: Duration = .seconds(5), logger: Logger) {
        self.producer = producer
        self.topic = topic
        self.health = health
        self.interval = interval
        self.logger = logger
    }

    public var description: String { "Kafka probe" }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await probeUntilCancelled() }
    }

    private func probeUntilCancelled() async {
        var last: HealthState.Readiness?
        while !Task.isCancelled {
            let now: HealthState.Readiness
            do throws(KafkaError) {
                try await producer.warm(topics: [topic], within: .seconds(3))
                now = .ready
                if now != last { logger.notice("Kafka answers", [.topic: "\(topic)"]) }
                health.ready()
            } catch {
                now = .notReady(error.readiness)
                if now != last { logger.warning("Kafka cannot be used", [.error: "\(error)", .reason: "\(error.readiness)"]) }
                health.notReady(error.readiness)
            }
            last = now
            try? await Task.sleep(for: interval)
        }
    }
}
