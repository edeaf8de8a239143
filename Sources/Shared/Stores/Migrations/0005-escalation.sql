SET LOCAL search_path = helpdesk;

-- Escalations, clocks, timers and incidents. All but the incidents are written under the lock of their ticket.

-- One row for each rule that escalated a ticket in a cycle.
CREATE TABLE escalations (
    ticket_id       uuid NOT NULL REFERENCES tickets,
    cycle           integer NOT NULL,
    rule            text NOT NULL,
    is_final        boolean NOT NULL,
    -- The guardrails that the rule saw. A new one escalates once more and is added here.
    grounds         text[] NOT NULL,
    evidence        jsonb NOT NULL,
    -- The ticket as the decision left it.
    tier            smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),
    severity        text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    incident_id     uuid,
    policy_version  text NOT NULL,
    ticket_version  integer NOT NULL,
    why             text NOT NULL,
    -- What the human got, without the conversation.
    handover        jsonb NOT NULL,
    -- Event time of the first firing.
    at              timestamptz NOT NULL,
    -- The ticket.escalated events that told it.
    event_ids       uuid[] NOT NULL,
    PRIMARY KEY (ticket_id, cycle, rule)
);
CREATE INDEX escalations_by_time ON escalations (at);

-- What the policy said, each time it said something else than before, with everything that it looked at. Rows are never changed.
CREATE TABLE policy_decisions (
    ticket_id       uuid NOT NULL REFERENCES tickets,
    seq             integer NOT NULL,
    ticket_version  integer NOT NULL,
    cycle           integer NOT NULL,
    policy_version  text NOT NULL,
    -- Equal for decisions that say the same.
    fingerprint     text NOT NULL,
    -- Rules without a tier that fired in this cycle: they are told once too.
    noted           jsonb NOT NULL,
    facts           jsonb NOT NULL,
    decision        jsonb NOT NULL,
    cause           uuid NOT NULL,
    -- The wall clock of the evaluation.
    at              timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);
CREATE INDEX policy_decisions_by_time ON policy_decisions (at, ticket_id, seq);

CREATE TABLE sla_clocks (
    ticket_id    uuid NOT NULL REFERENCES tickets,
    target       text NOT NULL CHECK (target IN ('first_response', 'resolution')),
    cycle        integer NOT NULL,
    started_at   timestamptz NOT NULL,
    severity     text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    status       text NOT NULL CHECK (status IN ('running', 'paused', 'satisfied', 'stopped')),
    due_at       timestamptz,
    warn_at      timestamptz,
    -- Once each: a later change of severity takes nothing back.
    warned_at    timestamptz,
    breached_at  timestamptz,
    ended_at     timestamptz,
    -- Seconds of working time: promised, and used when the row was written.
    allowance    double precision NOT NULL,
    used         double precision NOT NULL,
    measured_at  timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, target, cycle)
);
CREATE INDEX sla_clocks_by_due ON sla_clocks (due_at);

-- When a ticket must be looked at again. No foreign key: the check would wait for the ticket's lock, and whoever opens an incident writes
-- timers of tickets that others hold.
CREATE TABLE timers (
    ticket_id  uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('sla', 'evaluate')),
    due_at     timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, kind)
);
CREATE INDEX timers_by_due ON timers (due_at);

CREATE TABLE incidents (
    id             uuid PRIMARY KEY,
    rule           text NOT NULL,
    category       text NOT NULL,
    severity       text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    -- The ticket that made it one.
    opened_by      uuid NOT NULL,
    -- Different people when it was opened.
    requesters     integer NOT NULL,
    opened_at      timestamptz NOT NULL,
    closed_at      timestamptz
);
CREATE INDEX incidents_open ON incidents (opened_at) WHERE closed_at IS NULL;
CREATE INDEX incidents_by_time ON incidents (opened_at);

CREATE TABLE incident_tickets (
    incident_id  uuid NOT NULL REFERENCES incidents,
    ticket_id    uuid NOT NULL,
    joined_at    timestamptz NOT NULL,
    PRIMARY KEY (incident_id, ticket_id)
);
CREATE INDEX incident_tickets_by_ticket ON incident_tickets (ticket_id);
