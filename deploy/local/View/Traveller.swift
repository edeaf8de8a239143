import Domain
import Foundation
import Logging
import Postgres

/// Submits one ticket through the gateway and follows it through every stage.
struct Traveller: Sendable {
    private let addresses: StackAddresses
    private let log: AcknowledgedLog
    private let logger: Logger

    init(_ addresses: StackAddresses, log: AcknowledgedLog, logger: Logger) {
        self.addresses = addresses
        self.log = log
        self.logger = logger
    }

    /// - Returns: how far the ticket came in time; nil when the gateway did not take it.
    func travel(within limit: Duration) async throws -> Journey? {
        let post = Self.post()
        try log.note(.attempted, [post.entry])
        let began = ContinuousClock.now
        let answer = await GatewayClient(url: addresses.gatewayURL, key: addresses.apiKey, patience: .seconds(15)).submit(post)
        guard case .accepted(let ticket) = answer else {
            logger.error("the gateway did not take the ticket that was to travel", metadata: ["answer": "\(answer)"])
            return nil
        }
        var entry = post.entry
        entry.ticket = ticket
        try log.note(.acknowledged, [entry])
        let hasModel = addresses.hasModel
        return try await PrivateCluster.withPool(addresses.databaseURL) { pool in
            while true {
                var journey = try await pool.withConnection { try Self.look(ticket, hasModel: hasModel, $0) }
                if journey?.missing.isEmpty == true {
                    journey?.visibleAfter = ContinuousClock.now - began
                    return journey
                }
                if ContinuousClock.now - began > limit { return journey }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// A ticket that every stage has something to do with: an article fits it, and a rule escalates it.
    private static func post() -> FeedPost {
        let session = FeedPlan.session()
        let payload = TicketSubmitted(
            ticketID: nil, requester: Requester(id: "learner-1", name: "Learner 1"), persona: .trainee, channel: "api",
            subject: "Kernel panic on lab-12-vm3",
            body: """
                The console of lab-12-vm3 shows "Kernel panic - not syncing" whenever the load generator of L-4 starts. What can I do?
                (\(session))
                """,
            course: SampleTexts.courses[0], module: "L-4")
        let entry = FeedEntry(
            kind: .ticket, way: .gateway, source: FeedPost.source, id: UUID().canonical, ticket: nil, session: session, poison: nil)
        return FeedPost(entry: entry, payload: payload)
    }

    /// Wall clocks only: event times say when something happened by its sender's account, not when it was done.
    private static func look(_ ticket: UUID, hasModel: Bool, _ connection: Connection) throws -> Journey? {
        guard
            let row = try connection.query(
                """
                SELECT submitted_at, classified_at, category || ', tier ' || tier || ', ' || severity FROM helpdesk.tickets
                WHERE id = \(ticket) AND version > 0
                """
            ).first
        else { return nil }
        let (submittedAt, classifiedAt, labels) = try row.decode(Date.self, Date.self, String.self)
        var journey = Journey(ticket: ticket, submittedAt: submittedAt, stops: [], missing: [])
        journey.stops.append(Journey.Stop(name: "classified", at: classifiedAt, detail: labels))
        func add(_ name: String, _ sql: SQL) throws {
            let rows = try connection.query(sql)
            if rows.isEmpty { journey.missing.append(name) }
            for row in rows { journey.stops.append(Journey.Stop(name: name, at: try row.decode(at: 0), detail: try row.decode(at: 1))) }
        }
        try add(
            "answered",
            """
            SELECT greatest(i.received_at, t.classified_at), a.outcome || coalesce(', from ' || nullif(array_to_string(a.citations, ', '), ''), '')
            FROM helpdesk.answers AS a JOIN helpdesk.inbox AS i ON i.consumer = 'triage' AND i.event_id = a.event_id
            JOIN helpdesk.tickets AS t ON t.id = a.ticket_id WHERE a.ticket_id = \(ticket) AND a.stage = 'triage'
            """)
        if hasModel {
            try add(
                "enriched",
                """
                SELECT i.received_at, c.category || ', tier ' || c.tier || ', ' || c.severity
                FROM helpdesk.model_answers AS m JOIN helpdesk.inbox AS i ON i.consumer = 'enrichment' AND i.event_id = m.event_id
                JOIN helpdesk.tickets AS c ON c.id = m.ticket_id WHERE m.ticket_id = \(ticket)
                """)
        }
        try add(
            "escalated",
            """
            SELECT h.recorded_at, 'by ' || string_agg(e.rule, ', ' ORDER BY e.rule) FROM helpdesk.ticket_history AS h
            JOIN helpdesk.escalations AS e ON e.ticket_id = h.ticket_id AND e.ticket_version = h.version
            WHERE h.ticket_id = \(ticket) AND h.kind = 'escalated' GROUP BY h.recorded_at
            """)
        // Not before every stage above has been counted.
        var awaited = ["tickets_submitted", "classifications", "answers", "escalations"]
        if hasModel { awaited.append("model_calls") }
        try add(
            "measured",
            """
            SELECT max(recorded_at), count(*) || ' measurements in the reports' FROM helpdesk.metric_facts WHERE ticket_id = \(ticket)
            HAVING count(DISTINCT name) FILTER (WHERE name = ANY(\(awaited))) = \(Int32(awaited.count))
            """)
        return journey
    }
}
