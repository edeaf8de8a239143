import Logging
import ServiceLifecycle
import Stores
import WorkerRuntime

/// Gives up replies whose ticket did not come within a day: they become dead letters. Any number of workers may run it.
struct ParkedReplyExpiry: Service {
    let ledger: PostgresLedger
    let publisher: OutboxPublisher<PostgresLedger>
    let logger: Logger
    var interval: Duration = .seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let rows = try await ledger.expireParkedReplies(consumer: TriageWorker.consumer, stage: "triage")
                    if !rows.isEmpty { logger.warning("parked replies given up", metadata: ["replies": "\(rows.count)"]) }
                    publisher.enqueue(rows)
                } catch {
                    logger.info("parked replies not looked at", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }
}
