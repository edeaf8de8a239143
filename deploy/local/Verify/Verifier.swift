import Domain
import Foundation
import Kafka
import Logging
import Postgres

/// Decides from the evidence whether the promises held. Pure, so that tests can hand it violations.
struct Verifier: Sendable {
    let evidence: Evidence

    func verdict() -> [Invariant] {
        [lostTickets, doubledTickets, idConflicts, replies, strangers, historyComplete, historyOrder, classifications, answers]
            + PipelineConsumer.allCases.compactMap(inboxComplete) + [inbox, deadLettersMarked, uniqueIDs]
            + [classifiedEvents, answeredEvents, messageEvents, escalatedEvents, clockEvents, timers, rollups, outboxEmpty, lagZero, parked]
    }

    /// One line on what was looked at.
    var summary: String {
        let reasons = Dictionary(grouping: evidence.deadLetters, by: \.reason).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value.count)" }
        return """
            \(evidence.tickets.count) tickets, \(evidence.messages.count) messages, \(evidence.acknowledged.count) acknowledged events, \
            \(evidence.deadLetters.count) dead letters\(reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")
            """
    }

    static func eventID(_ entry: FeedEntry) -> UUID { .v5(namespace: IDNamespace.event, entry.source, entry.id) }

    /// The dead letters of an event, without those that an operator sent back and that were then taken.
    func deadLetters(of entry: FeedEntry) -> [Evidence.DeadLetterRow] { deadByID["\(entry.source) \(entry.id)"] ?? [] }

    private let deadByID: [String: [Evidence.DeadLetterRow]]

    init(_ evidence: Evidence) {
        self.evidence = evidence
        let ended = evidence.deadLetters.filter { $0.consumer == .triage && !Self.wasTaken($0, evidence) }
        deadByID = Dictionary(grouping: ended) { "\($0.source ?? "") \($0.id ?? "")" }
    }

    /// Whether it was sent back and handled.
    static func wasTaken(_ letter: Evidence.DeadLetterRow, _ evidence: Evidence) -> Bool {
        guard let id = letter.inboxID, evidence.sentBack.contains(id) else { return false }
        return ["applied", "ignored", "parked"].contains(evidence.inboxes[letter.consumer]?[id])
    }
}

extension Verifier {
    /// Waits until everything that was fed is read and every consequence published.
    /// - Returns: whether that was reached in time.
    static func waitUntilQuiet(_ addresses: StackAddresses, within limit: Duration, logger: Logger) async throws -> Bool {
        let admin = try KafkaAdmin(settings: addresses.kafka, limit: .seconds(5), logger: logger)
        let deadline = ContinuousClock.now + limit
        var isQuiet = false
        while !isQuiet, ContinuousClock.now < deadline, !Task.isCancelled {
            isQuiet = await look(addresses, admin)
            if !isQuiet { try? await Task.sleep(for: .milliseconds(200)) }
        }
        await admin.close()
        return isQuiet
    }

    /// In the order in which one thing leads to another, so that nothing slips past between two looks.
    private static func look(_ addresses: StackAddresses, _ admin: KafkaAdmin) async -> Bool {
        for consumer in PipelineConsumer.running(hasModel: addresses.hasModel) {
            guard let lag = try? await admin.lag(group: consumer.group, topics: [consumer.topic]), !lag.isEmpty,
                lag.values.allSatisfy({ $0 == 0 })
            else { return false }
            // A timer has a moment to go off.
            let waiting = try? await PrivateCluster.withPool(addresses.databaseURL) { pool in
                try await pool.query(
                    """
                    SELECT (SELECT count(*) FROM helpdesk.outbox)
                    + (SELECT count(*) FROM helpdesk.timers WHERE due_at < clock_timestamp() - interval '2 seconds')
                    """
                ).scalar(Int64.self)
            }
            guard waiting == 0 else { return false }
        }
        return true
    }
}
