import Domain
import Foundation
import Kafka
import Logging
import Postgres

/// Decides from the evidence whether the promises held. Pure, so that tests can hand it violations.
struct Verifier: Sendable {
    /// The consumer group that reads the tickets topic, and the name of its inbox.
    static let group = "helpdesk.triage"
    static let consumer = "triage"

    let evidence: Evidence

    func verdict() -> [Invariant] {
        [
            lostTickets, doubledTickets, idConflicts, replies, strangers, historyComplete, historyOrder, classifications, inbox,
            deadLettersMarked, classifiedEvents, updatedEvents, outboxEmpty, lagZero, parked
        ]
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

    func deadLetters(of entry: FeedEntry) -> [Evidence.DeadLetterRow] { deadByID["\(entry.source) \(entry.id)"] ?? [] }

    private let deadByID: [String: [Evidence.DeadLetterRow]]

    init(_ evidence: Evidence) {
        self.evidence = evidence
        deadByID = Dictionary(grouping: evidence.deadLetters) { "\($0.source ?? "") \($0.id ?? "")" }
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

    private static func look(_ addresses: StackAddresses, _ admin: KafkaAdmin) async -> Bool {
        guard let lag = try? await admin.lag(group: group, topics: [Topics.tickets]), !lag.isEmpty, lag.values.allSatisfy({ $0 == 0 })
        else { return false }
        let outbox = try? await PrivateCluster.withPool(addresses.databaseURL) { pool in
            try await pool.query("SELECT count(*) FROM helpdesk.outbox").scalar(Int64.self)
        }
        return outbox == 0
    }
}
