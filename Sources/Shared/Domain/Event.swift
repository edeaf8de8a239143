public import Foundation

/// An event as its reader sees it: identified, timed and decoded. The same record gives the same event at every delivery.
public struct Event<Payload: EventPayload>: Sendable {
    /// Identity for "was this handled": derived from the sender's source and id, or from the place in the log.
    public let id: UUID
    public let type: String
    /// The sender's `ce_source`; empty for a record without CloudEvents headers.
    public let source: String
    /// When it happened, by the sender's clock, clamped to `EventTime.window` before receipt.
    public let time: Date
    public let ticket: TicketID
    /// W3C trace context of the sender.
    public let traceparent: String?
    public let payload: Payload
    /// `topic[partition]@offset`, for history and logs.
    public let origin: String

    public init(
        id: UUID, type: String, source: String, time: Date, ticket: TicketID, traceparent: String?, payload: Payload, origin: String
    ) {
        self.id = id
        self.type = type
        self.source = source
        self.time = time
        self.ticket = ticket
        self.traceparent = traceparent
        self.payload = payload
        self.origin = origin
    }
}

/// An event to be published: identified before it is stored, so that publishing twice repeats the id.
public struct EmittedEvent: Sendable, Hashable {
    /// UUIDv5(stage, cause, type, ordinal).
    public let id: UUID
    public let topic: String
    public let type: String
    /// The stage that emits it, as `ce_source`.
    public let source: String
    public let time: Date
    public let ticket: TicketID
    public let traceparent: String?
    public let json: [UInt8]

    /// - Parameters:
    ///   - cause: the id of the event (or timer) that led to it.
    ///   - ordinal: tells apart several events of one type with one cause.
    public init(
        _ payload: some SingleTypePayload, to topic: String, stage: String, cause: UUID, ordinal: Int = 0, time: Date,
        ticket: TicketID, traceparent: String?
    ) {
        let type = Swift.type(of: payload).type
        self.id = .v5(namespace: IDNamespace.emitted, stage, cause.canonical, type, String(ordinal))
        self.topic = topic
        self.type = type
        self.source = "/helpdesk/\(stage)"
        self.time = time
        self.ticket = ticket
        self.traceparent = traceparent
        self.json = payload.encoded()
    }
}

/// Event time: the sender's word, within reason.
public enum EventTime {
    /// How far before receipt an event may claim to have happened, in seconds (7 days). Receipt is the log's own timestamp, so that a
    /// redelivery decides alike.
    public static let window: TimeInterval = 7 * 86_400

    public static func clamped(_ claimed: Date?, receivedAt receipt: Date) -> Date {
        guard let claimed else { return receipt }
        return min(max(claimed, receipt.addingTimeInterval(-window)), receipt)
    }
}
