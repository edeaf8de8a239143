import AsyncHTTPClient
import Intelligence
import ServiceLifecycle

/// Closes the model's HTTP client after everything that uses it has stopped.
struct ModelClient: Service {
    let client: HTTPClient

    func run() async throws {
        try? await gracefulShutdown()
        try await client.shutdown()
    }
}
