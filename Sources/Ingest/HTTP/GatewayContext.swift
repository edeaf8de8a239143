import Hummingbird
import NIOCore

/// What the server knows of a request besides its parts.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection: a client, or a proxy.
    let peer: ClientAddress?
    /// The connection, for answers that go on for long.
    let channel: any Channel

    init(source: Source) {
        coreContext = .init(source: source)
        peer = ClientAddress(source.channel.remoteAddress)
        channel = source.channel
    }
}
