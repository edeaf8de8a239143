import Access
import Domain
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /v1/tickets/stream`: changes as they happen.
struct StreamRoute: Sendable {
    static let ticket = QueryParameter<TicketID>.custom(
        "ticket", schema: ["type": "string", "format": "uuid"], expected: "a ticket's id", "Only changes of this ticket.", read: { TicketID($0) })

    let streams: TicketStreams

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/tickets/stream",
                RouteContract(
                    "streamTickets", "Changes of tickets as they happen", .tickets,
                    details: """
                        Server-sent events: `ticket.classified`, `ticket.answered` and `ticket.updated`, each with a TicketEvent as its data, about tickets \
                        that the caller may see; a comment at least every 15 s. The last event is `end` or `overflow` with the reason. Nothing is repeated \
                        for who comes back: open the stream, then read the list.
                        """,
                    permissions: [.ticketsReadOwn, .ticketsReadAny], query: [Self.ticket],
                    responses: [DeclaredResponse(200, "The stream.", .items([ServerSentEvents.mediaType: [TicketEvent.self, StreamEnd.self]]))],
                    problems: [.notAcceptable, .tooManyStreams, .streamsUnavailable]),
                authenticated: stream)
        ]
    }

    func stream(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let ticket = try exchange.query(Self.ticket)
        _ = try exchange.accepted(ServerSentEvents.mediaType)
        guard let bearer = exchange.bearer else { throw Problem(.unauthenticated, "Send an API key or an access token.") }
        let place = try place(for: principal)
        // A gateway that has just begun follows the log within moments.
        let patience = ContinuousClock.now + .seconds(3)
        while !streams.isFollowing, ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(50)) }
        let channel = exchange.context.channel, grace = streams.settings.grace
        let stream = EventStream(principal, bearer: String(bearer), ticket: ticket, capacity: streams.settings.buffer) {
            // A client that does not read the last event either is hung up on.
            channel.eventLoop.scheduleTask(in: TimeAmount(grace)) { channel.close(promise: nil) }
        }
        guard let entry = streams.enter(stream) else {
            throw Problem.unavailable(.streamsUnavailable, "The log of changes is not followed just now. Try again.")
        }
        let body = exchange.request.body
        return Response(
            status: .ok,
            headers: [.contentType: ServerSentEvents.mediaType, .cacheControl: "no-store", .accelBuffering: "no"],
            body: ResponseBody { writer in
                // Held for as long as the answer is, or until it is thrown away.
                defer { withExtendedLifetime((place, entry)) {} }
                try await body.consumeWithInboundCloseHandler { _ in
                    try await Self.send(stream, to: &writer)
                } onInboundClosed: {
                    stream.end(.hungUp)
                }
            })
    }

    // Concurrent, because the library's writer is.
    @concurrent private static func send(_ stream: EventStream, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(bytes: ServerSentEvents.opening))
        while true {
            switch await stream.next() {
            case .events(let events):
                var buffer = ByteBuffer()
                buffer.reserveCapacity(events.reduce(0) { $0 + $1.count })
                for event in events { buffer.writeBytes(event) }
                try await writer.write(buffer)
            case .heartbeat: try await writer.write(ByteBuffer(bytes: ServerSentEvents.heartbeat))
            case .end(.hungUp): throw CancellationError()
            case .end(let ending):
                let name = ending == .overflow ? "overflow" : "end"
                try await writer.write(ByteBuffer(bytes: ServerSentEvents.event(name, JSONBody.encode(StreamEnd(reason: ending)))))
                return try await writer.finish(nil)
            }
        }
    }

    private func place(for principal: Principal) throws(Problem) -> Places.Place {
        do {
            return try streams.places.take(principal.id)
        } catch {
            switch error {
            case .caller:
                throw .unavailable(
                    .tooManyStreams,
                    "You have \(streams.places.perCaller) streams open, as many as one caller may have; close one, or use it for more.")
            case .all: throw .unavailable(.streamsUnavailable, "As many streams are open as this gateway carries. Try again, or read the list.")
            }
        }
    }
}

/// The data of a stream's last event.
struct StreamEnd: Codable, Annotated {
    let reason: EventStream.Ending

    static let notes: [String: Note] = [
        "reason": .about(
            """
            `credentials`: the key or token is not good any more; get another. `unconfirmed`: nobody can say whether it is. `missed`: changes may have \
            been missed. `overflow`: you read too slowly. `stopping`: the gateway stops; another one takes you.
            """)
    ]
}
