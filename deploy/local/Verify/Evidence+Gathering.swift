import Domain
import Foundation
import Kafka
import Logging
import Messaging
import Postgres
import Stores

extension Evidence {
    /// Looks at everything. Timers go off, people write and a relay may tell once more what was told while it does: it looks again, a few times, until
    /// nothing happened meanwhile and everything is committed as read, which workers do once a second.
    static func gather(_ addresses: StackAddresses, log: LocalDirectory, logger: Logger) async throws -> Evidence {
        var evidence = Evidence()
        for attempt in 0..<5 {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(500)) }
            let before = try await published(addresses, logger)
            evidence = try await gatherOnce(addresses, log: log, logger: logger)
            if evidence.lag.isEmpty, try await published(addresses, logger) == before { break }
        }
        return evidence
    }

    /// How much was ever published. Every decision publishes what it measured, hence as long as this stands still nothing happens.
    private static func published(_ addresses: StackAddresses, _ logger: Logger) async throws -> [String: Int64] {
        let admin = try KafkaAdmin(settings: addresses.kafka, logger: logger)
        do {
            let marks = try await admin.watermarks(of: admin.partitions(of: Topics.allWithDeadLetters))
            await admin.close()
            return marks.reduce(into: [:]) { $0[$1.key.topic, default: 0] += $1.value.high }
        } catch {
            await admin.close()
            throw error
        }
    }

    private static func gatherOnce(_ addresses: StackAddresses, log: LocalDirectory, logger: Logger) async throws -> Evidence {
        var evidence = Evidence()
        try evidence.readLog(log.acknowledged)
        try await evidence.readTopics(addresses, logger)
        let read = evidence
        return try await PrivateCluster.withPool(addresses.databaseURL) { pool in
            var evidence = try await pool.withConnection { connection in
                var evidence = read
                try evidence.readDatabase(connection)
                return evidence
            }
            evidence.miscounts = try await miscounts(pool)
            return evidence
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

    // MARK: Database

    private mutating func readDatabase(_ connection: Connection) throws {
        for row in try connection.query(
            """
            SELECT id, version, revision, message_count, source, substring(body FROM 'session [0-9a-f-]{13}'), enrichment FROM helpdesk.tickets
            WHERE version > 0 AND stored_at >= to_timestamp(\(since))
            """)
        {
            tickets[try row.decode(UUID.self, at: 0)] = StoredTicket(
                version: Int(try row.decode(Int32.self, at: 1)), revision: Int(try row.decode(Int32.self, at: 2)),
                messageCount: Int(try row.decode(Int32.self, at: 3)), source: try row.decode(at: 4), session: try row.decode(at: 5),
                enrichment: try row.decode(at: 6))
        }
        let known = Array(tickets.keys)
        messages = try connection.query(
            """
            SELECT id, ticket_id, CASE WHEN author_kind <> 'ai' THEN substring(body FROM 'session [0-9a-f-]{13}') END, author_kind
            FROM helpdesk.messages WHERE ticket_id = ANY(\(known))
            """
        ).map { StoredMessage(id: try $0.decode(at: 0), ticket: try $0.decode(at: 1), session: try $0.decode(at: 2), author: try $0.decode(at: 3)) }
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
        try readStages(connection, known)
        for row in try connection.query(
            """
            SELECT consumer, event_id, CASE WHEN outcome = 'ignored' AND detail LIKE 'parked%' THEN 'parked' ELSE outcome END FROM helpdesk.inbox
            WHERE received_at >= to_timestamp(\(since))
            """)
        {
            guard let consumer = PipelineConsumer(rawValue: try row.decode(String.self, at: 0)) else { continue }
            inboxes[consumer, default: [:]][try row.decode(UUID.self, at: 1)] = try row.decode(String.self, at: 2)
        }
        for row in try connection.query("SELECT event_id, ticket_id FROM helpdesk.parked_replies") {
            parked[try row.decode(UUID.self, at: 0)] = try row.decode(UUID.self, at: 1)
        }
        outbox = Int(try connection.query("SELECT count(*) FROM helpdesk.outbox").scalar(Int64.self))
    }

    /// What the later stages stored.
    private mutating func readStages(_ connection: Connection, _ known: [UUID]) throws {
        answers = try connection.query("SELECT ticket_id, number, outcome FROM helpdesk.answers WHERE ticket_id = ANY(\(known))")
            .map { AnswerRow(ticket: try $0.decode(at: 0), number: Int(try $0.decode(Int32.self, at: 1)), outcome: try $0.decode(at: 2)) }
        escalations = try connection.query("SELECT ticket_id, rule, cycle, event_ids FROM helpdesk.escalations WHERE ticket_id = ANY(\(known))")
            .map {
                EscalationRow(
                    ticket: try $0.decode(at: 0), rule: try $0.decode(at: 1), cycle: Int(try $0.decode(Int32.self, at: 2)),
                    events: try $0.decode(at: 3))
            }
        clocks = try connection.query(
            """
            SELECT ticket_id, target, cycle, warned_at IS NOT NULL, breached_at IS NOT NULL FROM helpdesk.sla_clocks
            WHERE ticket_id = ANY(\(known))
            """
        ).map {
            ClockRow(
                ticket: try $0.decode(at: 0), target: try $0.decode(at: 1), cycle: Int(try $0.decode(Int32.self, at: 2)),
                isWarned: try $0.decode(at: 3), isBreached: try $0.decode(at: 4))
        }
        overdueTimers = try connection.query(
            """
            SELECT ticket_id::text || ' ' || kind || ', due ' || round(extract(epoch FROM clock_timestamp() - due_at)) || ' s ago'
            FROM helpdesk.timers WHERE due_at < clock_timestamp() - interval '5 seconds' ORDER BY due_at LIMIT 100
            """
        ).map { try $0.decode(at: 0) }
    }

    /// The metrics stage's own recount, of everything: reports promise to be right, whoever stored what they count.
    static func miscounts(_ pool: ConnectionPool) async throws -> [String] {
        try await MetricVerification(pool).run().differences.map {
            "\($0.metric)\($0.detail.isEmpty ? "" : " \($0.detail)"), \($0.witness.rawValue) of \(RFC3339.string($0.bucket)): "
                + "\($0.expectedCount) (sum \($0.expectedSum)) expected, \($0.foundCount) (sum \($0.foundSum)) found"
        }
    }
}
