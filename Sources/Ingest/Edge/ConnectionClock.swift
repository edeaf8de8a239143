import NIOCore
import NIOHTTPTypes

/// The body of a request did not arrive in time.
struct BodyTooSlow: Error {}

/// How long a client may take for each part of a conversation.
struct ConnectionTimes: Sendable {
    /// From the first byte of a head (on a new connection from its opening, handshake included) to its end.
    var head: Duration = .seconds(10)
    /// From the end of the head to the end of the body.
    var body: Duration = .seconds(30)
    /// Without taking anything of an answer.
    var write: Duration = .seconds(30)
}

/// Ends connections of clients that are slow on purpose or broken. What counts is the whole of a head or body, not its pieces: a client that
/// sends a byte now and then gains nothing.
///
/// It stands in the pipeline twice: in front of the HTTP decoder it sees that bytes come, behind it what they mean.
final class ConnectionClock {
    private enum Waiting {
        case head, body
    }

    private let times: ConnectionTimes
    private let channel: any Channel
    /// What the client has begun and must have ended by then.
    private var deadline: (waiting: Waiting, at: NIODeadline)?
    /// Requests that arrived whole, and that were answered.
    private var arrived = 0
    private var answered = 0
    /// Since when the client has taken nothing of an answer.
    private var stalledSince: NIODeadline?
    private var unwritten = 0
    /// One look at a time, some while apart, so that a busy connection does not pay for each of its requests.
    private var look: Scheduled<Void>?
    private let pace: TimeAmount

    init(_ times: ConnectionTimes, _ channel: any Channel) {
        self.times = times
        self.channel = channel
        pace = min(.seconds(1), TimeAmount(min(times.head, times.body, times.write) / 4))
    }

    fileprivate func opened() { expect(.head, within: times.head) }

    fileprivate func bytes() {
        // While an earlier request is being answered, the next one may wait.
        if deadline == nil, answered >= arrived { expect(.head, within: times.head) }
    }

    fileprivate func part(_ part: HTTPRequestPart) {
        switch part {
        case .head: expect(.body, within: times.body)
        case .body: break
        case .end:
            arrived += 1
            deadline = nil
        }
    }

    /// - Returns: whether `wrote` is to be told when it is on its way.
    fileprivate func writes(_ part: HTTPResponsePart) -> Bool {
        stalledSince = .now()
        watch()
        guard case .end = part else { return false }
        answered += 1
        unwritten += 1
        return true
    }

    fileprivate func wrote() {
        unwritten -= 1
        stalledSince = unwritten > 0 ? .now() : nil
    }

    fileprivate func closed() {
        deadline = nil
        stalledSince = nil
        look?.cancel()
        look = nil
    }

    private func expect(_ waiting: Waiting, within limit: Duration) {
        deadline = (waiting, .now() + TimeAmount(limit))
        watch()
    }

    private func watch() {
        guard look == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        look = channel.eventLoop.scheduleTask(in: pace) { bound.value.lookAround() }
    }

    private func lookAround() {
        look = nil
        let now = NIODeadline.now()
        if let stalledSince, now - stalledSince > TimeAmount(times.write) { return channel.close(promise: nil) }
        if let (waiting, at) = deadline, now > at {
            deadline = nil
            switch waiting {
            case .head: return channel.close(promise: nil)
            // Whoever reads the body gets to know, and can still answer.
            case .body: channel.pipeline.fireErrorCaught(BodyTooSlow())
            }
        }
        if deadline != nil || stalledSince != nil { watch() }
    }
}

/// In front of the decoder.
final class ConnectionBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let clock: ConnectionClock

    init(_ clock: ConnectionClock) { self.clock = clock }

    func handlerAdded(context: ChannelHandlerContext) {
        clock.opened()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock.bytes()
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        clock.closed()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { clock.closed() }
}

/// Behind it.
final class ConnectionPartsHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let clock: ConnectionClock

    init(_ clock: ConnectionClock) { self.clock = clock }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        clock.part(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard clock.writes(unwrapOutboundIn(data)) else { return context.write(data, promise: promise) }
        let promise = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound(clock, eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.wrote() }
        context.write(data, promise: promise)
    }
}
