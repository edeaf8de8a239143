import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization

/// Serves `/healthz`, `/readyz` and `/metrics` of a process that has no HTTP of its own.
public struct HealthServer: Service {
    private let health: HealthState
    private let metrics: MetricRegistry
    private let host: String
    private let port: Int
    private let logger: Logger
    private let onBound: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - host: The address to listen on; loopback unless told otherwise.
    ///   - port: 0 takes any free port.
    ///   - onBound: Told the port that was taken, once it accepts connections.
    public init(
        health: HealthState, metrics: MetricRegistry, host: String = "127.0.0.1", port: Int, logger: Logger,
        onBound: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.health = health
        self.metrics = metrics
        self.host = host
        self.port = port
        self.logger = logger
        self.onBound = onBound
    }

    /// Runs until graceful shutdown. Throws ``HealthServerError`` when it cannot listen.
    public func run() async throws {
        let router = Router()
        addObservabilityRoutes(to: router, health: health, metrics: metrics)
        // The library's own lines at info ("Server started") repeat ours.
        var library = logger
        library.logLevel = max(logger.logLevel, .warning)
        let bound = Mutex(false)
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil,
                availableConnectionsDelegate: MaximumAvailableConnections(64)),
            onServerRunning: { [host, logger, onBound] channel in
                bound.withLock { $0 = true }
                let port = channel.localAddress?.port ?? 0
                logger.info("health server is listening", [.host: "\(host)", .port: .stringConvertible(port)])
                onBound(port)
            },
            logger: library)
        do {
            try await application.run()
        } catch {
            if bound.withLock({ $0 }) || error is CancellationError { throw error }
            throw HealthServerError(host: host, port: port, cause: "\(error)")
        }
    }
}

extension HealthServer: CustomStringConvertible {
    public var description: String { "health server" }
}

/// The health server could not listen on its address.
public struct HealthServerError: Error, CustomStringConvertible {
    public let code = "health_server_bind"
    public let host: String
    public let port: Int
    public let cause: String

    public var description: String {
        "the health server cannot listen on \(host):\(port) (\(cause)): choose a free port, or 0 for any"
    }
}
