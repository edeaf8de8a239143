import Domain
import Foundation
import Postgres

/// Escalations as rows.
enum EscalationRow {
    static let columns: SQL = """
        ticket_id, cycle, rule, is_final, grounds, evidence, tier, severity, incident_id, policy_version, ticket_version, why, handover, at, \
        event_ids
        """

    /// A rule that fires once more in its cycle, on new grounds, adds to its row.
    static func upsert(_ rows: [StoredEscalation]) throws -> SQL {
        let rows = rows.sorted { ($0.ticket, $0.rule) < ($1.ticket, $1.rule) }
        // Lists travel as one text each, since unnest flattens nested arrays; neither guardrails nor ids hold a comma.
        let grounds: SQL = """
            \(rows.map { $0.grounds.joined(separator: ",") }), \(try rows.map { try JSONB(encoding: $0.evidence) }), \
            \(rows.map { Int16($0.tier.rawValue) }), \(rows.map(\.severity.rawValue)), \(rows.map(\.incident)), \(rows.map(\.policyVersion)), \
            \(rows.map { Int32($0.ticketVersion) }), \(rows.map(\.why)), \(try rows.map { try JSONB(encoding: $0.handover) }), \
            \(rows.map(\.at)), \(rows.map { $0.events.map(\.canonical).joined(separator: ",") })
            """
        return """
            INSERT INTO helpdesk.escalations AS e (\(columns))
            SELECT t, c, r, f, string_to_array(g, ','), v, i, s, n, p, o, w, h, a, string_to_array(x, ',')::uuid[]
            FROM unnest(\(rows.map(\.ticket.uuid)), \(rows.map { Int32($0.cycle) }), \(rows.map(\.rule)), \(rows.map(\.isFinal)), \(grounds)) \
            AS u(t, c, r, f, g, v, i, s, n, p, o, w, h, a, x)
            ON CONFLICT (ticket_id, cycle, rule) DO UPDATE SET grounds = excluded.grounds, evidence = excluded.evidence, \
            tier = excluded.tier, severity = excluded.severity, incident_id = coalesce(excluded.incident_id, e.incident_id), \
            policy_version = excluded.policy_version, ticket_version = excluded.ticket_version, why = excluded.why, \
            handover = excluded.handover, event_ids = e.event_ids || excluded.event_ids
            """
    }

    static func decode(_ row: Row) throws -> StoredEscalation {
        StoredEscalation(
            ticket: TicketID(try row.decode(at: 0)), cycle: Int(try row.decode(Int32.self, at: 1)), rule: try row.decode(at: 2),
            isFinal: try row.decode(at: 3), grounds: try row.decode(at: 4),
            evidence: try row.decode(JSONB.self, at: 5).decode([PolicyEvidence].self),
            tier: try TicketRow.known(Int(row.decode(Int16.self, at: 6))), severity: try TicketRow.known(row.decode(at: 7)),
            incident: try row.decode(at: 8), policyVersion: try row.decode(at: 9), ticketVersion: Int(try row.decode(Int32.self, at: 10)),
            why: try row.decode(at: 11), handover: try row.decode(JSONB.self, at: 12).decode(Handover.self), at: try row.decode(at: 13),
            events: try row.decode(at: 14))
    }
}

/// Decisions as rows.
enum DecisionRow {
    static let columns: SQL =
        "ticket_id, seq, ticket_version, cycle, policy_version, fingerprint, noted, facts, decision, cause, at"

    static func insert(_ rows: [StoredDecision]) -> SQL {
        """
        INSERT INTO helpdesk.policy_decisions (\(columns))
        SELECT * FROM unnest(\(rows.map(\.ticket.uuid)), \(rows.map { Int32($0.sequence) }), \(rows.map { Int32($0.ticketVersion) }), \
        \(rows.map { Int32($0.cycle) }), \(rows.map(\.policyVersion)), \(rows.map(\.fingerprint)), \
        \(rows.map { JSONB(bytes: $0.noted) }), \(rows.map { JSONB(bytes: $0.facts) }), \(rows.map { JSONB(bytes: $0.decision) }), \
        \(rows.map(\.cause)), \(rows.map(\.at)))
        """
    }

    static func decode(_ row: Row) throws -> StoredDecision {
        StoredDecision(
            ticket: TicketID(try row.decode(at: 0)), sequence: Int(try row.decode(Int32.self, at: 1)),
            ticketVersion: Int(try row.decode(Int32.self, at: 2)), cycle: Int(try row.decode(Int32.self, at: 3)),
            policyVersion: try row.decode(at: 4), fingerprint: try row.decode(at: 5), noted: try row.decode(JSONB.self, at: 6).bytes,
            facts: try row.decode(JSONB.self, at: 7).bytes, decision: try row.decode(JSONB.self, at: 8).bytes, cause: try row.decode(at: 9),
            at: try row.decode(at: 10))
    }
}

/// Clocks as rows.
enum ClockRow {
    static let columns: SQL = """
        ticket_id, target, cycle, started_at, severity, status, due_at, warn_at, warned_at, breached_at, ended_at, allowance, used, measured_at
        """

    static func upsert(_ rows: [StoredClock]) -> SQL {
        let clocks = rows.map(\.clock)
        let times: SQL = """
            \(clocks.map(\.dueAt)), \(clocks.map(\.warnAt)), \(clocks.map(\.warnedAt)), \(clocks.map(\.breachedAt)), \(clocks.map(\.endedAt)), \
            \(clocks.map(\.allowance)), \(clocks.map(\.used)), \(rows.map(\.measuredAt))
            """
        return """
            INSERT INTO helpdesk.sla_clocks (\(columns))
            SELECT * FROM unnest(\(rows.map(\.ticket.uuid)), \(clocks.map(\.target.rawValue)), \(clocks.map { Int32($0.cycle) }), \
            \(clocks.map(\.startedAt)), \(clocks.map(\.severity.rawValue)), \(clocks.map(\.status.rawValue)), \(times))
            ON CONFLICT (ticket_id, target, cycle) DO UPDATE SET severity = excluded.severity, status = excluded.status, \
            due_at = excluded.due_at, warn_at = excluded.warn_at, warned_at = excluded.warned_at, breached_at = excluded.breached_at, \
            ended_at = excluded.ended_at, allowance = excluded.allowance, used = excluded.used, measured_at = excluded.measured_at
            """
    }

    static func decode(_ row: Row) throws -> StoredClock {
        StoredClock(
            ticket: TicketID(try row.decode(at: 0)),
            clock: SLAClock(
                target: try TicketRow.known(row.decode(at: 1)), cycle: Int(try row.decode(Int32.self, at: 2)), startedAt: try row.decode(at: 3),
                severity: try TicketRow.known(row.decode(at: 4)), status: try TicketRow.known(row.decode(at: 5)),
                endedAt: try row.decode(at: 10), allowance: try row.decode(at: 11), used: try row.decode(at: 12),
                dueAt: try row.decode(at: 6), warnAt: try row.decode(at: 7), warnedAt: try row.decode(at: 8),
                breachedAt: try row.decode(at: 9)),
            measuredAt: try row.decode(at: 13))
    }
}

/// Timers as rows. Each statement touches them in the order of their key.
enum TimerRow {
    static func write(_ changes: [TimerChange]) -> [SQL] {
        let changes = changes.sorted { ($0.ticket, $0.kind.rawValue) < ($1.ticket, $1.kind.rawValue) }
        let ended = changes.filter { $0.seen != nil && $0.dueAt == nil }
        let moved = changes.filter { $0.seen != nil && $0.dueAt != nil }
        let new = changes.filter { $0.seen == nil && $0.dueAt != nil }
        return [
            ended.isEmpty
                ? nil
                : """
                DELETE FROM helpdesk.timers AS r USING unnest(\(keys(ended)), \(ended.map(\.seen))) AS t(id, kind, seen)
                WHERE r.ticket_id = t.id AND r.kind = t.kind AND r.due_at = t.seen
                """,
            moved.isEmpty
                ? nil
                : """
                UPDATE helpdesk.timers AS r SET due_at = t.due
                FROM unnest(\(keys(moved)), \(moved.map(\.seen)), \(moved.map(\.dueAt))) AS t(id, kind, seen, due)
                WHERE r.ticket_id = t.id AND r.kind = t.kind AND r.due_at = t.seen
                """,
            new.isEmpty
                ? nil
                : """
                INSERT INTO helpdesk.timers AS r (ticket_id, kind, due_at) SELECT * FROM unnest(\(keys(new)), \(new.map(\.dueAt)))
                ON CONFLICT (ticket_id, kind) DO UPDATE SET due_at = least(r.due_at, excluded.due_at)
                """
        ].compactMap { $0 }
    }

    private static func keys(_ changes: [TimerChange]) -> SQL { "\(changes.map(\.ticket.uuid)), \(changes.map(\.kind.rawValue))" }
}

/// Incidents as rows.
enum IncidentRow {
    static let columns: SQL = "i.id, i.rule, i.category, i.severity, i.opened_by, i.requesters, i.opened_at, i.closed_at"

    static let openStates: SQL = "('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold')"

    /// One open ticket of an incident `i` of whose tickets some are left, the newest looked at first: it is most likely open, and then the others need not be
    /// looked at. `OFFSET 0` keeps the planner from looking for the incident's tickets among all that are open.
    static let anOpenTicket: SQL = """
        SELECT 1 AS number FROM helpdesk.incident_tickets AS f
        CROSS JOIN LATERAL (SELECT state, version FROM helpdesk.tickets WHERE id = f.ticket_id OFFSET 0) AS t
        WHERE f.incident_id = i.id AND m.is_left AND t.version > 0 AND t.state IN \(openStates) ORDER BY f.joined_at DESC, f.ticket_id LIMIT 1
        """

    static func insert(_ rows: [StoredIncident]) -> SQL {
        """
        INSERT INTO helpdesk.incidents (id, rule, category, severity, opened_by, requesters, opened_at)
        SELECT * FROM unnest(\(rows.map(\.id)), \(rows.map(\.rule)), \(rows.map(\.category)), \(rows.map(\.severity.rawValue)), \
        \(rows.map(\.openedBy.uuid)), \(rows.map { Int32($0.requesters) }), \(rows.map(\.openedAt)))
        """
    }

    static func join(_ rows: [(incident: UUID, ticket: TicketID, at: Date)]) -> SQL {
        """
        INSERT INTO helpdesk.incident_tickets (incident_id, ticket_id, joined_at)
        SELECT * FROM unnest(\(rows.map(\.incident)), \(rows.map(\.ticket.uuid)), \(rows.map(\.at))) AS t(i, k, a) ORDER BY i, k
        ON CONFLICT DO NOTHING
        """
    }

    static func close(_ rows: [(incident: UUID, at: Date)]) -> SQL {
        """
        UPDATE helpdesk.incidents AS i SET closed_at = t.at FROM unnest(\(rows.map(\.incident)), \(rows.map(\.at))) AS t(id, at)
        WHERE i.id = t.id AND i.closed_at IS NULL
        """
    }

    /// Without the tickets that belong to it.
    static func decode(_ row: Row) throws -> StoredIncident {
        StoredIncident(
            id: try row.decode(at: 0), rule: try row.decode(at: 1), category: try row.decode(at: 2),
            severity: try TicketRow.known(row.decode(at: 3)), openedBy: TicketID(try row.decode(at: 4)),
            requesters: Int(try row.decode(Int32.self, at: 5)), openedAt: try row.decode(at: 6), closedAt: try row.decode(at: 7),
            tickets: [])
    }
}

/// Tickets whose neighbours are read at once: of one category, submitted within a minute.
struct NeighbourWindow {
    private static let width: TimeInterval = 60

    var category: String
    var earliest: Date
    var latest: Date
    var tickets: [Ticket]

    init(_ ticket: Ticket) {
        (category, earliest, latest, tickets) = (ticket.category.value, ticket.submittedAt, ticket.submittedAt, [ticket])
    }

    static func windows(of tickets: [Ticket]) -> [NeighbourWindow] {
        var windows: [NeighbourWindow] = []
        for ticket in tickets.sorted(by: { ($0.category.value, $0.submittedAt) < ($1.category.value, $1.submittedAt) }) {
            if let last = windows.last, last.category == ticket.category.value, ticket.submittedAt.timeIntervalSince(last.earliest) <= width {
                windows[windows.endIndex - 1].latest = ticket.submittedAt
                windows[windows.endIndex - 1].tickets.append(ticket)
            } else {
                windows.append(NeighbourWindow(ticket))
            }
        }
        return windows
    }
}
