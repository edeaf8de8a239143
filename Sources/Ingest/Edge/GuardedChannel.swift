import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A client's connection as the gateway lets it in: counted, timed, limited, and over TLS where that is set up.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let responder: HTTPChannelHandler.Responder
    let gate: ConnectionGate
    let times: ConnectionTimes
    let idleTimeout: Duration
    /// Bytes of a head at most, and of any of its fields.
    let headerLimit: Int
    let certificates: ServerCertificates?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let peer = ClientAddress(channel.remoteAddress)
        let isAdmitted = peer.map(gate.enter) ?? true
        if let peer, isAdmitted { channel.closeFuture.whenComplete { _ in gate.leave(peer) } }
        let clock = ConnectionClock(times, channel)
        let bound = NIOLoopBound(clock, eventLoop: channel.eventLoop)
        let made = channel.eventLoop.makeCompletedFuture {
            // In front of TLS: a handshake that does not end is a head that does not end.
            try channel.pipeline.syncOperations.addHandler(ConnectionBytesHandler(clock))
            if let certificates { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: certificates.context)) }
        }.flatMap { [idleTimeout, headerLimit, responder] in
            HTTP1Channel(
                responder: responder,
                configuration: .init(
                    additionalChannelHandlers: [UnreadBodyHandler(), ConnectionPartsHandler(bound.value)], idleTimeout: TimeAmount(idleTimeout),
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: headerLimit, maxHeaderListSize: headerLimit, maxHeaderFieldCount: 100))
            ).setup(channel: channel, logger: logger)
        }
        // Not an error: one in setting up a connection would end the server.
        return isAdmitted
            ? made
            : made.map { value in
                channel.close(promise: nil)
                return value
            }
    }

    func handle(value: Value, logger: Logger) async {
        await HTTP1Channel(responder: responder).handle(value: value, logger: logger)
    }
}
