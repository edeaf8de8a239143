import Domain
import Postgres

/// How a metric is counted again from the tables that hold what was decided.
struct MetricRecount: Sendable {
    let metric: Metric
    /// Rows of (at, detail, value): what should have been measured.
    let source: SQL

    /// One entry for each metric. A metric without one is reported as not recounted.
    static let all: [MetricRecount] = [
        MetricRecount(
            metric: .ticketsSubmitted, source: "SELECT submitted_at, '', 1 FROM helpdesk.tickets WHERE version > 0"),
        MetricRecount(metric: .messagesStored, source: "SELECT at, author_kind, 1 FROM helpdesk.messages"),
        MetricRecount(metric: .classifications, source: "SELECT at, stage, 1 FROM helpdesk.classifications"),
        MetricRecount(
            metric: .guardrailHits,
            // One measurement for each kind that a text hit, whose value is how often.
            source: """
                SELECT c.at, h.kind, h.hits FROM helpdesk.classifications AS c CROSS JOIN LATERAL (\(hits)) AS h
                WHERE NOT EXISTS (SELECT FROM helpdesk.messages AS m WHERE m.id = c.event_id)
                UNION ALL
                SELECT c.at, h.kind, h.hits FROM helpdesk.messages AS c CROSS JOIN LATERAL (\(hits)) AS h
                """),
        MetricRecount(
            metric: .reopenings, source: "SELECT at, '', 1 FROM helpdesk.ticket_history WHERE changes @> '[{\"field\": \"cycle\"}]'"),
        MetricRecount(metric: .answers, source: "SELECT at, outcome, 1 FROM helpdesk.answers"),
        MetricRecount(
            metric: .firstResponseSeconds,
            source: """
                SELECT m.at, r.responder, greatest(extract(epoch FROM m.at - t.submitted_at), 0)
                FROM (VALUES ('any', '{ai,agent}'::text[]), ('human', '{agent}')) AS r (responder, kinds), helpdesk.tickets AS t
                CROSS JOIN LATERAL (
                    SELECT m.at FROM helpdesk.messages AS m
                    WHERE m.ticket_id = t.id AND m.visibility = 'public' AND m.author_kind = ANY(r.kinds) ORDER BY m.number LIMIT 1) AS m
                WHERE t.version > 0
                """),
        MetricRecount(metric: .escalations, source: "SELECT at, rule, 1 FROM helpdesk.escalations"),
        MetricRecount(metric: .slaWarnings, source: "SELECT warned_at, target, 1 FROM helpdesk.sla_clocks WHERE warned_at IS NOT NULL"),
        MetricRecount(metric: .slaBreaches, source: "SELECT breached_at, target, 1 FROM helpdesk.sla_clocks WHERE breached_at IS NOT NULL"),
        MetricRecount(metric: .incidents, source: "SELECT opened_at, rule, 1 FROM helpdesk.incidents"),
        MetricRecount(metric: .modelCalls, source: "SELECT at, model, 1 FROM helpdesk.model_answers"),
        MetricRecount(metric: .modelTokensIn, source: "SELECT at, model, input_tokens FROM helpdesk.model_answers"),
        MetricRecount(metric: .modelTokensOut, source: "SELECT at, model, output_tokens FROM helpdesk.model_answers"),
        MetricRecount(metric: .modelCost, source: "SELECT at, model, cost FROM helpdesk.model_answers"),
        MetricRecount(metric: .modelSeconds, source: "SELECT at, model, latency FROM helpdesk.model_answers"),
        MetricRecount(metric: .suggestions, source: "SELECT at, model, 1 FROM helpdesk.suggestions")
    ]

    private static let hits: SQL = "SELECT hit ->> 'kind' AS kind, count(*) AS hits FROM jsonb_array_elements(c.guardrails) AS hit GROUP BY 1"
}
