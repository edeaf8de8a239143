public import Foundation
public import Postgres

/// Numbers of a period of whole days, for people. Counts come from the rollups, percentiles from the facts, shares of tickets from the tickets.
public struct ReportQueries: Sendable {
    /// What the tickets can be broken down by.
    public enum Dimension: String, Sendable, CaseIterable, Codable {
        case category, tier, severity, language, rule
    }

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// - Parameters:
    ///   - from, until: midnights UTC; `until` is not part of the period.
    public func report(from: Date, until: Date, by dimension: Dimension? = nil) async throws -> Report {
        try await pool.transaction(.snapshot) { connection in
            let totals = try Self.totals(from, until, connection)
            var report = Report(from: from, until: until)
            report.tickets = totals.count("tickets_submitted")
            report.messages = totals.counts("messages_stored")
            report.classifications = totals.counts("classifications")
            report.guardrailHits = totals.values["guardrail_hits", default: [:]].mapValues { Int($0.sum) }
            report.answers = totals.counts("answers")
            report.escalations = totals.counts("escalations")
            report.incidents = totals.counts("incidents")
            report.reopenings = totals.count("reopenings")
            report.firstResponse = try Self.latencies("first_response_seconds", from, until, connection)
            report.escalatedTickets = try Self.escalatedTickets(from, until, connection)
            let warnings = totals.counts("sla_warnings"), breaches = totals.counts("sla_breaches")
            let clocks = try Self.clocks(from, until, connection)
            report.sla = Set(warnings.keys).union(breaches.keys).union(clocks.keys).sorted().map {
                Report.Target(
                    target: $0, due: clocks[$0]?.due ?? 0, breached: clocks[$0]?.breached ?? 0, warnings: warnings[$0] ?? 0,
                    breaches: breaches[$0] ?? 0)
            }
            let seconds = try Self.latencies("model_seconds", from, until, connection)
            report.models = totals.counts("model_calls").keys.sorted().map { model in
                Report.Model(
                    model: model, calls: totals["model_calls", model].count, tokensIn: totals["model_tokens_in", model].sum,
                    tokensOut: totals["model_tokens_out", model].sum, cost: totals["model_cost", model].sum, seconds: seconds[model])
            }
            if let dimension {
                report.breakdown = Report.Breakdown(by: dimension, rows: try Self.breakdown(dimension, from, until, connection))
            }
            return report
        }
    }

    private struct Totals {
        var values: [String: [String: (count: Int, sum: Double)]] = [:]

        subscript(name: String, detail: String) -> (count: Int, sum: Double) { values[name]?[detail] ?? (0, 0) }
        func counts(_ name: String) -> [String: Int] { values[name, default: [:]].mapValues(\.count) }
        func count(_ name: String) -> Int { values[name, default: [:]].values.reduce(0) { $0 + $1.count } }
    }

    private static let names = [
        "tickets_submitted", "messages_stored", "classifications", "guardrail_hits", "answers", "escalations", "incidents", "reopenings",
        "sla_warnings", "sla_breaches", "model_calls", "model_tokens_in", "model_tokens_out", "model_cost"
    ]

    private static func totals(_ from: Date, _ until: Date, _ connection: Connection) throws -> Totals {
        var totals = Totals()
        for row in try connection.query(
            """
            SELECT name, detail, sum(count)::bigint, sum(sum) FROM helpdesk.metric_rollups
            WHERE grain = 'day' AND name = ANY(\(names)) AND bucket >= \(from) AND bucket < \(until) GROUP BY name, detail
            """)
        {
            let (name, detail, count, sum) = try row.decode(String.self, String.self, Int64.self, Double.self)
            totals.values[name, default: [:]][detail] = (Int(count), sum)
        }
        return totals
    }

    private static func latencies(_ name: String, _ from: Date, _ until: Date, _ connection: Connection) throws -> [String: Report.Latency] {
        var result: [String: Report.Latency] = [:]
        for row in try connection.query(
            """
            SELECT detail, count(*), avg(value), percentile_cont(0.5) WITHIN GROUP (ORDER BY value),
                percentile_cont(0.95) WITHIN GROUP (ORDER BY value)
            FROM helpdesk.metric_facts WHERE name = \(name) AND day >= \(from) AND day < \(until) GROUP BY detail
            """)
        {
            let (detail, count, average, p50, p95) = try row.decode(String.self, Int64.self, Double.self, Double.self, Double.self)
            result[detail] = Report.Latency(count: Int(count), average: average, p50: p50, p95: p95)
        }
        return result
    }

    /// Of the tickets submitted in the period.
    private static func escalatedTickets(_ from: Date, _ until: Date, _ connection: Connection) throws -> Int {
        try Int(
            connection.query(
                """
                SELECT count(*) FROM helpdesk.tickets AS t WHERE version > 0 AND submitted_at >= \(from) AND submitted_at < \(until)
                AND EXISTS (SELECT FROM helpdesk.escalations AS e WHERE e.ticket_id = t.id)
                """
            ).scalar(Int64.self))
    }

    private static func clocks(_ from: Date, _ until: Date, _ connection: Connection) throws -> [String: (due: Int, breached: Int)] {
        var result: [String: (due: Int, breached: Int)] = [:]
        for row in try connection.query(
            """
            SELECT target, count(*), count(breached_at) FROM helpdesk.sla_clocks WHERE due_at >= \(from) AND due_at < \(until) GROUP BY target
            """)
        {
            let (target, due, breached) = try row.decode(String.self, Int64.self, Int64.self)
            result[target] = (Int(due), Int(breached))
        }
        return result
    }

    private static func breakdown(
        _ dimension: Dimension, _ from: Date, _ until: Date, _ connection: Connection
    ) throws -> [Report.Breakdown.Row] {
        let column: SQL =
            switch dimension {
            case .category: "category"
            case .tier: "tier::text"
            case .severity: "severity"
            case .language: "language"
            case .rule: "detail"
            }
        // Only escalations have rules.
        let names = dimension == .rule ? ["escalations"] : ["tickets_submitted", "escalations", "answers"]
        return try connection.query(
            """
            SELECT \(column), coalesce(sum(count) FILTER (WHERE name = 'tickets_submitted'), 0)::bigint,
                coalesce(sum(count) FILTER (WHERE name = 'answers' AND detail = 'answered'), 0)::bigint,
                coalesce(sum(count) FILTER (WHERE name = 'escalations'), 0)::bigint
            FROM helpdesk.metric_rollups
            WHERE grain = 'day' AND name = ANY(\(names)) AND bucket >= \(from) AND bucket < \(until) GROUP BY 1 ORDER BY 2 DESC, 4 DESC, 1
            """
        ).map { row in
            let (value, tickets, answered, escalations) = try row.decode(String.self, Int64.self, Int64.self, Int64.self)
            return Report.Breakdown.Row(value: value, tickets: Int(tickets), answered: Int(answered), escalations: Int(escalations))
        }
    }
}
