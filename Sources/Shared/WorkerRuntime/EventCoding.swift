public import Domain
import Foundation
public import Messaging

/// Why a record is no event for its reader.
public struct InvalidEvent: Error, Sendable, Equatable {
    public let reason: DeadReason
    /// Names the field, what was expected, what came.
    public let message: String

    public init(_ reason: DeadReason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

extension RawEvent {
    /// Decodes the payload. A record without CloudEvents is taken as `fallbackType`.
    public func decode<Input: EventPayload>(_: Input.Type, fallbackType: String?) throws(InvalidEvent) -> Event<Input> {
        guard let value = record.value else {
            throw InvalidEvent(.invalid, "body: expected a JSON object, found a null payload; there is nothing to delete on this topic")
        }
        guard value.count <= Limits.payloadBytes else {
            throw InvalidEvent(.invalid, "body: expected at most \(Limits.payloadBytes) bytes, found \(value.count)")
        }
        if attributes.mode != .none {
            for (name, text) in [("id", attributes.id), ("source", attributes.source), ("type", attributes.type)] where text == nil {
                throw InvalidEvent(.invalid, "CloudEvents attribute '\(name)': expected a text, found nothing")
            }
            if let source = attributes.source, source.utf8.count > 2000 {
                throw InvalidEvent(.invalid, "CloudEvents attribute 'source': expected at most 2000 bytes, found \(source.utf8.count)")
            }
            if let version = attributes.specVersion, version != "1.0" {
                throw InvalidEvent(.invalid, "CloudEvents attribute 'specversion': expected 1.0, found \(version.prefix(20))")
            }
            if attributes.specVersion == nil {
                throw InvalidEvent(.invalid, "CloudEvents attribute 'specversion': expected 1.0, found nothing")
            }
        }
        guard let type = attributes.type ?? fallbackType else {
            throw InvalidEvent(.invalid, "expected CloudEvents headers (ce_specversion, ce_id, ce_source, ce_type), found none")
        }
        guard Input.types.contains(type) else {
            throw InvalidEvent(
                .unknownType,
                "CloudEvents attribute 'type': expected one of \(Input.types.sorted().joined(separator: ", ")), found \(type.prefix(100))")
        }
        var claimed: Date?
        if let text = attributes.time {
            claimed = RFC3339.date(text)
            if claimed == nil {
                throw InvalidEvent(.invalid, "CloudEvents attribute 'time': expected an RFC 3339 date-time, found \(text.prefix(50))")
            }
        }
        let payload: Input
        do {
            if attributes.mode == .structured {
                guard let data = StructuredEnvelope(value).payload else {
                    throw InvalidField("data", expected: "a JSON object", found: "nothing or another type")
                }
                payload = try Input.decode(type: type, from: data)
            } else {
                guard !value.isEmpty else { throw InvalidField("", expected: "a JSON object", found: "an empty payload") }
                payload = try Input.decode(type: type, from: Data(value))
            }
        } catch {
            throw InvalidEvent(.invalid, String(describing: error))
        }
        let subject = attributes.subject.flatMap { TicketID($0) }
        if let named = payload.ticketID, let subject, named != subject {
            throw InvalidEvent(.invalid, "field 'ticketId': expected the ticket of the CloudEvents subject, found another one")
        }
        guard let ticket = payload.ticketID ?? subject ?? (type == TicketSubmitted.type ? TicketID(id) : nil) else {
            throw InvalidEvent(.invalid, "field 'ticketId': expected a UUID here or as CloudEvents subject, found neither")
        }
        return Event(
            id: id, type: type, source: attributes.source ?? "", time: EventTime.clamped(claimed, receivedAt: receivedAt),
            ticket: ticket, traceparent: attributes.traceparent, payload: payload, origin: origin)
    }
}

extension EmittedEvent {
    /// The record that carries it: CloudEvents in binary mode, keyed by ticket.
    public var record: OutgoingRecord {
        var headers = [
            RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id.canonical), RecordHeader("ce_type", type),
            RecordHeader("ce_source", source), RecordHeader("ce_time", RFC3339.string(time)),
            RecordHeader("ce_subject", ticket.description), RecordHeader("content-type", "application/json")
        ]
        if let traceparent { headers.append(RecordHeader("traceparent", traceparent)) }
        return OutgoingRecord(topic: topic, key: Array(ticket.description.utf8), value: json, headers: headers)
    }
}
