package import Logging
import ScriptedModel

/// A pretended language model on loopback, in this process. It can go away and come back under the same address.
package actor ScriptedEndpoint {
    package nonisolated let port: UInt16
    private let logger: Logger
    private var running: Task<Void, Never>?

    package init(port: UInt16, logger: Logger) {
        self.port = port
        self.logger = logger
    }

    package nonisolated var url: String { "http://127.0.0.1:\(port)/v1" }

    /// Returns once it listens.
    package func start() async throws {
        guard running == nil else { return }
        let (listening, signal) = AsyncStream.makeStream(of: Void.self)
        let port = Int(port), logger = logger
        running = Task {
            do {
                // About as long as a quick model takes, so that what waits for it can be seen waiting.
                try await ScriptedModelServer.run(.helpDesk(ModelScript.Weather(latency: .milliseconds(150))), port: port) { _, _ in
                    signal.yield()
                    // Until it is cancelled.
                    while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
                }
            } catch {
                if !Task.isCancelled { logger.error("the pretended language model ended", metadata: ["error": "\(error)"]) }
            }
            signal.finish()
        }
        for await _ in listening { return }
        running = nil
        throw LocalError("no_model", "the pretended language model could not listen on port \(port)", next: "Try again: it takes another port.")
    }

    /// Cuts every connection and listens no more.
    package func stop() async {
        running?.cancel()
        await running?.value
        running = nil
    }
}
