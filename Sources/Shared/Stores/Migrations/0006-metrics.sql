SET LOCAL search_path = helpdesk;

-- Facts, rollups and the views for dashboards.

-- One row for each measurement of each metric event. The day comes from the event's own time. Days are made ahead of time; the default
-- partition takes the rest until housekeeping gives a day its own.
CREATE TABLE metric_facts (
    -- Midnight UTC at which the day of `at` begins.
    day          timestamptz NOT NULL CHECK (isfinite(day) AND day = date_trunc('day', day, 'UTC')),
    event_id     uuid NOT NULL,
    ordinal      smallint NOT NULL,
    at           timestamptz NOT NULL,
    ticket_id    uuid NOT NULL,
    name         text NOT NULL,
    value        double precision NOT NULL,
    -- Empty for none.
    detail       text NOT NULL,
    category     text NOT NULL,
    tier         smallint NOT NULL,
    severity     text NOT NULL,
    language     text NOT NULL,
    persona      text NOT NULL,
    channel      text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (day, event_id, ordinal)
) PARTITION BY RANGE (day);
CREATE TABLE metric_facts_default PARTITION OF metric_facts DEFAULT;
CREATE INDEX metric_facts_by_name ON metric_facts (name, at);

-- Sums of facts. Several workers write sums of one thing under different shards, so that none waits for another; readers sum the shards.
CREATE TABLE metric_rollups (
    grain     text NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
    name      text NOT NULL,
    -- Where the minute, hour or day (UTC) begins.
    bucket    timestamptz NOT NULL,
    detail    text NOT NULL,
    category  text NOT NULL,
    tier      smallint NOT NULL,
    severity  text NOT NULL,
    language  text NOT NULL,
    persona   text NOT NULL,
    channel   text NOT NULL,
    shard     smallint NOT NULL,
    count     bigint NOT NULL,
    sum       double precision NOT NULL,
    min       double precision NOT NULL,
    max       double precision NOT NULL,
    PRIMARY KEY (grain, name, bucket, detail, category, tier, severity, language, persona, channel, shard)
) WITH (fillfactor = 70);

-- What dashboards read. Every view and column is described by a COMMENT; docs/reporting.md holds the same words. Taking a column away or
-- changing what it means is a breaking change.
CREATE SCHEMA IF NOT EXISTS reporting;
COMMENT ON SCHEMA reporting IS 'What dashboards may rely on. All times are UTC.';

CREATE VIEW reporting.metrics_hourly AS
SELECT bucket AS hour, name AS metric, detail, category, tier, severity, language, persona, channel,
    sum(count)::bigint AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max
FROM metric_rollups WHERE grain = 'hour' GROUP BY name, bucket, detail, category, tier, severity, language, persona, channel;
COMMENT ON VIEW reporting.metrics_hourly IS 'Every metric by hour and everything it can be told apart by: the source of the hourly views, for questions that they do not answer.';

CREATE VIEW reporting.metrics_daily AS
SELECT bucket AS day, name AS metric, detail, category, tier, severity, language, persona, channel,
    sum(count)::bigint AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max
FROM metric_rollups WHERE grain = 'day' GROUP BY name, bucket, detail, category, tier, severity, language, persona, channel;
COMMENT ON VIEW reporting.metrics_daily IS 'Every metric by day and everything it can be told apart by: the source of the daily views, for questions that they do not answer.';

CREATE VIEW reporting.tickets_hourly AS
SELECT bucket AS hour, category, tier, severity, language, persona, channel, sum(count)::bigint AS tickets
FROM metric_rollups WHERE grain = 'hour' AND name = 'tickets_submitted' GROUP BY bucket, category, tier, severity, language, persona, channel;
COMMENT ON VIEW reporting.tickets_hourly IS 'Tickets submitted in each hour.';

CREATE VIEW reporting.tickets_daily AS
SELECT bucket AS day, category, tier, severity, language, persona, channel, sum(count)::bigint AS tickets
FROM metric_rollups WHERE grain = 'day' AND name = 'tickets_submitted' GROUP BY bucket, category, tier, severity, language, persona, channel;
COMMENT ON VIEW reporting.tickets_daily IS 'Tickets submitted on each day.';

CREATE VIEW reporting.messages_daily AS
SELECT bucket AS day, detail AS author_kind, category, tier, severity, language, sum(count)::bigint AS messages
FROM metric_rollups WHERE grain = 'day' AND name = 'messages_stored' GROUP BY bucket, detail, category, tier, severity, language;
COMMENT ON VIEW reporting.messages_daily IS 'Messages stored on each day. The text of a submission is not counted: it belongs to the ticket.';

CREATE VIEW reporting.classifications_daily AS
SELECT bucket AS day, detail AS stage, category, tier, severity, language, sum(count)::bigint AS classifications
FROM metric_rollups WHERE grain = 'day' AND name = 'classifications' GROUP BY bucket, detail, category, tier, severity, language;
COMMENT ON VIEW reporting.classifications_daily IS 'Classifications stored on each day, by the stage that made them. One ticket may have several.';

CREATE VIEW reporting.guardrail_hits_daily AS
SELECT bucket AS day, detail AS kind, category, tier, severity, language, persona, sum(sum)::bigint AS hits
FROM metric_rollups WHERE grain = 'day' AND name = 'guardrail_hits' GROUP BY bucket, detail, category, tier, severity, language, persona;
COMMENT ON VIEW reporting.guardrail_hits_daily IS 'Guardrails that fired on each day. One text may hit several.';

CREATE VIEW reporting.answers_daily AS
SELECT bucket AS day, detail AS outcome, category, tier, severity, language, sum(count)::bigint AS answers
FROM metric_rollups WHERE grain = 'day' AND name = 'answers' GROUP BY bucket, detail, category, tier, severity, language;
COMMENT ON VIEW reporting.answers_daily IS 'Attempts to answer on each day, by what came of them. One ticket may have several.';

CREATE VIEW reporting.first_responses AS
SELECT day, at, detail AS responder, ticket_id, value AS seconds, category, tier, severity, language, persona, channel
FROM metric_facts WHERE name = 'first_response_seconds';
COMMENT ON VIEW reporting.first_responses IS 'First responses one by one, for percentiles over a period of your own. Kept as long as facts are (400 days unless configured otherwise).';

CREATE VIEW reporting.first_response_daily AS
SELECT day, detail AS responder, severity, count(*) AS responses, avg(value) AS average_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS p50_seconds, percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS p95_seconds
FROM metric_facts WHERE name = 'first_response_seconds' GROUP BY day, detail, severity;
COMMENT ON VIEW reporting.first_response_daily IS 'First response time: submitted to the first reply by the AI or an agent that the requester can see, on the day of that reply. Percentiles cannot be summed or averaged over rows: take reporting.first_responses for that.';

CREATE VIEW reporting.escalations_daily AS
SELECT bucket AS day, detail AS rule, category, tier, severity, language, sum(count)::bigint AS escalations
FROM metric_rollups WHERE grain = 'day' AND name = 'escalations' GROUP BY bucket, detail, category, tier, severity, language;
COMMENT ON VIEW reporting.escalations_daily IS 'Escalations on each day, by the rule that fired. One ticket may have several.';

CREATE VIEW reporting.escalation_rate_daily AS
WITH submitted AS (
    SELECT id, date_trunc('day', submitted_at, 'UTC') AS day FROM tickets WHERE version > 0
), of_day AS (
    SELECT day, count(*) AS tickets FROM submitted GROUP BY day
), escalated AS (
    SELECT s.day, r.rule, count(DISTINCT e.ticket_id) AS escalated
    FROM escalations AS e JOIN submitted AS s ON s.id = e.ticket_id CROSS JOIN LATERAL (VALUES (e.rule), ('any')) AS r (rule)
    GROUP BY s.day, r.rule
)
SELECT d.day, coalesce(e.rule, 'any') AS rule, d.tickets, coalesce(e.escalated, 0) AS escalated,
    coalesce(e.escalated, 0)::double precision / d.tickets AS escalation_rate
FROM of_day AS d LEFT JOIN escalated AS e USING (day);
COMMENT ON VIEW reporting.escalation_rate_daily IS 'Share of the tickets submitted on a day that were escalated at least once, by rule; the row of rule any counts a ticket once whatever the rules, and is there for each day with tickets.';
COMMENT ON COLUMN reporting.escalation_rate_daily.rule IS 'The rule of the escalation policy that fired, or any.';

CREATE VIEW reporting.incidents_daily AS
SELECT bucket AS day, detail AS rule, sum(count)::bigint AS incidents
FROM metric_rollups WHERE grain = 'day' AND name = 'incidents' GROUP BY bucket, detail;
COMMENT ON VIEW reporting.incidents_daily IS 'Incidents opened on each day.';

CREATE VIEW reporting.sla_events_daily AS
SELECT bucket AS day, detail AS target, severity, tier,
    coalesce(sum(count) FILTER (WHERE name = 'sla_warnings'), 0)::bigint AS warnings,
    coalesce(sum(count) FILTER (WHERE name = 'sla_breaches'), 0)::bigint AS breaches
FROM metric_rollups WHERE grain = 'day' AND name IN ('sla_warnings', 'sla_breaches') GROUP BY bucket, detail, severity, tier;
COMMENT ON VIEW reporting.sla_events_daily IS 'SLA warnings and breaches on the day on which they happened.';

CREATE VIEW reporting.sla_attainment_daily AS
WITH clocks AS (
    SELECT date_trunc('day', c.due_at, 'UTC') AS day, c.target, c.severity, t.tier, t.category,
        c.breached_at IS NOT NULL AS is_breached, c.breached_at IS NULL AND c.status IN ('running', 'paused') AS is_open,
        c.warned_at IS NOT NULL AS is_warned
    FROM sla_clocks AS c JOIN tickets AS t ON t.id = c.ticket_id WHERE c.due_at IS NOT NULL
)
SELECT day, target, severity, tier, category, count(*) AS due, count(*) FILTER (WHERE is_breached) AS breached,
    count(*) FILTER (WHERE is_warned) AS warned, count(*) FILTER (WHERE is_open) AS open,
    count(*) FILTER (WHERE NOT is_breached)::double precision / count(*) AS attainment
FROM clocks GROUP BY day, target, severity, tier, category;
COMMENT ON VIEW reporting.sla_attainment_daily IS 'SLA attainment: share of the clocks due on a day that did not run out. Days to come hold the clocks that are due then.';

CREATE VIEW reporting.reopenings_daily AS
SELECT bucket AS day, category, tier, severity, language, sum(count)::bigint AS reopenings
FROM metric_rollups WHERE grain = 'day' AND name = 'reopenings' GROUP BY bucket, category, tier, severity, language;
COMMENT ON VIEW reporting.reopenings_daily IS 'Tickets that went back to open on each day; one ticket counts each time.';

CREATE VIEW reporting.model_usage_daily AS
SELECT bucket AS day, detail AS model,
    coalesce(sum(count) FILTER (WHERE name = 'model_calls'), 0)::bigint AS calls,
    coalesce(sum(sum) FILTER (WHERE name = 'model_tokens_in'), 0) AS tokens_in,
    coalesce(sum(sum) FILTER (WHERE name = 'model_tokens_out'), 0) AS tokens_out,
    coalesce(sum(sum) FILTER (WHERE name = 'model_cost'), 0) AS cost,
    coalesce(sum(count) FILTER (WHERE name = 'suggestions'), 0)::bigint AS suggestions
FROM metric_rollups
WHERE grain = 'day' AND name IN ('model_calls', 'model_tokens_in', 'model_tokens_out', 'model_cost', 'suggestions')
GROUP BY bucket, detail;
COMMENT ON VIEW reporting.model_usage_daily IS 'Calls of language models on each day, with what they took and cost.';

CREATE VIEW reporting.model_latency_daily AS
SELECT day, detail AS model, count(*) AS calls, avg(value) AS average_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS p50_seconds, percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS p95_seconds,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY value) AS p99_seconds
FROM metric_facts WHERE name = 'model_seconds' GROUP BY day, detail;
COMMENT ON VIEW reporting.model_latency_daily IS 'How long successful calls of language models took on each day.';

-- The columns with sub-selects cost nothing where they are not asked for.
CREATE VIEW reporting.tickets AS
SELECT t.id AS ticket_id, t.submitted_at, t.state, t.category, t.category_source, t.tier, t.tier_source, t.severity, t.severity_source,
    t.language, t.persona, t.channel, t.answer, t.needs_human, t.failed_attempts, t.message_count, t.cycle,
    (SELECT h.at FROM ticket_history AS h WHERE h.ticket_id = t.id AND h.changes @> '[{"field": "state", "to": "resolved"}]'
     ORDER BY h.version DESC LIMIT 1) AS resolved_at,
    (SELECT coalesce(sum(greatest(extract(epoch FROM w.until - w.at), 0)) FILTER (WHERE w.changes @> '[{"field": "state", "to": "waiting_requester"}]'), 0)::double precision
     FROM (SELECT h.version, h.at, h.changes, lead(h.at) OVER (ORDER BY h.version) AS until
           FROM ticket_history AS h WHERE h.ticket_id = t.id AND h.changes @> '[{"field": "state"}]') AS w
     WHERE w.version < (SELECT max(h.version) FROM ticket_history AS h
                        WHERE h.ticket_id = t.id AND h.changes @> '[{"field": "state", "to": "resolved"}]')) AS waiting_seconds,
    (SELECT min(h.at) FROM ticket_history AS h, jsonb_array_elements(h.changes) AS c
     WHERE h.ticket_id = t.id AND c ->> 'field' = 'state' AND c ->> 'from' = 'resolved'
     AND c ->> 'to' IN ('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold')) AS reopened_at,
    (SELECT count(*) FROM messages AS m WHERE m.ticket_id = t.id AND m.author_kind = 'agent') AS human_messages
FROM tickets AS t WHERE t.version > 0;
COMMENT ON VIEW reporting.tickets IS 'Tickets one by one, as they stand now, without texts and without the requester. Restrict submitted_at where you can: it is indexed.';

CREATE VIEW reporting.resolution_daily AS
WITH resolved AS (
    SELECT date_trunc('day', resolved_at, 'UTC') AS day, category, tier, severity, reopened_at,
        greatest(extract(epoch FROM resolved_at - submitted_at)::double precision - waiting_seconds, 0) AS seconds
    FROM reporting.tickets WHERE (state IN ('resolved', 'closed', 'merged', 'cancelled') OR cycle > 1) AND resolved_at IS NOT NULL
)
SELECT day, category, tier, severity, count(*) AS resolved, avg(seconds) AS average_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_seconds, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds,
    count(*) FILTER (WHERE reopened_at IS NOT NULL) AS reopened,
    count(*) FILTER (WHERE reopened_at IS NOT NULL)::double precision / count(*) AS reopen_rate
FROM resolved GROUP BY day, category, tier, severity;
COMMENT ON VIEW reporting.resolution_daily IS 'Resolution time: submitted to the last move to resolved, less the time spent waiting for the requester, on the day of that move; and the share of these tickets that ever went back to open.';

CREATE VIEW reporting.deflection_daily AS
WITH counted AS (
    SELECT date_trunc('day', submitted_at, 'UTC') AS day, category, language,
        CASE WHEN state IN ('resolved', 'closed') AND tier = 0
            THEN human_messages = 0 AND (reopened_at IS NULL OR reopened_at >= resolved_at + interval '7 days') ELSE false END AS is_deflected
    FROM reporting.tickets
)
SELECT day, category, language, count(*) AS tickets, count(*) FILTER (WHERE is_deflected) AS deflected,
    count(*) FILTER (WHERE is_deflected)::double precision / count(*) AS deflection_rate
FROM counted GROUP BY day, category, language;
COMMENT ON VIEW reporting.deflection_daily IS 'Deflection: tickets resolved at tier 0 with no human message and not reopened within 7 days, on the day of submission. What was resolved less than 7 days ago counts as long as it is not reopened.';

CREATE VIEW reporting.backlog AS
WITH open AS (
    SELECT state, tier, severity, category, submitted_at, clock_timestamp() - submitted_at AS age
    FROM tickets WHERE version > 0 AND state IN ('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold')
), banded AS (
    SELECT *, CASE WHEN age < interval '1 hour' THEN 1 WHEN age < interval '4 hours' THEN 2 WHEN age < interval '1 day' THEN 3
        WHEN age < interval '3 days' THEN 4 WHEN age < interval '7 days' THEN 5 ELSE 6 END AS age_order
    FROM open
)
SELECT state, tier, severity, age_order,
    (ARRAY['under 1 hour', '1 to 4 hours', '4 to 24 hours', '1 to 3 days', '3 to 7 days', '7 days and more'])[age_order] AS age_band,
    count(*) AS tickets, min(submitted_at) AS oldest_at
FROM banded GROUP BY state, tier, severity, age_order;
COMMENT ON VIEW reporting.backlog IS 'Open tickets at this moment.';

CREATE VIEW reporting.classification_agreement AS
WITH last_by_machine AS (
    SELECT DISTINCT ON (c.ticket_id) c.ticket_id, c.model_version, c.category, c.category_source, c.tier, c.tier_source, c.severity, c.severity_source
    FROM classifications AS c WHERE 'agent' NOT IN (c.category_source, c.tier_source, c.severity_source)
    ORDER BY c.ticket_id, c.revision DESC
), labels AS (
    SELECT l.label, c.model_version, l.is_corrected
    FROM last_by_machine AS c JOIN tickets AS t ON t.id = c.ticket_id,
    LATERAL (VALUES
        ('category', c.category_source, t.category_source = 'agent' AND t.category <> c.category),
        ('tier', c.tier_source, t.tier_source = 'agent' AND t.tier <> c.tier),
        ('severity', c.severity_source, t.severity_source = 'agent' AND t.severity <> c.severity)) AS l (label, source, is_corrected)
    WHERE t.version > 0 AND l.source IN ('model', 'llm')
)
SELECT label, model_version, count(*) AS labels, count(*) FILTER (WHERE is_corrected) AS corrected,
    1 - count(*) FILTER (WHERE is_corrected)::double precision / count(*) AS agreement
FROM labels GROUP BY label, model_version;
COMMENT ON VIEW reporting.classification_agreement IS 'Share of labels set by a model that no agent corrected. Labels set by rules are not counted.';

-- What a column of this name means in every view that says nothing else.
DO $$
DECLARE
    meaning record;
    place record;
BEGIN
    FOR meaning IN SELECT * FROM (VALUES
        -- Views of tickets as they are, by name; the others are sums of what was decided at the time.
        ('category', 'The category as it stands now.', '^(tickets|resolution_daily|deflection_daily|sla_attainment_daily)$'),
        ('tier', 'The tier as it stands now: 0 the AI alone, 1 human generalist, 2 support engineer, 3 platform engineering.',
            '^(tickets|backlog|resolution_daily|sla_attainment_daily)$'),
        ('severity', 'The severity as it stands now: low, medium, high or critical.', '^(tickets|backlog|resolution_daily)$'),
        ('severity', 'The severity that the clock goes by: low, medium, high or critical.', '^sla_attainment_daily$'),
        ('day', 'Midnight UTC at which the day begins.', ''),
        ('hour', 'When the hour begins, UTC.', ''),
        ('category', 'The category, as the decision left the ticket.', ''),
        ('tier', 'The tier, as the decision left the ticket: 0 the AI alone, 1 human generalist, 2 support engineer, 3 platform engineering.', ''),
        ('severity', 'The severity, as the decision left the ticket: low, medium, high or critical.', ''),
        ('language', 'Language of the ticket as an ISO 639-1 code; und where it could not be told.', ''),
        ('persona', 'Who asks: trainee, instructor, operator, support_engineer or admin.', ''),
        ('channel', 'The way the ticket came in, for instance web, email or api.', ''),
        ('metric', 'Name of the metric.', ''),
        ('detail', 'What the number is about, such as a rule, an outcome or a model; empty for none.', ''),
        ('count', 'How many measurements.', ''),
        ('sum', 'Sum of their values.', ''),
        ('min', 'The smallest value.', ''),
        ('max', 'The largest value.', ''),
        ('tickets', 'How many tickets.', ''),
        ('author_kind', 'Who wrote it: requester, agent, ai or system.', ''),
        ('messages', 'How many messages.', ''),
        ('stage', 'The stage that made it: triage or enrichment.', ''),
        ('classifications', 'How many classifications.', ''),
        ('kind', 'Kind of guardrail.', ''),
        ('hits', 'How often it fired.', ''),
        ('outcome', 'answered, not_covered, refused, unsupported_language or withheld.', ''),
        ('answers', 'How many attempts.', ''),
        ('at', 'When the response was, by event time.', ''),
        ('responder', 'any: by the AI or an agent; human: by an agent. A ticket has at most one row or count of each.', ''),
        ('ticket_id', 'The ticket.', ''),
        ('seconds', 'Seconds from submission to the response.', ''),
        ('responses', 'How many first responses.', ''),
        ('average_seconds', 'Average, in seconds.', ''),
        ('p50_seconds', 'Median, in seconds.', ''),
        ('p95_seconds', '95th percentile, in seconds.', ''),
        ('p99_seconds', '99th percentile, in seconds.', ''),
        ('rule', 'The rule of the escalation policy that fired.', ''),
        ('escalations', 'How many escalations.', ''),
        ('incidents', 'How many incidents.', ''),
        ('escalated', 'Those of them that were escalated.', ''),
        ('escalation_rate', 'Their share, 0 to 1.', ''),
        ('target', 'What the clock measures: first_response or resolution.', ''),
        ('due', 'Clocks due on the day, each ticket and cycle for itself.', ''),
        ('breached', 'Those of them that ran out.', ''),
        ('warned', 'Those of them that passed the point of warning.', ''),
        ('open', 'Those of them that still run or are paused: they may yet run out.', ''),
        ('attainment', 'The share of due that is not breached, 0 to 1.', ''),
        ('warnings', 'Clocks that passed three quarters of their time.', ''),
        ('breaches', 'Clocks that ran out.', ''),
        ('reopenings', 'How often.', ''),
        ('model', 'Name of the language model.', ''),
        ('calls', 'Calls that came to an end; for latencies those that succeeded.', ''),
        ('tokens_in', 'Tokens sent.', ''),
        ('tokens_out', 'Tokens received.', ''),
        ('cost', 'Money, in the currency of the configured prices.', ''),
        ('suggestions', 'Looks that were kept as suggestions because the ticket had moved on.', ''),
        ('submitted_at', 'When it was submitted, by event time.', ''),
        ('state', 'new, triaged, in_progress, waiting_requester, on_hold, resolved, closed, merged or cancelled.', ''),
        ('category_source', 'Who set the category: model, llm, rule or agent.', ''),
        ('tier_source', 'Who set the tier: model, llm, rule or agent.', ''),
        ('severity_source', 'Who set the severity: model, llm, rule or agent.', ''),
        ('answer', 'What became of the last attempt to answer: none, answered, not_covered, refused, unsupported_language or withheld.', ''),
        ('needs_human', 'Whether a human must look at it.', ''),
        ('failed_attempts', 'How often the requester said that the documented steps failed.', ''),
        ('message_count', 'Messages after the submission.', ''),
        ('cycle', '1, and one more with every reopening.', ''),
        ('resolved_at', 'The last move to resolved, by event time; null for none.', ''),
        ('waiting_seconds', 'Seconds spent waiting for the requester before the last move to resolved.', ''),
        ('reopened_at', 'The first move from resolved back to an open state; null for none.', ''),
        ('human_messages', 'Messages by agents, internal notes included.', ''),
        ('resolved', 'Tickets whose last move to resolved fell on the day.', ''),
        ('reopened', 'Those of them that ever went back to open.', ''),
        ('reopen_rate', 'Their share, 0 to 1.', ''),
        ('deflected', 'Those of them that were deflected.', ''),
        ('deflection_rate', 'Their share, 0 to 1.', ''),
        ('age_order', '1 to 6, the youngest band first.', ''),
        ('age_band', 'How long ago they were submitted, in words.', ''),
        ('oldest_at', 'When the oldest of them was submitted.', ''),
        ('label', 'category, tier or severity.', ''),
        ('model_version', 'Version of the local model that classified the ticket.', ''),
        ('labels', 'Labels set by a model.', ''),
        ('corrected', 'Those of them that an agent set to another value.', ''),
        ('agreement', 'The share of the others, 0 to 1.', '')
    ) AS m (column_name, said, views) LOOP
        FOR place IN
            SELECT c.oid::regclass AS view_name FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind = 'v' AND a.attname = meaning.column_name AND c.relname ~ meaning.views
                AND col_description(c.oid, a.attnum) IS NULL
        LOOP
            EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view_name, meaning.column_name, meaning.said);
        END LOOP;
    END LOOP;
END
$$;

-- The role that dashboards get. It belongs to the whole cluster: another database may make it at the same moment, and the one who migrates may
-- lack the right to. `ingest init-db` then tells the statements to run.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'helpdesk_reporting') THEN
        BEGIN
            CREATE ROLE helpdesk_reporting NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'role helpdesk_reporting was not made: % may not create roles', current_user;
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'helpdesk_reporting') THEN
        GRANT USAGE ON SCHEMA reporting TO helpdesk_reporting;
        GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO helpdesk_reporting;
    END IF;
END
$$;
