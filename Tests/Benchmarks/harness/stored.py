"""A database full of tickets, made by sets in SQL: 400 days of them, worked like a help desk's."""

CATEGORIES = "ARRAY['auth_loop_failure','vm_crash','environment_mapping','container_start','dns_resolution','mfa_reset','clock_drift','performance','data_recovery','general_question']"

# What a ticket is comes from two hashes of its number, with few of some kinds and many of others.
TICKETS = """
    INSERT INTO helpdesk.tickets (id, version, state, requester_id, requester_name, requester_email, persona, channel, subject, body, language,
        category, category_source, tier, tier_source, severity, severity_source, confidence, needs_human, revision, message_count, answer, source,
        submitted_at, updated_at, stored_at, tags, assignee)
    SELECT gen_random_uuid(), 3, state, 'learner-' || floor(20000 * power(g / 2147483648.0, 2)), 'Learner', 'learner@example.org', 'trainee', 'lms',
        'Ticket ' || n || ' about ' || category,
        repeat('The lab machine stopped reacting and the screen shows the last picture. ', 4) || n || ' error e' || (h % 5000) || ' room r' || (g % 200),
        CASE WHEN g % 100 < 70 THEN 'en' WHEN g % 100 < 85 THEN 'de' WHEN g % 100 < 95 THEN 'es' ELSE 'fr' END, category, 'model',
        CASE WHEN h % 100 < 60 THEN 0 WHEN h % 100 < 90 THEN 1 WHEN h % 100 < 99 THEN 2 ELSE 3 END, 'model',
        CASE WHEN h / 100 % 100 < 40 THEN 'low' WHEN h / 100 % 100 < 85 THEN 'medium' WHEN h / 100 % 100 < 97 THEN 'high' ELSE 'critical' END, 'model',
        0.8, g / 100 % 100 < 30, 1, 2, 'answered', '/bench', at, at, at, CASE WHEN h % 10000 = 7 THEN '{{rare}}'::text[] ELSE '{{}}' END,
        CASE WHEN state IN ('triaged', 'waiting_requester') THEN NULL ELSE 'agent-' || g % 50 END
    FROM (
        SELECT n, h, g, now() - interval '400 days' + interval '400 days' * (n::double precision / {count}) AS at,
            ({categories})[1 + floor(10 * power(h / 2147483648.0, 2))::int] AS category,
            CASE WHEN n > {count} * 0.98 THEN (ARRAY['triaged','in_progress','waiting_requester'])[1 + g % 3]
                WHEN g % 50 = 0 THEN 'triaged' ELSE (ARRAY['closed','closed','closed','resolved'])[1 + h % 4] END AS state
        FROM (SELECT n, hashint8(n)::bigint & 2147483647 AS h, hashint8(n + 7000000001)::bigint & 2147483647 AS g
            FROM generate_series({first}::bigint, {last}::bigint) AS n) AS numbers
    ) AS made"""

# What hangs on tickets, from the tickets of the same interval.
REST = [
    """INSERT INTO helpdesk.classifications SELECT id, 1, gen_random_uuid(), 'triage', language, 0.9, category, 'model', tier, 'model', severity, 'model',
        0.8, needs_human, '[]', '[]', 't', 'g', 'linear-1', submitted_at FROM {made}""",
    """INSERT INTO helpdesk.messages SELECT gen_random_uuid(), id, 1, CASE WHEN needs_human THEN 'agent' ELSE 'ai' END, 'helpdesk', 'public',
        'Please follow the steps of the article.', language, '[]', submitted_at FROM {made}""",
    """INSERT INTO helpdesk.ticket_history SELECT id, v, CASE v WHEN 1 THEN 'submitted' ELSE 'replied' END, gen_random_uuid(), 'requester', requester_id,
        'bench', CASE v WHEN 1 THEN '[{{"field": "state", "to": "triaged"}}]'::jsonb
            ELSE '[{{"field": "state", "from": "triaged", "to": "resolved"}}]'::jsonb END, submitted_at + v * interval '2 hours'
        FROM {made}, generate_series(1, 2) AS v WHERE v = 1 OR state IN ('closed', 'resolved')""",
    """INSERT INTO helpdesk.sla_clocks SELECT id, target, 1, submitted_at, severity, 'satisfied', submitted_at + interval '1 day', NULL, NULL, NULL,
        submitted_at + interval '1 hour', 86400, 3600, submitted_at FROM {made}, (VALUES ('first_response'), ('resolution')) AS t (target)""",
    """INSERT INTO helpdesk.escalations SELECT id, 1, 'low-confidence', false, '{{}}', '{{}}', tier, severity, NULL, 'p', 2, 'why', '{{}}', submitted_at, '{{}}'
        FROM {made} WHERE tier = 3""",
    """INSERT INTO helpdesk.answers (ticket_id, number, event_id, stage, outcome, language, citations, articles, reason, library_version, model,
        prompt_version, at) SELECT id, 1, gen_random_uuid(), 'triage', 'not_covered', language, '{{}}', '[]', 'bench', 'l', 'none', '', submitted_at
        FROM {made}""",
    # Kept for fourteen days.
    """INSERT INTO helpdesk.inbox (consumer, event_id, payload_hash, outcome, received_at)
        SELECT consumer, gen_random_uuid(), '\\x00', 'applied', submitted_at FROM {made}, (VALUES ('triage'), ('escalation'), ('metrics')) AS c (consumer)
        WHERE submitted_at > now() - interval '14 days'""",
    """INSERT INTO helpdesk.metric_facts SELECT date_trunc('day', submitted_at, 'UTC'), gen_random_uuid(), 0, submitted_at, id, 'first_response_seconds',
        random() * 3600, 'any', category, tier, severity, language, persona, channel FROM {made}""",
    """INSERT INTO helpdesk.metric_rollups AS r
        SELECT 'day', name, date_trunc('day', submitted_at, 'UTC'), '', category, tier, severity, language, persona, channel, 0, count(*), count(*), 1, 1
        FROM {made}, (VALUES ('tickets_submitted'), ('answers'), ('classifications')) AS n (name) GROUP BY 2, 3, 5, 6, 7, 8, 9, 10
        ON CONFLICT (grain, name, bucket, detail, category, tier, severity, language, persona, channel, shard)
        DO UPDATE SET count = r.count + excluded.count, sum = r.sum + excluded.sum""",
    """INSERT INTO helpdesk.ticket_search SELECT id, false, version, helpdesk.search_words(subject || E'\\n' || body) FROM {made}""",
]
STEP = 100_000


def fill(context, name, count):
    """A database with so many tickets and all that hangs on them, analysed."""
    context.database(name)
    with context.cluster.connect(name) as connection:
        # The rows are right by construction: no foreign key need be checked.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        # Built at once at the end, as a restored dump builds it: row by row it takes ten times as long.
        words = connection.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'ticket_search_words'").fetchone()[0]
        connection.execute("DROP INDEX helpdesk.ticket_search_words")
        for first in range(1, count + 1, STEP):
            last = min(count, first + STEP - 1)
            connection.execute("BEGIN")
            connection.execute("CREATE TEMP TABLE made ON COMMIT DROP AS SELECT * FROM helpdesk.tickets LIMIT 0")
            insert = TICKETS.format(first=first, last=last, count=count, categories=CATEGORIES)
            connection.execute(f"WITH new AS ({insert} RETURNING *) INSERT INTO made SELECT * FROM new")
            for statement in REST:
                connection.execute(statement.format(made="made"))
            connection.execute("COMMIT")
            context.say(f"  {last:,} of {count:,} tickets made")
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(words)
        connection.execute("VACUUM ANALYZE")
    context.cluster.execute("CHECKPOINT")
