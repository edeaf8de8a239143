import Faults
import NIOCore
import NIOPosix
import Synchronization

/// What one socket has received, and how it ended.
final class Socket: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var reset = false
        var channel: (any Channel)?
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.channel != nil } }
    var received: [UInt8] { state.withLock { $0.bytes } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    /// It ended with a reset, not in order.
    var wasReset: Bool { state.withLock { $0.reset } }

    func send(_ bytes: some Sequence<UInt8>) {
        let channel = state.withLock { $0.channel }
        channel?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func close() { state.withLock { $0.channel }?.close(promise: nil) }

    func channelActive(context: ChannelHandlerContext) { state.withLock { $0.channel = context.channel } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        state.withLock { $0.bytes += unwrapInboundIn(data).readableBytesView }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if (error as? IOError)?.errnoCode == ECONNRESET { state.withLock { $0.reset = true } }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.hasEnded = true } }

    static func connect(_ endpoint: WireEndpoint) async throws -> Socket {
        let socket = Socket()
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).channelInitializer { channel in
            channel.pipeline.addHandler(socket)
        }
        switch endpoint {
        case .loopback(let port): _ = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        case .socket(let path): _ = try await bootstrap.connect(unixDomainSocketPath: path).get()
        }
        return socket
    }
}

/// Accepts connections and keeps them.
final class Listener: Sendable {
    private let accepted: Accepted
    private let channel: any Channel

    private final class Accepted: Sendable { let sockets = Mutex<[Socket]>([]) }

    init() async throws {
        let accepted = Accepted()
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let socket = Socket()
                accepted.sockets.withLock { $0.append(socket) }
                return channel.pipeline.addHandler(socket)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.accepted = accepted
    }

    var endpoint: WireEndpoint { .loopback(port: channel.localAddress?.port ?? 0) }
    /// In the order in which they came.
    var sockets: [Socket] { accepted.sockets.withLock { $0.filter(\.isOpen) } }

    func close() async throws { try await channel.close() }
}

struct NotReached: Error, CustomStringConvertible {
    let description: String
}

/// Waits until `condition` holds.
func reach(_ what: String, within limit: Duration = .seconds(90), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NotReached(description: "not reached in time: \(what)") }
        await Task.yield()
    }
}
