public import Domain
public import Foundation
public import Postgres

/// Why a ticket stands where it stands.
public struct EscalationAccount: Sendable, Hashable {
    /// By cycle, then by time.
    public var escalations: [StoredEscalation]
    /// Oldest first; facts and decision are JSON. The newest 100.
    public var decisions: [StoredDecision]
    /// By cycle and target.
    public var clocks: [StoredClock]
    /// Those that it belongs or belonged to, oldest first; without their other tickets.
    public var incidents: [StoredIncident]
    /// What it is to be looked at for next.
    public var timers: [TicketTimer]
}

/// Reads of escalations. Errors are the pool's and `PostgresError`.
public struct EscalationQueries: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Nil when the ticket is not there, or outside of the scope.
    public func why(_ id: TicketID, in scope: TicketScope) async throws -> EscalationAccount? {
        try await pool.transaction(.snapshot) { connection in
            guard !(try connection.query("SELECT 1 FROM helpdesk.tickets WHERE id = \(id.uuid) AND \(scope.condition)").isEmpty) else {
                return nil
            }
            let answers = try connection.pipeline([
                "SELECT \(EscalationRow.columns) FROM helpdesk.escalations WHERE ticket_id = \(id.uuid) ORDER BY cycle, at, rule",
                "SELECT \(DecisionRow.columns) FROM helpdesk.policy_decisions WHERE ticket_id = \(id.uuid) ORDER BY seq DESC LIMIT 100",
                "SELECT \(ClockRow.columns) FROM helpdesk.sla_clocks WHERE ticket_id = \(id.uuid) ORDER BY cycle, target",
                """
                SELECT \(IncidentRow.columns) FROM helpdesk.incidents AS i
                WHERE i.id IN (SELECT incident_id FROM helpdesk.incident_tickets WHERE ticket_id = \(id.uuid)) ORDER BY i.opened_at, i.id
                """,
                "SELECT kind, due_at FROM helpdesk.timers WHERE ticket_id = \(id.uuid) ORDER BY due_at"
            ])
            return EscalationAccount(
                escalations: try answers[0].map(EscalationRow.decode), decisions: try answers[1].map(DecisionRow.decode).reversed(),
                clocks: try answers[2].map(ClockRow.decode), incidents: try answers[3].map(IncidentRow.decode),
                timers: try answers[4].map {
                    TicketTimer(ticket: id, kind: try TicketRow.known($0.decode(at: 0)), dueAt: try $0.decode(at: 1))
                })
        }
    }

    /// Stored decisions in the order in which they were made, page by page.
    /// - Parameter last: the last of the page before; nil for the first page.
    public func decisions(since: Date, after last: StoredDecision?, limit: Int) async throws -> [StoredDecision] {
        let position: SQL = last.map { "AND (at, ticket_id, seq) > (\($0.at), \($0.ticket.uuid), \(Int32($0.sequence)))" } ?? ""
        return try await pool.query(
            """
            SELECT \(DecisionRow.columns) FROM helpdesk.policy_decisions WHERE at >= \(since) \(position)
            ORDER BY at, ticket_id, seq LIMIT \(limit)
            """
        ).map(DecisionRow.decode)
    }
}
