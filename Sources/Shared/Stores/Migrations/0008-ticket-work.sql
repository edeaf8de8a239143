SET LOCAL search_path = helpdesk;

-- What people do to tickets by hand, and how tickets are found.

ALTER TABLE tickets
    -- Who works on it: an account's or an upstream's name.
    ADD COLUMN assignee text,
    ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
    ADD COLUMN watchers text[] NOT NULL DEFAULT '{}',
    -- The ticket that goes on in its place. It may have been merged itself later: the chain is followed, and has no cycles.
    ADD COLUMN merged_into uuid REFERENCES tickets,
    ADD CHECK (merged_into IS NULL OR state = 'merged');

CREATE INDEX tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX tickets_by_assignee ON tickets (assignee, submitted_at DESC, id DESC) WHERE assignee IS NOT NULL AND version > 0;
CREATE INDEX tickets_open ON tickets (submitted_at DESC, id DESC)
    WHERE version > 0 AND state IN ('new', 'triaged', 'in_progress', 'waiting_requester', 'on_hold');

-- The tags and watchers of tickets, in the order of lists: kept beside the arrays, with which they change.
CREATE TABLE ticket_tags (
    tag           text NOT NULL,
    submitted_at  timestamptz NOT NULL,
    ticket_id     uuid NOT NULL REFERENCES tickets,
    PRIMARY KEY (tag, submitted_at, ticket_id)
);
CREATE INDEX ticket_tags_by_ticket ON ticket_tags (ticket_id);

CREATE TABLE ticket_watchers (
    watcher       text NOT NULL,
    submitted_at  timestamptz NOT NULL,
    ticket_id     uuid NOT NULL REFERENCES tickets,
    PRIMARY KEY (watcher, submitted_at, ticket_id)
);
CREATE INDEX ticket_watchers_by_ticket ON ticket_watchers (ticket_id);

-- Each link from both sides.
CREATE TABLE ticket_links (
    ticket_id  uuid NOT NULL,
    other_id   uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('related', 'follows', 'followed_by')),
    by_kind    text NOT NULL,
    by_id      text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, other_id, kind),
    CHECK (ticket_id <> other_id)
);

-- Labels that agents set, against what stood before and why. Rows are never changed.
CREATE TABLE corrections (
    ticket_id    uuid NOT NULL REFERENCES tickets,
    version      integer NOT NULL,
    label        text NOT NULL CHECK (label IN ('category', 'tier', 'severity')),
    from_value   text NOT NULL,
    from_source  text NOT NULL,
    to_value     text NOT NULL,
    reason       text NOT NULL,
    agent_id     text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, version, label)
);
CREATE INDEX corrections_by_time ON corrections (at);

-- Escalations that a person asked for. The policy tells of each once.
CREATE TABLE escalation_asks (
    id         uuid PRIMARY KEY,
    ticket_id  uuid NOT NULL REFERENCES tickets,
    cycle      integer NOT NULL,
    by_kind    text NOT NULL CHECK (by_kind IN ('requester', 'agent')),
    by_id      text NOT NULL,
    tier       smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),
    reason     text,
    at         timestamptz NOT NULL
);
CREATE INDEX escalation_asks_by_ticket ON escalation_asks (ticket_id, cycle);

-- A history row that its requester does not see, and why something was done by hand.
ALTER TABLE ticket_history
    ADD COLUMN is_internal boolean NOT NULL DEFAULT false,
    ADD COLUMN reason text;
UPDATE ticket_history AS h SET is_internal = true FROM messages AS m WHERE m.id = h.cause AND m.ticket_id = h.ticket_id AND m.visibility = 'internal';
CREATE INDEX ticket_history_internal ON ticket_history (ticket_id) WHERE is_internal;
CREATE INDEX messages_internal ON messages (ticket_id) WHERE visibility = 'internal';

-- Requests of the API that were done under a key of their sender's, with what was answered: the effect and its row commit together.
CREATE TABLE request_keys (
    principal    text NOT NULL,
    key          text NOT NULL,
    -- Of the operation, the ticket and the body.
    fingerprint  bytea NOT NULL,
    version      integer NOT NULL,
    body         bytea NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (principal, key)
);
CREATE INDEX request_keys_by_time ON request_keys USING brin (created_at);

-- Secrets that all gateways share, made by the first that needs one.
CREATE TABLE gateway_secrets (
    name        text PRIMARY KEY,
    secret      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Full text. The words of a ticket are put together after its transaction, so that the fast path pays for one small row only.
CREATE TABLE search_queue (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  uuid NOT NULL
);

CREATE TABLE ticket_search (
    ticket_id    uuid NOT NULL REFERENCES tickets,
    -- True for the row with internal notes and answers that were kept back; only tickets that have such have one. It holds the other's words too.
    is_internal  boolean NOT NULL,
    -- Of the ticket when it was read.
    version      integer NOT NULL,
    words        tsvector NOT NULL,
    PRIMARY KEY (ticket_id, is_internal)
);
-- Few words are in many tickets, and most in few: the planner must know which.
ALTER TABLE ticket_search ALTER COLUMN words SET STATISTICS 1000;
CREATE INDEX ticket_search_words ON ticket_search USING gin (words);

-- Text as it is searched, in any of the languages: lower case, without accents, letters that have other spellings in these.
CREATE FUNCTION search_text(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT replace(replace(replace(replace(
        regexp_replace(normalize(lower($1), NFKD), U&'[\0300-\036F]', '', 'g'),
        U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00F8', 'o')
$$;

-- Cut so that no ticket has more words than a tsvector holds: a mebibyte of them.
CREATE FUNCTION search_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT to_tsvector('pg_catalog.simple', left(helpdesk.search_text(left($1, 150000)), 150000))
$$;

INSERT INTO search_queue (ticket_id) SELECT id FROM tickets WHERE version > 0 ORDER BY submitted_at DESC;
