import Domain
import Foundation
import Messaging

/// A record of the feed, ready to be published.
struct FeedRecord: Sendable {
    let entry: FeedEntry
    let outgoing: OutgoingRecord

    static let source = "/sample-feed"

    /// - Parameters:
    ///   - payload: nil publishes a null payload.
    ///   - time: when it happened, by its sender's account.
    init(_ entry: FeedEntry, type: String, payload: [UInt8]?, at time: Date = Date(), hasKey: Bool = true) {
        self.entry = entry
        let ticket = entry.ticket?.canonical ?? ""
        outgoing = OutgoingRecord(
            topic: Topics.tickets, key: hasKey ? Array(ticket.utf8) : nil, value: payload,
            headers: [
                RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", entry.id), RecordHeader("ce_type", type),
                RecordHeader("ce_source", entry.source), RecordHeader("ce_time", RFC3339.string(time)),
                RecordHeader("ce_subject", ticket), RecordHeader("content-type", "application/json")
            ])
    }

    var byteCount: Int { (outgoing.value?.count ?? 0) + (outgoing.key?.count ?? 0) + 300 }
}

/// A submission through the gateway.
struct FeedPost: Sendable {
    /// The gateway's own `ce_source`.
    static let source = "/helpdesk/ingest"

    let entry: FeedEntry
    let body: [UInt8]

    init(entry: FeedEntry, payload: TicketSubmitted) {
        self.entry = entry
        // What only an event has, the gateway sets itself, and takes from nobody.
        var payload = payload
        payload.schemaVersion = nil
        payload.ticketID = nil
        body = payload.encoded()
    }
}
