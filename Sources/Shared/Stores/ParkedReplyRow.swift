import Domain
import Foundation
import Messaging
import Postgres
import WorkerRuntime

/// Parked replies as rows.
enum ParkedReplyRow {
    static let columns: SQL = """
        event_id, ticket_id, payload_hash, topic, partition, record_offset, record_timestamp, key, value, headers
        """

    static func insert(_ parked: [ParkedReply]) -> SQL {
        let records = parked.map(\.raw.record)
        let place: SQL = """
            \(records.map(\.source.topic)), \(records.map(\.source.partition)), \(records.map(\.offset)), \(records.map(\.timestamp))
            """
        let content: SQL = """
            \(records.map(\.key)), \(records.map(\.value)), \(records.map { JSONB(bytes: RecordHeadersJSON.encode($0.headers)) })
            """
        return """
            INSERT INTO helpdesk.parked_replies (\(columns), expires_at)
            SELECT u.*, clock_timestamp() + interval '24 hours'
            FROM unnest(\(parked.map(\.raw.id)), \(parked.map(\.ticket.uuid)), \(parked.map(\.raw.payloadHash)), \(place), \
            \(content)) AS u
            """
    }

    static func decode(_ row: Row) throws -> ParkedReply {
        let record = Record(
            source: TopicPartition(topic: try row.decode(at: 3), partition: try row.decode(at: 4)), offset: try row.decode(at: 5),
            timestamp: try row.decode(at: 6), key: try row.decode(at: 7), value: try row.decode(at: 8),
            headers: try RecordHeadersJSON.decode(row.decode(JSONB.self, at: 9).bytes), generation: 0)
        return ParkedReply(ticket: TicketID(try row.decode(at: 1)), raw: RawEvent(record))
    }
}
