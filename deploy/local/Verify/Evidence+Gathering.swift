import Domain
import Foundation
import Kafka
import Logging
import Messaging
import Postgres

extension Evidence {
    static func gather(_ addresses: StackAddresses, log: LocalDirectory, logger: Logger) async throws -> Evidence {
        var evidence = Evidence()
        try evidence.readLog(log.acknowledged)
        try await evidence.readTopics(addresses, logger)
        let read = evidence
        return try await PrivateCluster.withPool(addresses.databaseURL) { pool in
            try await pool.withConnection { connection in
                var evidence = read
                try evidence.readDatabase(connection)
                return evidence
            }
        }
    }

    mutating func readLog(_ path: String) throws {
        let lines = try AcknowledgedLog.read(path)
        since = lines.filter { $0.state == .began }.map(\.at).min() ?? 0
        for line in lines {
            guard let entry = line.entry else { continue }
            switch line.state {
            case .began: break
            case .attempted: attempted.insert(entry)
            case .acknowledged: acknowledged.insert(entry)
            }
        }
    }

    // MARK: Topics

    private mutating func readTopics(_ addresses: StackAddresses, _ logger: Logger) async throws {
        let admin = try KafkaAdmin(settings: addresses.kafka, logger: logger)
        let deadTopic = Topics.deadLetters(of: Topics.tickets)
        do {
            lag = try await admin.lag(group: Verifier.group, topics: [Topics.tickets]).filter { $0.value > 0 }
                .reduce(into: [:]) { $0["\($1.key)"] = $1.value }
            forgottenDeadLetters = try await Self.forgotten(deadTopic, admin)
            forgottenChanges = try await Self.forgotten(Topics.changes, admin)
            await admin.close()
        } catch {
            await admin.close()
            throw error
        }
        let limit = 5_000_000
        for record in try await KafkaTail.readAll(
            deadTopic, settings: addresses.kafka, upTo: limit, within: .seconds(120), fetchWait: .milliseconds(10), logger: logger)
        {
            deadLetters.append(
                DeadLetterRow(
                    source: record.headers[text: "ce_source"], id: record.headers[text: "ce_id"],
                    reason: record.headers[text: "dlq-reason"] ?? "", inboxID: record.headers[text: "dlq-event-id"].flatMap(UUID.init(uuidString:)),
                    session: record.value.flatMap(Self.session)))
        }
        for record in try await KafkaTail.readAll(
            Topics.changes, settings: addresses.kafka, upTo: limit, within: .seconds(120), fetchWait: .milliseconds(10), logger: logger)
        {
            let body = record.value.flatMap { try? JSONDecoder().decode(ChangeBody.self, from: Data($0)) }
            changes.append(
                Change(
                    id: record.headers[text: "ce_id"] ?? "", type: record.headers[text: "ce_type"] ?? "", ticket: body?.ticketId,
                    revision: body?.revision, message: body?.messageId))
        }
    }

    /// The verifier's own reading of a change, by the names of the contract.
    private struct ChangeBody: Decodable {
        var ticketId: UUID?
        var revision: Int?
        var messageId: UUID?
    }

    private static func forgotten(_ topic: String, _ admin: KafkaAdmin) async throws -> Int64 {
        let partitions = try await admin.partitions(of: [topic])
        return try await admin.watermarks(of: partitions).values.reduce(0) { $0 + $1.low }
    }

    /// The session word in some bytes, which need not be valid text.
    static func session(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes.prefix(200_000), as: UTF8.self)
        // In parentheses: people write of their sessions too.
        guard let start = text.range(of: "(session ") else { return nil }
        let word = text[text.index(after: start.lowerBound)...].prefix(21)
        return word.count == 21 ? String(word) : nil
    }

    // MARK: Database

    private mutating func readDatabase(_ connection: Connection) throws {
        for row in try connection.query(
            """
            SELECT id, version, revision, message_count, source, substring(body FROM 'session [0-9a-f-]{13}') FROM helpdesk.tickets
            WHERE version > 0 AND stored_at >= to_timestamp(\(since))
            """)
        {
            tickets[try row.decode(UUID.self, at: 0)] = StoredTicket(
                version: Int(try row.decode(Int32.self, at: 1)), revision: Int(try row.decode(Int32.self, at: 2)),
                messageCount: Int(try row.decode(Int32.self, at: 3)), source: try row.decode(at: 4), session: try row.decode(at: 5))
        }
        let known = Array(tickets.keys)
        messages = try connection.query(
            """
            SELECT id, ticket_id, substring(body FROM 'session [0-9a-f-]{13}') FROM helpdesk.messages WHERE ticket_id = ANY(\(known))
            """
        ).map { StoredMessage(id: try $0.decode(at: 0), ticket: try $0.decode(at: 1), session: try $0.decode(at: 2)) }
        history = try connection.query(
            """
            SELECT ticket_id, version, kind, cause, origin FROM helpdesk.ticket_history WHERE ticket_id = ANY(\(known))
            ORDER BY ticket_id, version
            """
        ).map {
            HistoryRow(
                ticket: try $0.decode(at: 0), version: Int(try $0.decode(Int32.self, at: 1)), kind: try $0.decode(at: 2),
                cause: try $0.decode(at: 3), origin: try $0.decode(at: 4))
        }
        for row in try connection.query(
            "SELECT ticket_id, revision FROM helpdesk.classifications WHERE ticket_id = ANY(\(known)) ORDER BY ticket_id, revision")
        {
            revisions[try row.decode(UUID.self, at: 0), default: []].append(Int(try row.decode(Int32.self, at: 1)))
        }
        for row in try connection.query(
            """
            SELECT event_id, CASE WHEN outcome = 'ignored' AND detail LIKE 'parked%' THEN 'parked' ELSE outcome END FROM helpdesk.inbox
            WHERE consumer = \(Verifier.consumer) AND received_at >= to_timestamp(\(since))
            """)
        {
            inbox[try row.decode(UUID.self, at: 0)] = try row.decode(String.self, at: 1)
        }
        for row in try connection.query("SELECT event_id, ticket_id FROM helpdesk.parked_replies") {
            parked[try row.decode(UUID.self, at: 0)] = try row.decode(UUID.self, at: 1)
        }
        outbox = Int(try connection.query("SELECT count(*) FROM helpdesk.outbox").scalar(Int64.self))
        crashAttempts = Int(try connection.query("SELECT count(*) FROM helpdesk.crash_attempts").scalar(Int64.self))
    }
}
