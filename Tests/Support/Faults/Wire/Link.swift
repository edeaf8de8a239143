import NIOCore
import NIOPosix
import Synchronization

/// What passes of the bytes that came, and whether the connection ends behind it.
struct Passage {
    enum Way { case onwards, back }

    var bytes: ByteBuffer?
    /// `back`: an answer of the proxy's own, to who sent the message.
    var way = Way.onwards
    /// The receiver gets the bytes and the end of the connection, the sender a reset.
    var cuts = false
}

/// What the bytes of one connection mean.
protocol WireSpeech {
    mutating func read(_ bytes: ByteBuffer, _ direction: WireDirection, _ rules: WireRules) throws -> [Passage]
}

/// Bytes are bytes.
struct PlainSpeech: WireSpeech {
    mutating func read(_ bytes: ByteBuffer, _ direction: WireDirection, _ rules: WireRules) -> [Passage] { [Passage(bytes: bytes)] }
}

/// One connection through the proxy: a client's and the one to the server that belongs to it, both on one event loop.
/// `@unchecked Sendable`: what changes is touched on that loop only.
final class Link: @unchecked Sendable {
    /// Bytes that wait for the other side before their sender is read no further.
    private static let patience = 1 << 20

    private enum Content {
        case bytes(ByteBuffer)
        case cut
        case end
    }

    /// What is on its way in one direction.
    private struct Lane {
        var queue = CircularBuffer<(due: NIODeadline?, content: Content)>()
        var bytes = 0
        var wakeUp: NIODeadline?
        var isRead = true
    }

    private let client: any Channel
    private var server: (any Channel)?
    private let endpoint: WireEndpoint
    private var speech: any WireSpeech
    private let rules: WireRules
    private let links: LinkSet
    private var lanes: [WireDirection: Lane] = [.toServer: Lane(), .toClient: Lane()]
    private var isOver = false

    init(client: any Channel, server endpoint: WireEndpoint, speech: any WireSpeech, rules: WireRules, links: LinkSet) {
        self.client = client
        self.endpoint = endpoint
        self.speech = speech
        self.rules = rules
        self.links = links
    }

    var loop: any EventLoop { client.eventLoop }

    /// Connects to the server and begins to read.
    func start() {
        guard rules.admits() else { return abort(client) }
        links.insert(self)
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    self.server = server
                    try server.pipeline.syncOperations.addHandler(LinkHandler(self, .toClient))
                }
            }
        let connecting =
            switch endpoint {
            case .loopback(let port): bootstrap.connect(host: "127.0.0.1", port: port)
            case .socket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        connecting.whenComplete { result in
            switch result {
            case .success(let server):
                for channel in [self.client, server] { channel.setOption(.autoRead, value: true).whenFailure { _ in } }
            case .failure:
                self.finish()
                self.abort(self.client)
            }
        }
    }

    func arrived(_ bytes: ByteBuffer, _ direction: WireDirection) {
        guard !isOver else { return }
        let passages: [Passage]
        do {
            passages = try speech.read(bytes, direction, rules)
        } catch {
            return reset()
        }
        for passage in passages {
            let way = passage.way == .onwards ? direction : direction.opposite
            if let bytes = passage.bytes { append(.bytes(bytes), way) }
            if passage.cuts { append(.cut, way) }
        }
        for way in WireDirection.allCases { pump(way) }
    }

    /// The side that sends in this direction has hung up.
    func ended(_ direction: WireDirection) {
        guard !isOver else { return }
        append(.end, direction)
        pump(direction)
    }

    private func append(_ content: Content, _ direction: WireDirection) {
        var due: NIODeadline?
        if case .delayed(let delay) = rules.condition(direction) { due = .now() + TimeAmount(delay) }
        lanes[direction]!.queue.append((due, content))
        if case .bytes(let bytes) = content { count(bytes.readableBytes, direction) }
    }

    private func count(_ bytes: Int, _ direction: WireDirection) {
        lanes[direction]!.bytes += bytes
        links.hold(bytes)
    }

    /// Delivers what may be delivered now.
    func pump(_ direction: WireDirection) {
        while !isOver, let (due, content) = lanes[direction]!.queue.first, let receiver = receiver(direction) {
            let condition = rules.condition(direction)
            if condition == .blackHole { break }
            if case .delayed = condition, let due, due > .now() {
                wake(at: due, direction)
                break
            }
            guard receiver.isActive else {
                // Nobody is there to take it. That it has gone is told on the other lane.
                drop(direction)
                break
            }
            guard receiver.isWritable else { break }
            lanes[direction]!.queue.removeFirst()
            switch content {
            case .bytes(var bytes):
                count(-bytes.readableBytes, direction)
                if let allowed = rules.allowance(bytes.readableBytes, direction) {
                    receiver.writeAndFlush(bytes.readSlice(length: allowed) ?? ByteBuffer(), promise: nil)
                    cut(direction)
                } else {
                    receiver.writeAndFlush(bytes, promise: nil)
                }
            case .cut: cut(direction)
            case .end:
                finish()
                hangUp(receiver)
                sender(direction)?.close(promise: nil)
            }
        }
        regulate(direction)
    }

    private func wake(at due: NIODeadline, _ direction: WireDirection) {
        if let wakeUp = lanes[direction]!.wakeUp, wakeUp <= due, wakeUp > .now() { return }
        lanes[direction]!.wakeUp = due
        loop.scheduleTask(deadline: due) { self.pump(direction) }
    }

    /// Stops reading from a sender that is far ahead of its receiver.
    private func regulate(_ direction: WireDirection) {
        guard !isOver, let sender = sender(direction) else { return }
        let mayRead = lanes[direction]!.bytes < Self.patience
        guard mayRead != lanes[direction]!.isRead else { return }
        lanes[direction]!.isRead = mayRead
        sender.setOption(.autoRead, value: mayRead).whenFailure { _ in }
    }

    // MARK: - Ends

    /// The receiver gets what was written and then the end; the sender a reset.
    private func cut(_ direction: WireDirection) {
        rules.countCut()
        finish()
        if let receiver = receiver(direction) { hangUp(receiver) }
        if let sender = sender(direction) { abort(sender) }
    }

    /// Ends both sides at once.
    func reset() {
        guard !isOver else { return }
        rules.countCut()
        finish()
        abort(client)
        if let server { abort(server) }
    }

    private func finish() {
        isOver = true
        for direction in WireDirection.allCases { drop(direction) }
        links.remove(self)
    }

    private func drop(_ direction: WireDirection) {
        count(-lanes[direction]!.bytes, direction)
        lanes[direction]!.queue.removeAll()
    }

    private func hangUp(_ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) }
    }

    /// Closes with a reset instead of an orderly end.
    private func abort(_ channel: any Channel) {
        if let options = channel as? any SocketOptionProvider {
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
        } else {
            channel.close(promise: nil)
        }
    }

    private func receiver(_ direction: WireDirection) -> (any Channel)? { direction == .toServer ? server : client }
    private func sender(_ direction: WireDirection) -> (any Channel)? { direction == .toServer ? client : server }
}

/// One end of a link.
final class LinkHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: Link
    /// Where to goes what it reads.
    private let direction: WireDirection

    init(_ link: Link, _ direction: WireDirection) {
        self.link = link
        self.direction = direction
    }

    func channelActive(context: ChannelHandlerContext) {
        if direction == .toServer { link.start() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { link.arrived(unwrapInboundIn(data), direction) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link.pump(direction.opposite)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        link.ended(direction)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// The open links of a proxy.
final class LinkSet: Sendable {
    private let links = Mutex<[ObjectIdentifier: Link]>([:])
    private let held = Atomic<Int>(0)

    var heldBytes: Int { held.load(ordering: .relaxed) }

    func insert(_ link: Link) { links.withLock { $0[ObjectIdentifier(link)] = link } }
    func remove(_ link: Link) { links.withLock { $0[ObjectIdentifier(link)] = nil } }
    func hold(_ bytes: Int) { held.wrappingAdd(bytes, ordering: .relaxed) }

    /// Has every link look whether something may be delivered.
    func pump() {
        each { link in
            for direction in WireDirection.allCases { link.pump(direction) }
        }
    }

    func reset() { each { $0.reset() } }

    private func each(_ body: @escaping @Sendable (Link) -> Void) {
        for link in links.withLock({ Array($0.values) }) { link.loop.execute { body(link) } }
    }
}
