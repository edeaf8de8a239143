import Domain
import Foundation
import Stores
import WorkerRuntime

@testable import Ingest

extension RunningGateway {
    /// Stores a ticket of ada's and messages of eve's upon it, as Triage would: a version and an entry of the history for each. A public message
    /// comes a minute after the last public one, so that equal public conversations have equal times.
    func converse(_ visibilities: [Visibility]) async throws -> Ticket {
        var ticket = try await store()
        var time = ticket.submittedAt
        for (index, visibility) in visibilities.enumerated() {
            if visibility == .public { time += 60 }
            let count = visibilities[...index].count { $0 == .public }
            let message = Message(
                id: UUID(), ticket: ticket.id, number: index + 1, author: Author(kind: .agent, id: "eve"), visibility: visibility,
                body: visibility == .public ? "Answer \(count)." : "Note.", language: "en", guardrails: [],
                at: visibility == .public ? time : time + 1)
            ticket.version += 1
            ticket.messageCount += 1
            ticket.updatedAt = max(ticket.updatedAt, message.at)
            var changes = TicketChanges()
            changes.updated = [ticket]
            changes.messages = [message]
            changes.history = [
                HistoryEntry(
                    ticket: ticket.id, version: ticket.version, kind: .replied, cause: message.id, actor: message.author,
                    origin: "helpdesk.tickets[0]@0", changes: [FieldChange("messages", from: String(index), to: String(index + 1))], at: message.at,
                    isInternal: visibility == .internal)
            ]
            let written = changes
            let entry = LedgerEntry(eventID: message.id, payloadHash: [1], isReplay: false)
            _ = try await PostgresLedger(pool).commit(consumer: IdempotencyCheck.consumer, entries: [entry]) { fresh, transaction in
                try transaction.write(written)
                return fresh.map { _ in .applied([]) }
            }
        }
        return ticket
    }

    /// JSON as text without what differs between any two tickets: ids.
    func comparable(_ json: [String: Any]) throws -> String {
        let data = try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys, .prettyPrinted])
        return String(decoding: data, as: UTF8.self).replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "id")
    }
}
