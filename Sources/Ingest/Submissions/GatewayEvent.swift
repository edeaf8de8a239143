import Domain
import Foundation
import Messaging
import WorkerRuntime

/// An event that the gateway publishes, as its record: CloudEvents in binary mode, keyed by ticket.
struct GatewayEvent: Sendable {
    /// `ce_source` of everything the gateway publishes to the tickets topic. Part of the identity of those events.
    static let source = "/helpdesk/ingest"

    let ticket: TicketID
    let record: OutgoingRecord

    /// - Parameter id: `ce_id`: the same for a request that is sent again.
    init(_ payload: TicketSubmitted, id: UUID, ticket: TicketID, traceparent: String, at time: Date = Date()) {
        self.init(
            type: TicketSubmitted.type, json: payload.encoded(), id: id, ticket: ticket, traceparent: traceparent, at: time)
    }

    /// - Parameter id: `ce_id`: the same for a request that is sent again.
    init(_ payload: TicketReplied, id: UUID, ticket: TicketID, traceparent: String, at time: Date = Date()) {
        self.init(type: TicketReplied.type, json: payload.encoded(), id: id, ticket: ticket, traceparent: traceparent, at: time)
    }

    private init(type: String, json: [UInt8], id: UUID, ticket: TicketID, traceparent: String, at time: Date) {
        self.ticket = ticket
        let name = ticket.description
        record = OutgoingRecord(
            topic: Topics.tickets, key: Array(name.utf8), value: json,
            headers: [
                RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", id.canonical), RecordHeader("ce_type", type),
                RecordHeader("ce_source", Self.source), RecordHeader("ce_time", RFC3339.string(time)), RecordHeader("ce_subject", name),
                RecordHeader("content-type", "application/json"), RecordHeader("traceparent", traceparent)
            ])
    }

    /// The identity under which its reader will know it, and the hash that tells it from another event under that identity.
    var handled: (id: UUID, payloadHash: [UInt8]) {
        let raw = RawEvent(
            Record(
                source: TopicPartition(topic: record.topic, partition: 0), offset: 0, timestamp: 0, key: record.key, value: record.value,
                headers: record.headers, generation: 0))
        return (raw.id, raw.payloadHash)
    }
}
