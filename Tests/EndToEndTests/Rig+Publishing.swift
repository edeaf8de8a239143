import Domain
import Foundation
import Kafka
import Messaging

@testable import HelpdeskLocal

extension Rig {
    /// Publishes one ticket with this text and notes it like the feed does.
    func publish(body: String) async throws -> FeedEntry {
        let id = UUID()
        let entry = FeedEntry(
            kind: .ticket, way: .topic, source: FeedRecord.source, id: UUID().canonical, ticket: id,
            session: "session " + UUID().canonical.prefix(13), poison: nil)
        let payload = TicketSubmitted(
            ticketID: TicketID(id), requester: Requester(id: "learner-1"), subject: "A special one", body: "\(body)\n(\(entry.session))")
        let log = try AcknowledgedLog(directory.acknowledged)
        try log.note(.attempted, [entry])
        let producer = try KafkaProducer(settings: addresses.kafka, logger: logger)
        try await producer.send(FeedRecord(entry, type: TicketSubmitted.type, payload: payload.encoded()).outgoing)
        await producer.close()
        try log.note(.acknowledged, [entry])
        return entry
    }
}
