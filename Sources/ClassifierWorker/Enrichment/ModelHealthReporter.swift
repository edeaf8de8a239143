import Intelligence
import Logging
import ServiceLifecycle
import Stores

/// Stores how the model does, every few seconds and at once when that changes: the escalation waits for a healthy model only.
struct ModelHealthReporter: Service {
    let model: any ChatModel
    let queries: ModelHealthQueries
    let logger: Logger
    /// Well below `ModelHealthQueries.validity`.
    var interval: Duration = .seconds(5)
    /// How soon a change is seen.
    var look: Duration = .milliseconds(250)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var stored: (status: ModelStatus, at: ContinuousClock.Instant)?
            var wasHealthy = true
            while !Task.isCancelled {
                let status = model.status
                if stored?.status != status || stored.map({ $0.at.duration(to: .now) >= interval }) ?? true {
                    if status.isHealthy != wasHealthy { tell(status) }
                    wasHealthy = status.isHealthy
                    do {
                        try await queries.store(
                            ModelHealthReport(
                                name: model.name, isHealthy: status.isHealthy, breaker: status.breaker.rawValue, detail: status.detail))
                        stored = (status, .now)
                    } catch {
                        // The row grows old and says as much.
                        logger.debug("model health not stored", metadata: ["error": "\(error)"])
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
                try? await Task.sleep(for: look)
            }
        }
    }

    private func tell(_ status: ModelStatus) {
        if status.isHealthy {
            logger.notice("the model answers again", metadata: ["model": "\(model.name)"])
        } else {
            logger.warning(
                "the model is not asked for now: enrichments wait, nothing else does",
                metadata: ["model": "\(model.name)", "reason": "\(status.detail ?? "")"])
        }
    }
}
