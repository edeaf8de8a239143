import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client goes on sending the body of a request that was answered before its end. The server would read and forget
/// it for as long as bytes come, so that anybody, without a key, could hold any number of connections.
///
/// The client keeps a moment in which it may read the answer and end its body; one that does keeps its connection.
final class UnreadBodyHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    /// Requests that arrived whole, and requests that were answered.
    private var arrived = 0
    private var answered = 0
    private var closing: Scheduled<Void>?

    init(patience: TimeAmount = .seconds(2)) {
        self.patience = patience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            arrived += 1
            if arrived >= answered { forget() }
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            answered += 1
            if arrived < answered && closing == nil {
                let channel = context.channel
                closing = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            }
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        forget()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    private func forget() {
        closing?.cancel()
        closing = nil
    }
}
