import Domain
import Foundation
import Postgres
import Stores
import Testing

/// A small desk whose numbers are known by hand.
@Suite("Definitions of the views in PostgreSQL", .serialized, .timeLimit(.minutes(2)))
struct ReportingDefinitionTests {
    /// Tickets of 2026-11-10, by their last digit:
    /// 1 resolved at tier 0 by the AI alone. 2 resolved at tier 0, reopened after a day, resolved again. 3 resolved at tier 1 by an agent after waiting
    /// an hour for the requester. 4 open. 5 a stub, which is nobody's ticket. 6 resolved at tier 0 with an agent's help.
    static let desk = """
        SET search_path = helpdesk;
        INSERT INTO tickets (id, version, state, category, category_source, tier, severity, cycle, submitted_at)
        SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, v, s, 'dns', c, t, 'low', y, '2026-11-10T09:00:00Z'
        FROM (VALUES (1, 2, 'resolved', 'model', 0, 1), (2, 4, 'closed', 'model', 0, 2), (3, 4, 'resolved', 'agent', 1, 1), (4, 1, 'triaged', 'model', 2, 1),
            (5, 0, 'new', 'model', 0, 1), (6, 2, 'resolved', 'rule', 0, 1)) AS d (n, v, s, c, t, y);
        INSERT INTO ticket_history (ticket_id, version, kind, cause, actor_kind, actor_id, origin, changes, at)
        SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, v, 'replied', gen_random_uuid(), 'agent', 'a', 't[0]@1',
            jsonb_build_array(jsonb_build_object('field', 'tier', 'from', '0', 'to', '0'), jsonb_build_object('field', 'state', 'from', f, 'to', s)), at
        FROM (VALUES (1, 2, 'triaged', 'resolved', '2026-11-10T10:00:00Z'::timestamptz),
            (2, 2, 'triaged', 'resolved', '2026-11-11T09:00:00Z'), (2, 3, 'resolved', 'in_progress', '2026-11-12T09:00:00Z'),
            (2, 4, 'in_progress', 'resolved', '2026-11-12T11:00:00Z'),
            (3, 2, 'triaged', 'waiting_requester', '2026-11-10T10:00:00Z'), (3, 3, 'waiting_requester', 'in_progress', '2026-11-10T11:00:00Z'),
            (3, 4, 'in_progress', 'resolved', '2026-11-10T12:00:00Z'), (6, 2, 'triaged', 'resolved', '2026-11-10T09:30:00Z')) AS d (n, v, f, s, at);
        INSERT INTO messages (id, ticket_id, number, author_kind, author_id, visibility, body, language, guardrails, at)
        SELECT gen_random_uuid(), ('00000000-0000-7000-8000-00000000000' || n)::uuid, 1, k, 'x', 'public', 'b', 'en', '[]', '2026-11-10T09:10:00Z'
        FROM (VALUES (1, 'ai'), (2, 'ai'), (3, 'agent'), (6, 'agent')) AS d (n, k);
        INSERT INTO classifications (ticket_id, revision, event_id, stage, language, language_confidence, category, category_source, tier,
            tier_source, severity, severity_source, confidence, needs_human, guardrails, reasons, taxonomy_version, guardrails_version, model_version, at)
        SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 1, gen_random_uuid(), 'triage', 'en', 1, c, s, 0, 'rule', 'low', 'rule', 1, false, '[]', '[]',
            't', 'g', 'm1', '2026-11-10T09:00:00Z'
        FROM (VALUES (1, 'dns', 'model'), (2, 'dns', 'model'), (3, 'vpn', 'model'), (4, 'dns', 'llm'), (6, 'dns', 'rule')) AS d (n, c, s);
        INSERT INTO escalations (ticket_id, cycle, rule, is_final, grounds, evidence, tier, severity, policy_version, ticket_version, why, handover, at, event_ids)
        SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, y, r, true, '{}', '[]', 2, 'low', 'p', 1, 'w', '{}', '2026-11-10T09:01:00Z', '{}'
        FROM (VALUES (3, 1, 'low-confidence'), (3, 2, 'low-confidence'), (4, 1, 'low-confidence'), (4, 1, 'kernel-panic')) AS d (n, y, r);
        INSERT INTO sla_clocks (ticket_id, target, cycle, started_at, severity, status, due_at, warned_at, breached_at, allowance, used, measured_at)
        SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, t, 1, '2026-11-10T09:00:00Z', 'low', s, d::timestamptz, w::timestamptz, b::timestamptz, 1, 1, now()
        FROM (VALUES (1, 'first_response', 'satisfied', '2026-11-10T17:00:00Z', NULL, NULL),
            (3, 'first_response', 'satisfied', '2026-11-10T17:00:00Z', '2026-11-10T15:00:00Z', '2026-11-10T17:00:00Z'),
            (4, 'first_response', 'running', '2026-11-10T17:00:00Z', '2026-11-10T15:00:00Z', NULL),
            (6, 'first_response', 'satisfied', '2026-11-10T17:00:00Z', NULL, NULL),
            (4, 'resolution', 'running', '2026-11-12T09:00:00Z', NULL, NULL), (3, 'resolution', 'paused', NULL, NULL, NULL)) AS d (n, t, s, d, w, b);
        INSERT INTO metric_facts (day, event_id, ordinal, at, ticket_id, name, value, detail, category, tier, severity, language, persona, channel)
        SELECT '2026-11-10T00:00:00Z', gen_random_uuid(), 0, '2026-11-10T09:10:00Z', gen_random_uuid(), 'first_response_seconds', v, r, 'dns', 0, 'low', 'en',
            'trainee', 'web' FROM (VALUES (10, 'any'), (20, 'any'), (30, 'any'), (600, 'human')) AS d (v, r);
        INSERT INTO metric_rollups (grain, name, bucket, detail, category, tier, severity, language, persona, channel, shard, count, sum, min, max)
        SELECT 'day', n, '2026-11-10T00:00:00Z', d, 'dns', 0, 'low', 'en', 'trainee', 'web', h, c, s, 1, 1
        FROM (VALUES ('tickets_submitted', '', 0, 2, 2), ('tickets_submitted', '', 5, 3, 3), ('guardrail_hits', 'bribe', 0, 2, 7), ('answers', 'answered', 1, 4, 4),
            ('sla_warnings', 'resolution', 0, 2, 2), ('sla_breaches', 'resolution', 1, 1, 1), ('model_calls', 'm', 0, 3, 3), ('model_cost', 'm', 0, 3, 0.75),
            ('model_tokens_in', 'm', 0, 3, 900), ('suggestions', 'm', 0, 1, 1)) AS d (n, d, h, c, s);
        """

    func rows(_ sql: SQL, _ pool: ConnectionPool) async throws -> [String] {
        try await pool.query("SELECT row_to_json(r)::text FROM (\(sql)) AS r").map { try $0.decode(String.self, at: 0) }
    }

    @Test func theNumbersAreTheOnesCountedByHand() async throws {
        let pool = try await emptyDatabase()
        try await pool.withConnection { try $0.executeScript(Self.desk + "RESET search_path;") }
        let expected: [(SQL, [String])] = [
            ("SELECT tickets FROM reporting.tickets_daily", [#"{"tickets":5}"#]),
            ("SELECT kind, hits FROM reporting.guardrail_hits_daily", [#"{"kind":"bribe","hits":7}"#]),
            ("SELECT outcome, answers FROM reporting.answers_daily", [#"{"outcome":"answered","answers":4}"#]),
            ("SELECT target, warnings, breaches FROM reporting.sla_events_daily", [#"{"target":"resolution","warnings":2,"breaches":1}"#]),
            (
                "SELECT model, calls, tokens_in, tokens_out, cost, suggestions FROM reporting.model_usage_daily",
                [#"{"model":"m","calls":3,"tokens_in":900,"tokens_out":0,"cost":0.75,"suggestions":1}"#]
            ),
            (
                "SELECT responder, responses, average_seconds, p50_seconds, p95_seconds FROM reporting.first_response_daily ORDER BY 1",
                [
                    #"{"responder":"any","responses":3,"average_seconds":20,"p50_seconds":20,"p95_seconds":29}"#,
                    #"{"responder":"human","responses":1,"average_seconds":600,"p50_seconds":600,"p95_seconds":600}"#
                ]
            ),
            (
                "SELECT rule, tickets, escalated, escalation_rate FROM reporting.escalation_rate_daily ORDER BY 1",
                [
                    #"{"rule":"any","tickets":5,"escalated":2,"escalation_rate":0.4}"#,
                    #"{"rule":"kernel-panic","tickets":5,"escalated":1,"escalation_rate":0.2}"#,
                    #"{"rule":"low-confidence","tickets":5,"escalated":2,"escalation_rate":0.4}"#
                ]
            ),
            (
                "SELECT target, sum(due) AS due, sum(breached) AS breached, sum(warned) AS warned, sum(open) AS open FROM reporting.sla_attainment_daily GROUP BY 1 ORDER BY 1",
                [
                    #"{"target":"first_response","due":4,"breached":1,"warned":2,"open":1}"#,
                    #"{"target":"resolution","due":1,"breached":0,"warned":0,"open":1}"#
                ]
            ),
            (
                // 1: an hour. 3: three hours, one of them waiting. 6: half an hour. 2: two days and two hours, on its own day.
                """
                SELECT day::date, tier, resolved, average_seconds, reopened, reopen_rate FROM reporting.resolution_daily ORDER BY 1, 2
                """,
                [
                    #"{"day":"2026-11-10","tier":0,"resolved":2,"average_seconds":2700,"reopened":0,"reopen_rate":0}"#,
                    #"{"day":"2026-11-10","tier":1,"resolved":1,"average_seconds":7200,"reopened":0,"reopen_rate":0}"#,
                    #"{"day":"2026-11-12","tier":0,"resolved":1,"average_seconds":180000,"reopened":1,"reopen_rate":1}"#
                ]
            ),
            // Ticket 1 alone: 2 was reopened within seven days, 3 is of tier 1, 6 had an agent.
            (
                "SELECT day::date, tickets, deflected, deflection_rate FROM reporting.deflection_daily",
                [#"{"day":"2026-11-10","tickets":5,"deflected":1,"deflection_rate":0.2}"#]
            ),
            ("SELECT state, tier, age_order, tickets FROM reporting.backlog", [#"{"state":"triaged","tier":2,"age_order":6,"tickets":1}"#]),
            // Of five labels of the category four are a model's, and an agent changed one.
            (
                "SELECT label, model_version, labels, corrected, agreement FROM reporting.classification_agreement",
                [#"{"label":"category","model_version":"m1","labels":4,"corrected":1,"agreement":0.75}"#]
            ),
            ("SELECT count(*) AS tickets FROM reporting.tickets", [#"{"tickets":5}"#])
        ]
        for (sql, lines) in expected { #expect(try await rows(sql, pool) == lines, "\(sql)") }
        await pool.close()
    }

    @Test func theBacklogIsBandedByAge() async throws {
        let pool = try await emptyDatabase()
        try await pool.execute(
            """
            INSERT INTO helpdesk.tickets (id, version, submitted_at)
            SELECT gen_random_uuid(), 1, clock_timestamp() - a FROM unnest(ARRAY['0', '59 minutes', '61 minutes', '5 hours', '25 hours', '4 days', '8 days', '900 days']::interval[]) AS a
            """)
        #expect(
            try await rows("SELECT age_band AS b, tickets AS t FROM reporting.backlog ORDER BY age_order", pool) == [
                #"{"b":"under 1 hour","t":2}"#, #"{"b":"1 to 4 hours","t":1}"#, #"{"b":"4 to 24 hours","t":1}"#, #"{"b":"1 to 3 days","t":1}"#,
                #"{"b":"3 to 7 days","t":1}"#, #"{"b":"7 days and more","t":2}"#
            ])
        await pool.close()
    }
}
