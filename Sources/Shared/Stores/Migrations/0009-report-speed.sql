SET LOCAL search_path = helpdesk;

-- Reports of some days read the tickets of those days, however many there are of other days.

-- A day of UTC has 86,400 seconds always, so date_bin finds its beginning without a look at time zones; it is immutable too, and can be indexed. Tickets
-- come nearly in the order of their time: block ranges suffice, at next to no cost for those who write.
CREATE INDEX tickets_by_day ON tickets USING brin (date_bin('1 day', submitted_at, '2000-01-01 00:00:00+00'))
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX sla_clocks_by_day ON sla_clocks USING brin (date_bin('1 day', due_at, '2000-01-01 00:00:00+00'))
    WITH (pages_per_range = 32, autosummarize = on);
-- The moves to resolved, by ticket, the last first.
CREATE INDEX ticket_history_resolved ON ticket_history (ticket_id, version DESC) INCLUDE (at)
    WHERE changes @> '[{"field": "state", "to": "resolved"}]';

CREATE OR REPLACE VIEW reporting.escalation_rate_daily AS
WITH counted AS (
    SELECT day, 'any' AS rule, count(*) AS tickets, count(*) FILTER (WHERE is_escalated) AS escalated
    FROM (
        SELECT date_bin('1 day', t.submitted_at, '2000-01-01 00:00:00+00') AS day,
            EXISTS (SELECT FROM escalations AS e WHERE e.ticket_id = t.id) AS is_escalated
        FROM tickets AS t WHERE t.version > 0
    ) AS submitted GROUP BY day
    UNION ALL
    SELECT date_bin('1 day', t.submitted_at, '2000-01-01 00:00:00+00'), e.rule, 0, count(DISTINCT e.ticket_id)
    FROM escalations AS e JOIN tickets AS t ON t.id = e.ticket_id WHERE t.version > 0 GROUP BY 1, 2
), rated AS (
    SELECT day, rule, max(tickets) OVER (PARTITION BY day) AS tickets, escalated FROM counted
)
SELECT day, rule, tickets, escalated, escalated::double precision / tickets AS escalation_rate FROM rated;

CREATE OR REPLACE VIEW reporting.sla_attainment_daily AS
WITH clocks AS (
    SELECT date_bin('1 day', c.due_at, '2000-01-01 00:00:00+00') AS day, c.target, c.severity, t.tier, t.category,
        c.breached_at IS NOT NULL AS is_breached, c.breached_at IS NULL AND c.status IN ('running', 'paused') AS is_open,
        c.warned_at IS NOT NULL AS is_warned
    FROM sla_clocks AS c JOIN tickets AS t ON t.id = c.ticket_id WHERE c.due_at IS NOT NULL
)
SELECT day, target, severity, tier, category, count(*) AS due, count(*) FILTER (WHERE is_breached) AS breached,
    count(*) FILTER (WHERE is_warned) AS warned, count(*) FILTER (WHERE is_open) AS open,
    count(*) FILTER (WHERE NOT is_breached)::double precision / count(*) AS attainment
FROM clocks GROUP BY day, target, severity, tier, category;

-- From the moves, not from reporting.tickets, which would look for the move of every ticket first and for everything else about it as often as
-- its columns are named.
CREATE OR REPLACE VIEW reporting.resolution_daily AS
WITH moves AS (
    SELECT DISTINCT ON (ticket_id) ticket_id, version, at FROM ticket_history
    WHERE changes @> '[{"field": "state", "to": "resolved"}]' ORDER BY ticket_id, version DESC
), resolved AS (
    SELECT date_bin('1 day', m.at, '2000-01-01 00:00:00+00') AS day, t.category, t.tier, t.severity, o.reopened_at,
        greatest(extract(epoch FROM m.at - t.submitted_at)::double precision - w.seconds, 0) AS seconds
    FROM moves AS m JOIN tickets AS t ON t.id = m.ticket_id CROSS JOIN LATERAL (
        SELECT coalesce(sum(greatest(extract(epoch FROM s.until - s.at), 0)) FILTER (WHERE s.changes @> '[{"field": "state", "to": "waiting_requester"}]'), 0)::double precision AS seconds
        FROM (SELECT h.version, h.at, h.changes, lead(h.at) OVER (ORDER BY h.version) AS until
              FROM ticket_history AS h WHERE h.ticket_id = m.ticket_id AND h.changes @> '[{"field": "state"}]') AS s
        WHERE s.version < m.version
    ) AS w CROSS JOIN LATERAL (
        SELECT min(h.at) AS reopened_at FROM ticket_history AS h, jsonb_array_elements(h.changes) AS c
        WHERE h.ticket_id = m.ticket_id AND c ->> 'field' = 'state' AND c ->> 'from' = 'resolved'
        AND c ->> 'to' IN ('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold')
    ) AS o
    WHERE t.version > 0 AND (t.state IN ('resolved', 'closed', 'merged', 'cancelled') OR t.cycle > 1)
)
SELECT day, category, tier, severity, count(*) AS resolved, avg(seconds) AS average_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_seconds, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds,
    count(*) FILTER (WHERE reopened_at IS NOT NULL) AS reopened,
    count(*) FILTER (WHERE reopened_at IS NOT NULL)::double precision / count(*) AS reopen_rate
FROM resolved GROUP BY day, category, tier, severity;

CREATE OR REPLACE VIEW reporting.deflection_daily AS
WITH counted AS (
    SELECT date_bin('1 day', submitted_at, '2000-01-01 00:00:00+00') AS day, category, language,
        CASE WHEN state IN ('resolved', 'closed') AND tier = 0
            THEN human_messages = 0 AND (reopened_at IS NULL OR reopened_at >= resolved_at + interval '7 days') ELSE false END AS is_deflected
    FROM reporting.tickets
)
SELECT day, category, language, count(*) AS tickets, count(*) FILTER (WHERE is_deflected) AS deflected,
    count(*) FILTER (WHERE is_deflected)::double precision / count(*) AS deflection_rate
FROM counted GROUP BY day, category, language;
