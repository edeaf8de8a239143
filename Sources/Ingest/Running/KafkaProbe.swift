import Domain
import Kafka
import Logging
import Observability
import ServiceLifecycle

/// Asks the brokers about the tickets topic at short intervals: without it nothing can be taken in, and the gateway is not ready.
struct KafkaProbe: Service, CustomStringConvertible {
    let producer: KafkaProducer
    let health: HealthComponent
    let interval: Duration
    let logger: Logger

    var description: String { "Kafka probe" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await probeUntilCancelled() }
    }

    private func probeUntilCancelled() async {
        var wasReachable: Bool?
        while !Task.isCancelled {
            do throws(KafkaError) {
                try await producer.warm(topics: [Topics.tickets], within: .seconds(3))
                health.ready()
                if wasReachable != true { logger.notice("Kafka answers", [.topic: .string(Topics.tickets)]) }
                wasReachable = true
            } catch {
                health.notReady(error.code.hasPrefix("UNKNOWN_TOPIC") ? "topic \(Topics.tickets) does not exist" : "Kafka is unreachable")
                if wasReachable != false {
                    logger.warning("Kafka cannot be reached", [.errorCode: .string(error.code), .topic: .string(Topics.tickets)])
                }
                wasReachable = false
            }
            try? await Task.sleep(for: interval)
        }
    }
}
