import NIOCore
import NIOPosix
import Synchronization

/// A connection on which a test sends what it likes, as slowly as it likes.
final class RawConnection: Sendable {
    private final class Received: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let state = Mutex((text: "", isClosed: false))
        var text: String { state.withLock { $0.text } }
        var isClosed: Bool { state.withLock { $0.isClosed } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let more = String(buffer: unwrapInboundIn(data))
            state.withLock { $0.text += more }
        }

        func channelInactive(context: ChannelHandlerContext) { state.withLock { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let received: Received

    /// - Parameter receiveBuffer: bytes that the other side may send before they are read, about.
    init(port: Int, receiveBuffer: ChannelOptions.Types.SocketOption.Value? = nil) async throws {
        let received = Received()
        self.received = received
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in channel.pipeline.addHandler(received) }
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer) }
        channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }

    /// Sends it, if the other side still listens.
    func send(_ text: String) async { try? await channel.writeAndFlush(ByteBuffer(string: text)).get() }

    /// The same with bytes that need not be text.
    func send(bytes: [UInt8]) async { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// Reads what comes, or leaves it where it is.
    func read(_ isReading: Bool) async throws { try await channel.setOption(.autoRead, value: isReading).get() }

    /// All that came back so far.
    var text: String { received.text }

    /// True once the other side has hung up.
    var isClosed: Bool { received.isClosed }

    /// The status codes of the answers so far.
    var statuses: [Int] { received.text.matches(of: /HTTP\/1\.1 (\d{3})/).compactMap { Int($0.1) } }

    func close() async { try? await channel.close().get() }
}
