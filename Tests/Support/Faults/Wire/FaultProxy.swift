import NIOCore
import NIOPosix
import Synchronization

/// Where something listens, or is to listen.
public enum WireEndpoint: Sendable, Hashable {
    /// On 127.0.0.1; port 0 asks for a free one.
    case loopback(port: Int)
    /// A Unix-domain socket at this path. One that is left there is replaced.
    case socket(path: String)
}

/// A way through the proxy.
public enum WireDirection: Sendable, Hashable, CaseIterable {
    case toServer
    case toClient

    var opposite: WireDirection { self == .toServer ? .toClient : .toServer }
}

/// How the wire is, one way.
public enum WireCondition: Sendable, Hashable {
    case clear
    /// Everything arrives this much later, in its order.
    case delayed(Duration)
    /// Nothing arrives, not even that the other side has hung up, until the wire is healed; then all of it does, as TCP would repeat it.
    case blackHole
    /// So many more bytes arrive, counted over all connections; then the connection that carried the last of them is cut, and the wire is clear again.
    case cutAfter(bytes: Int)
}

/// What a proxy has done so far.
public struct WireCounts: Sendable, Equatable {
    /// Connections accepted, refused ones included.
    public var accepted = 0
    public var refused = 0
    /// Connections cut or reset on order, by whatever fault.
    public var cut = 0
    /// Messages treated as ordered: answers lost, commits cut, requests refused.
    public var messages = 0
    /// Bytes that wait: delayed, or in a black hole.
    public var heldBytes = 0
}

/// A listener that passes every connection on to one server and does to it what it is told, at any time: delay it, swallow it, cut it, reset
/// it, and heal it. What needs to know the protocol is in `KafkaFaultProxy` and `PostgresFaultProxy`.
public final class FaultProxy: Sendable {
    let rules = WireRules()
    private let links: LinkSet
    private let listener: any Channel
    /// Where clients connect.
    public let endpoint: WireEndpoint

    /// Listens before it returns.
    /// - Throws: what the system says when it cannot listen there.
    public convenience init(before server: WireEndpoint, at endpoint: WireEndpoint = .loopback(port: 0)) async throws {
        try await self.init(before: server, at: endpoint) { PlainSpeech() }
    }

    init(before server: WireEndpoint, at endpoint: WireEndpoint, speaking speech: @escaping @Sendable () -> any WireSpeech) async throws {
        let links = LinkSet()
        let rules = rules
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture {
                    let link = Link(client: client, server: server, speech: speech(), rules: rules, links: links)
                    try client.pipeline.syncOperations.addHandler(LinkHandler(link, .toServer))
                }
            }
        switch endpoint {
        case .loopback(let port):
            listener = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
            self.endpoint = .loopback(port: listener.localAddress?.port ?? 0)
        case .socket(let path):
            listener = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            self.endpoint = endpoint
        }
        self.links = links
    }

    deinit { listener.close(promise: nil) }

    /// The port it listens on; 0 at a Unix-domain socket.
    public var port: Int { if case .loopback(let port) = endpoint { port } else { 0 } }

    public var counts: WireCounts { rules.counts(held: links.heldBytes) }

    /// Makes the wire so, for open connections and new ones, in one direction or (nil) both.
    public func impose(_ condition: WireCondition, on direction: WireDirection? = nil) {
        rules.impose(condition, on: direction)
        links.pump()
    }

    /// Resets every new connection from now on, as a port does behind which nobody listens.
    public func refuseConnections() { rules.refuse(true) }

    /// Resets every open connection, at both ends and at once: what was on its way is lost.
    public func resetConnections() { links.reset() }

    /// Takes back everything that was ordered, and delivers what waits.
    public func heal() {
        rules.heal()
        links.pump()
    }

    /// Stops listening and resets what is open.
    public func stop() async {
        try? await listener.close()
        links.reset()
    }
}
