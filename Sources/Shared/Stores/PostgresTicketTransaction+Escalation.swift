public import Domain
public import Foundation
import Postgres

extension PostgresTicketTransaction: EscalationTransaction {
    public func now() throws -> Date { try connection.query("SELECT clock_timestamp()").scalar(Date.self) }

    public func lockFree(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        try locked("SELECT \(TicketRow.columns) FROM helpdesk.tickets WHERE id = ANY(\(ids.map(\.uuid))) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED")
    }

    private func locked(_ sql: SQL) throws -> [TicketID: LockedTicket] {
        var locked: [TicketID: LockedTicket] = [:]
        for row in try connection.query(sql) {
            let ticket = try TicketRow.decode(row)
            locked[ticket.id] = ticket.version == 0 ? .stub : .ticket(ticket)
        }
        return locked
    }

    public func records(of tickets: [Ticket]) throws -> [TicketID: EscalationRecord] {
        let ids = tickets.map(\.id.uuid)
        let answers = try connection.pipeline([
            """
            SELECT ticket_id, changes, at FROM helpdesk.ticket_history WHERE ticket_id = ANY(\(ids))
            AND changes @? '$[*] ? (@.field == "state" || @.field == "severity" || @.field == "response")' ORDER BY ticket_id, version
            """,
            "SELECT \(ClockRow.columns) FROM helpdesk.sla_clocks WHERE ticket_id = ANY(\(ids)) ORDER BY ticket_id, cycle, target",
            """
            SELECT e.ticket_id, e.rule, e.grounds FROM unnest(\(ids), \(tickets.map { Int32($0.cycle) })) AS s(id, cycle)
            JOIN helpdesk.escalations AS e ON e.ticket_id = s.id AND e.cycle = s.cycle ORDER BY e.ticket_id, e.rule
            """,
            """
            SELECT s.id, d.seq, d.cycle, d.fingerprint, d.noted FROM unnest(\(ids)) AS s(id) CROSS JOIN LATERAL (
                SELECT seq, cycle, fingerprint, noted FROM helpdesk.policy_decisions WHERE ticket_id = s.id ORDER BY seq DESC LIMIT 1
            ) AS d
            """,
            "SELECT ticket_id, kind, due_at FROM helpdesk.timers WHERE ticket_id = ANY(\(ids))",
            "SELECT ticket_id, incident_id FROM helpdesk.incident_tickets WHERE ticket_id = ANY(\(ids)) ORDER BY ticket_id, incident_id",
            """
            SELECT i.id, array(
                SELECT f.ticket_id FROM helpdesk.incident_tickets AS f WHERE f.incident_id = i.id
                ORDER BY f.joined_at DESC, f.ticket_id LIMIT \(EscalationRecord.fellowLimit))
            FROM helpdesk.incidents AS i WHERE i.closed_at IS NULL
            AND i.id IN (SELECT incident_id FROM helpdesk.incident_tickets WHERE ticket_id = ANY(\(ids)))
            """,
            "SELECT DISTINCT ticket_id FROM helpdesk.classifications WHERE ticket_id = ANY(\(ids)) AND stage = 'enrichment'",
            """
            SELECT a.ticket_id, a.id, a.by_kind, a.tier FROM unnest(\(ids), \(tickets.map { Int32($0.cycle) })) AS s(id, cycle)
            JOIN helpdesk.escalation_asks AS a ON a.ticket_id = s.id AND a.cycle = s.cycle ORDER BY a.ticket_id, a.at, a.id
            """
        ])
        var records = Dictionary(uniqueKeysWithValues: tickets.map { ($0.id, EscalationRecord()) })
        func update(_ row: Row, _ change: (inout EscalationRecord) throws -> Void) throws {
            try change(&records[TicketID(try row.decode(at: 0)), default: EscalationRecord()])
        }
        for row in answers[0] {
            let entry = SLAHistoryRow(changes: try row.decode(JSONB.self, at: 1).decode([FieldChange].self), at: try row.decode(at: 2))
            try update(row) { $0.history.append(entry) }
        }
        for row in answers[1] { try update(row) { $0.clocks.append(try ClockRow.decode(row).clock) } }
        for row in answers[2] { try update(row) { $0.escalations.append(.init(rule: try row.decode(at: 1), grounds: try row.decode(at: 2))) } }
        for row in answers[3] {
            let last = EscalationRecord.LastDecision(
                sequence: Int(try row.decode(Int32.self, at: 1)), cycle: Int(try row.decode(Int32.self, at: 2)),
                fingerprint: try row.decode(at: 3), noted: try row.decode(JSONB.self, at: 4).bytes)
            try update(row) { $0.lastDecision = last }
        }
        for row in answers[4] {
            let kind: TimerKind = try TicketRow.known(row.decode(at: 1))
            try update(row) { $0.timers[kind] = try row.decode(at: 2) }
        }
        // Read once for each incident: those of an outage come up for one ticket of a batch after another.
        let members = Dictionary(
            uniqueKeysWithValues: try answers[6].map { (try $0.decode(UUID.self, at: 0), try $0.decode([UUID].self, at: 1).map { TicketID($0) }) })
        for row in answers[5] {
            let (ticket, incident) = (TicketID(try row.decode(at: 0)), try row.decode(UUID.self, at: 1))
            // One that is closed is none of theirs any more.
            guard let members = members[incident] else { continue }
            try update(row) {
                $0.incidents.append(incident)
                $0.fellows.formUnion(members.filter { $0 != ticket })
            }
        }
        for row in answers[7] { try update(row) { $0.isEnriched = true } }
        for row in answers[8] {
            let ask = EscalationRecord.Ask(
                id: try row.decode(at: 1), by: try TicketRow.known(row.decode(at: 2)), tier: try TicketRow.known(Int(row.decode(Int16.self, at: 3))))
            try update(row) { $0.asks.append(ask) }
        }
        return records
    }

    public func neighbourhood(
        of tickets: [Ticket], fellows: [TicketID: Set<TicketID>], within seconds: Int, limit: Int
    ) throws -> Neighbourhood {
        var result = Neighbourhood()
        let cut = try read(NeighbourWindow.windows(of: tickets), Double(seconds), limit, into: &result)
        if !cut.isEmpty { _ = try read(cut.map { NeighbourWindow($0) }, Double(seconds), limit, into: &result) }
        for (ticket, more) in fellows {
            result.neighbours[ticket] = Set(result.neighbours[ticket] ?? []).union(more).subtracting([ticket]).sorted()
        }
        let unread = Set(fellows.values.joined()).subtracting(result.tickets.keys).sorted()
        guard !unread.isEmpty else { return result }
        for row in try connection.query(
            "SELECT id, requester_id, state, submitted_at FROM helpdesk.tickets WHERE id = ANY(\(unread.map(\.uuid))) AND version > 0")
        {
            let neighbour = try neighbour(row, at: 0)
            result.tickets[neighbour.ticket] = neighbour
        }
        return result
    }

    /// - Returns: tickets that the newest of their window leave with too few, since some of those are too late for them: to be read alone.
    private func read(_ windows: [NeighbourWindow], _ span: Double, _ limit: Int, into result: inout Neighbourhood) throws -> [Ticket] {
        // Of a span of time that it does not know the planner expects a few rows, which it would gather and sort; in the order of the category's index it can
        // stop. `IS TRUE` keeps it from the index of all open tickets, which without statistics looks as good.
        let answers = try connection.pipeline([
            "SET LOCAL enable_bitmapscan = off",
            """
            SELECT s.number, t.* FROM unnest(\(windows.indices.map { Int32($0) }), \(windows.map(\.category)), \
            \(windows.map { $0.earliest.addingTimeInterval(-span) }), \(windows.map { $0.latest.addingTimeInterval(span) })) \
            AS s(number, category, earliest, latest) CROSS JOIN LATERAL (
                SELECT id, requester_id, state, submitted_at FROM helpdesk.tickets
                WHERE version > 0 AND category = s.category AND submitted_at BETWEEN s.earliest AND s.latest
                AND (state IN \(IncidentRow.openStates)) IS TRUE ORDER BY submitted_at DESC, id DESC LIMIT \(limit + 1)) AS t
            """,
            "SET LOCAL enable_bitmapscan = on"
        ])
        var found: [[Neighbour]] = windows.map { _ in [] }
        for row in answers[1] { found[Int(try row.decode(Int32.self, at: 0))].append(try neighbour(row, at: 1)) }
        var cut: [Ticket] = []
        for (window, found) in zip(windows, found) {
            for neighbour in found { result.tickets[neighbour.ticket] = neighbour }
            for ticket in window.tickets {
                let own = found.filter { $0.ticket != ticket.id && abs($0.submittedAt.timeIntervalSince(ticket.submittedAt)) <= span }
                result.neighbours[ticket.id] = own.map(\.ticket)
                if window.tickets.count > 1, found.count > limit, own.count < limit { cut.append(ticket) }
            }
        }
        return cut
    }

    private func neighbour(_ row: Row, at first: Int) throws -> Neighbour {
        Neighbour(
            ticket: TicketID(try row.decode(at: first)), requester: try row.decode(at: first + 1),
            state: try TicketRow.known(row.decode(at: first + 2)), submittedAt: try row.decode(at: first + 3))
    }

    public func texts(of ids: [TicketID], limit: Int) throws -> [TicketID: TicketText] {
        var texts: [TicketID: TicketText] = [:]
        for row in try connection.query(
            "SELECT id, subject, left(body, \(Int32(limit))) FROM helpdesk.tickets WHERE id = ANY(\(ids.map(\.uuid))) AND version > 0")
        {
            texts[TicketID(try row.decode(UUID.self, at: 0))] = TicketText(subject: try row.decode(at: 1), body: try row.decode(at: 2))
        }
        return texts
    }

    public func lockIncidents(opening keys: [IncidentKey], of tickets: [TicketID], leaving: [TicketID]) throws -> [StoredIncident] {
        let concerned: SQL = """
            i.closed_at IS NULL AND i.id IN (SELECT incident_id FROM helpdesk.incident_tickets WHERE ticket_id = ANY(\(tickets.map(\.uuid))))
            """
        // Three statements, each with a snapshot of its own: what another did before we got its lock must be seen.
        let answers = try connection.pipeline([
            """
            SELECT pg_advisory_xact_lock(k) FROM (
                SELECT DISTINCT hashtextextended('helpdesk.incident ' || r || ' ' || c, 0) AS k
                FROM unnest(\(keys.map(\.rule)), \(keys.map(\.category))) AS t(r, c) ORDER BY 1) AS sorted
            """,
            "SELECT i.id FROM helpdesk.incidents AS i WHERE \(concerned) ORDER BY i.id FOR UPDATE",
            """
            SELECT \(IncidentRow.columns), m.tickets, m.is_left AND o.number IS NULL,
                CASE WHEN m.is_left AND o.number IS NULL
                    THEN (SELECT count(*) FROM helpdesk.incident_tickets WHERE incident_id = i.id) - cardinality(m.tickets) ELSE 0 END
            FROM (
                SELECT incident_id, array_agg(ticket_id) AS tickets, bool_or(ticket_id = ANY(\(leaving.map(\.uuid)))) AS is_left
                FROM helpdesk.incident_tickets WHERE ticket_id = ANY(\(tickets.map(\.uuid))) GROUP BY incident_id
            ) AS m JOIN helpdesk.incidents AS i ON i.id = m.incident_id AND i.closed_at IS NULL
            LEFT JOIN LATERAL (\(IncidentRow.anOpenTicket)) AS o ON m.is_left ORDER BY i.id
            """
        ])
        let ours = Set(try answers[1].map { try $0.decode(UUID.self, at: 0) })
        return try answers[2].map { row in
            var incident = try IncidentRow.decode(row)
            incident.tickets = Set(try row.decode([UUID].self, at: 8).map { TicketID($0) })
            incident.hasOpenTickets = !(try row.decode(Bool.self, at: 9))
            incident.others = Int(try row.decode(Int64.self, at: 10))
            return incident
        }.filter { ours.contains($0.id) }
    }

    public func conversations(of tickets: [TicketID], limit: Int, textLimit: Int) throws -> [TicketID: Conversation] {
        let ids = tickets.map(\.uuid)
        let answers = try connection.pipeline([
            """
            SELECT m.* FROM unnest(\(ids)) AS s(ticket) CROSS JOIN LATERAL (
                SELECT id, ticket_id, number, author_kind, author_id, visibility, left(body, \(Int32(textLimit))), language, \
            '[]'::jsonb, at
                FROM helpdesk.messages WHERE ticket_id = s.ticket ORDER BY number DESC LIMIT \(limit)
            ) AS m ORDER BY m.ticket_id, m.number
            """,
            "SELECT ticket_id, citations FROM helpdesk.answers WHERE ticket_id = ANY(\(ids)) ORDER BY ticket_id, number"
        ])
        var result: [TicketID: Conversation] = [:]
        for row in answers[0] {
            let message = try MessageRow.decode(row)
            result[message.ticket, default: Conversation()].messages.append(message)
        }
        for row in answers[1] {
            result[TicketID(try row.decode(at: 0)), default: Conversation()].citations += try row.decode([String].self, at: 1)
        }
        return result
    }

    public func write(_ changes: EscalationChanges) throws {
        var statements: [SQL] = []
        if !changes.updated.isEmpty { statements.append(TicketRow.update(changes.updated)) }
        if !changes.history.isEmpty { statements.append(HistoryRow.insert(changes.history)) }
        if !changes.escalations.isEmpty { statements.append(try EscalationRow.upsert(changes.escalations)) }
        if !changes.decisions.isEmpty { statements.append(DecisionRow.insert(changes.decisions)) }
        if !changes.clocks.isEmpty { statements.append(ClockRow.upsert(changes.clocks)) }
        if !changes.opened.isEmpty { statements.append(IncidentRow.insert(changes.opened)) }
        if !changes.joined.isEmpty { statements.append(IncidentRow.join(changes.joined)) }
        if !changes.closed.isEmpty { statements.append(IncidentRow.close(changes.closed)) }
        statements += TimerRow.write(changes.timers)
        if !statements.isEmpty { _ = try connection.pipeline(statements) }
    }
}
