import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Observability
import ServiceLifecycle
import Synchronization

/// The server. It stops first: it takes no new connections and finishes the requests in hand.
struct HTTPService: Service, CustomStringConvertible {
    let settings: GatewaySettings
    let responder: GatewayResponder
    let gate: ConnectionGate
    let certificates: ServerCertificates?
    let waiters: [ClassifiedWaiters]
    let streams: TicketStreams
    let logger: Logger
    let onListening: @Sendable (Int) -> Void

    var description: String { "HTTP server" }

    func run() async throws {
        // The library's own lines at info repeat ours.
        var library = logger
        library.logLevel = max(logger.logLevel, .warning)
        let bound = Mutex(false)
        let application = Application(
            responder: responder,
            server: HTTPServerBuilder { [settings, gate, certificates] responder in
                GuardedChannel(
                    responder: responder, gate: gate, times: settings.times, idleTimeout: settings.idleTimeout,
                    headerLimit: settings.headerLimit, certificates: certificates)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: nil, backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(settings.clients)),
            onServerRunning: { [settings, certificates, logger, onListening] channel in
                bound.withLock { $0 = true }
                let port = channel.localAddress?.port ?? 0
                logger.notice(
                    "listening",
                    [.host: .string(settings.host), .port: .stringConvertible(port), .state: certificates == nil ? "http" : "https"])
                onListening(port)
            },
            logger: library)
        do {
            try await withGracefulShutdownHandler {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await application.run() }
                    group.addTask {
                        // One client that does not finish its request must not cost the other services their turn.
                        try? await gracefulShutdown()
                        try? await Task.sleep(for: .seconds(8))
                    }
                    try await group.next()
                    group.cancelAll()
                    while case .some = try? await group.next() {}
                }
            } onGracefulShutdown: {
                // Who waits for a ticket may wait longer than a stop may take.
                for waiting in waiters { waiting.close() }
                streams.close()
            }
        } catch {
            if bound.withLock({ $0 }) || error is CancellationError { throw error }
            throw CannotListen(host: settings.host, port: settings.port, cause: "\(error)")
        }
    }
}

/// The address is not ours to listen on.
struct CannotListen: Error, CustomStringConvertible {
    let host: String
    let port: Int
    let cause: String

    var description: String { "cannot listen on \(host):\(port) (\(cause))" }
}
