SET LOCAL search_path = helpdesk;

-- The state of the help desk. Every table is written by sets of rows in one order (inbox, tickets by id, outbox), so that two
-- transactions never wait for each other in a circle.

-- Tickets. A row of version 0 is a stub: a reply came before its ticket and locks the place. Stubs are shown to nobody.
CREATE TABLE tickets (
    id               uuid PRIMARY KEY,
    version          integer NOT NULL CHECK (version >= 0),
    state            text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold', 'resolved', 'closed', 'merged', 'cancelled')),
    requester_id     text NOT NULL DEFAULT '',
    requester_name   text,
    requester_email  text,
    persona          text NOT NULL DEFAULT 'trainee' CHECK (persona IN ('trainee', 'instructor', 'operator', 'support_engineer', 'admin')),
    channel          text NOT NULL DEFAULT '',
    subject          text NOT NULL DEFAULT '',
    body             text NOT NULL DEFAULT '',
    course           text,
    module           text,
    language         text NOT NULL DEFAULT 'und',
    category         text NOT NULL DEFAULT '',
    category_source  text NOT NULL DEFAULT 'model' CHECK (category_source IN ('model', 'llm', 'rule', 'agent')),
    tier             smallint NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 3),
    tier_source      text NOT NULL DEFAULT 'model' CHECK (tier_source IN ('model', 'llm', 'rule', 'agent')),
    severity         text NOT NULL DEFAULT 'low' CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    severity_source  text NOT NULL DEFAULT 'model' CHECK (severity_source IN ('model', 'llm', 'rule', 'agent')),
    confidence       double precision NOT NULL DEFAULT 0 CHECK (confidence BETWEEN 0 AND 1),
    needs_human      boolean NOT NULL DEFAULT false,
    guardrails       text[] NOT NULL DEFAULT '{}',
    revision         integer NOT NULL DEFAULT 0,
    failed_attempts  integer NOT NULL DEFAULT 0,
    message_count    integer NOT NULL DEFAULT 0,
    source           text NOT NULL DEFAULT '',
    submitted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    stored_at        timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 85);

-- Lists page by (submitted_at, id), newest first, under one of these filters.
CREATE INDEX tickets_by_time ON tickets (submitted_at DESC, id DESC) WHERE version > 0;
CREATE INDEX tickets_by_requester ON tickets (requester_id, submitted_at DESC, id DESC) WHERE version > 0;
CREATE INDEX tickets_by_category ON tickets (category, submitted_at DESC, id DESC) WHERE version > 0;
CREATE INDEX tickets_by_queue ON tickets (state, tier, severity, submitted_at DESC, id DESC) WHERE version > 0;

CREATE TABLE messages (
    id           uuid PRIMARY KEY,
    ticket_id    uuid NOT NULL REFERENCES tickets,
    number       integer NOT NULL,
    author_kind  text NOT NULL CHECK (author_kind IN ('requester', 'agent', 'ai', 'system')),
    author_id    text NOT NULL,
    visibility   text NOT NULL CHECK (visibility IN ('public', 'internal')),
    body         text NOT NULL,
    language     text NOT NULL,
    guardrails   jsonb NOT NULL,
    at           timestamptz NOT NULL,
    UNIQUE (ticket_id, number)
);

-- One row for each time a ticket was classified. Rows are never changed.
CREATE TABLE classifications (
    ticket_id            uuid NOT NULL REFERENCES tickets,
    revision             integer NOT NULL,
    event_id             uuid NOT NULL,
    stage                text NOT NULL,
    language             text NOT NULL,
    language_confidence  double precision NOT NULL,
    category             text NOT NULL,
    category_source      text NOT NULL,
    tier                 smallint NOT NULL,
    tier_source          text NOT NULL,
    severity             text NOT NULL,
    severity_source      text NOT NULL,
    confidence           double precision NOT NULL,
    needs_human          boolean NOT NULL,
    guardrails           jsonb NOT NULL,
    reasons              jsonb NOT NULL,
    taxonomy_version     text NOT NULL,
    guardrails_version   text NOT NULL,
    model_version        text NOT NULL,
    at                   timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, revision)
);

-- One row for each version of a ticket. Rows are never changed.
CREATE TABLE ticket_history (
    ticket_id    uuid NOT NULL REFERENCES tickets,
    version      integer NOT NULL,
    kind         text NOT NULL,
    cause        uuid NOT NULL,
    actor_kind   text NOT NULL,
    actor_id     text NOT NULL,
    origin       text NOT NULL,
    changes      jsonb NOT NULL,
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket_id, version)
);

-- Replies whose ticket has not come, as the records they arrived in.
CREATE TABLE parked_replies (
    event_id          uuid PRIMARY KEY,
    ticket_id         uuid NOT NULL REFERENCES tickets,
    payload_hash      bytea NOT NULL,
    topic             text NOT NULL,
    partition         integer NOT NULL,
    record_offset     bigint NOT NULL,
    record_timestamp  bigint,
    key               bytea,
    value             bytea,
    headers           jsonb NOT NULL,
    parked_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at        timestamptz NOT NULL
);
CREATE INDEX parked_replies_by_ticket ON parked_replies (ticket_id);
CREATE INDEX parked_replies_by_expiry ON parked_replies (expires_at);

-- What each consumer has handled. The claim of an event and its effects commit together.
CREATE TABLE inbox (
    consumer      text NOT NULL,
    event_id      uuid NOT NULL,
    payload_hash  bytea NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('applied', 'ignored', 'dead', 'replaying')),
    detail        text,
    attempts      smallint NOT NULL DEFAULT 0,
    origin        text,
    received_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_by_receipt ON inbox USING brin (received_at);
CREATE INDEX inbox_dead ON inbox (consumer, received_at) WHERE outcome IN ('dead', 'replaying');

-- Events that are committed and perhaps not on their topic yet, as the bytes to be sent.
CREATE TABLE outbox (
    event_id    uuid PRIMARY KEY,
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    topic       text NOT NULL,
    key         bytea,
    value       bytea,
    headers     jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX outbox_by_seq ON outbox (seq);

-- Who handles which partition. A row found open by the next holder tells that the last one died.
CREATE TABLE consumer_assignments (
    consumer   text NOT NULL,
    topic      text NOT NULL,
    partition  integer NOT NULL,
    holder     uuid NOT NULL,
    opened_at  timestamptz NOT NULL,
    closed_at  timestamptz,
    PRIMARY KEY (consumer, topic, partition)
);

-- Attempts at records that were in hand when a process died, counted before each attempt.
CREATE TABLE crash_attempts (
    consumer       text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    record_offset  bigint NOT NULL,
    attempts       integer NOT NULL,
    PRIMARY KEY (consumer, topic, partition, record_offset)
);

-- Written by the database probe: reading would not tell that the disk is full.
CREATE TABLE write_probe (
    id  integer PRIMARY KEY,
    at  timestamptz NOT NULL
);

CREATE TABLE roles (
    name         text PRIMARY KEY,
    description  text NOT NULL
);

CREATE TABLE role_permissions (
    role        text NOT NULL REFERENCES roles ON DELETE CASCADE,
    permission  text NOT NULL,
    PRIMARY KEY (role, permission)
);

-- Keys of upstream systems and people's scripts. Only a hash is kept; the key itself is shown once.
CREATE TABLE api_keys (
    id            uuid PRIMARY KEY,
    name          text NOT NULL,
    hash          bytea NOT NULL UNIQUE,
    role          text NOT NULL REFERENCES roles,
    requester_id  text NOT NULL,
    persona       text NOT NULL DEFAULT 'trainee',
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
