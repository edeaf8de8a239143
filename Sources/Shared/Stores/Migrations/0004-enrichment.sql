SET LOCAL search_path = helpdesk;

-- What the language model said about a ticket, stored when it arrived: an event that is delivered again does not pay again. The first row for
-- an event and prompt counts; rows are never changed. No reference to tickets: an answer must not wait for somebody's lock on one.
CREATE TABLE model_answers (
    event_id        uuid NOT NULL,
    -- The hash of everything in the prompt that does not come from the ticket or the articles.
    prompt_version  text NOT NULL,
    ticket_id       uuid NOT NULL,
    model           text NOT NULL,
    -- As it came; it keeps to the schema.
    content         text NOT NULL,
    -- The sections of articles that were sent with the ticket.
    sources         text[] NOT NULL,
    -- How much was taken out of the ticket before it left, by kind.
    redacted        jsonb NOT NULL,
    input_tokens    integer NOT NULL,
    output_tokens   integer NOT NULL,
    -- In the currency of the configured prices.
    cost            double precision NOT NULL,
    attempts        integer NOT NULL,
    -- Of the attempt that succeeded, in seconds.
    latency         double precision NOT NULL,
    -- When it arrived. Everything that follows from it carries this instant.
    at              timestamptz NOT NULL,
    PRIMARY KEY (event_id, prompt_version)
);
CREATE INDEX model_answers_by_time ON model_answers USING brin (at);

-- What the language model said and nobody may act on by itself: kept for whoever works the ticket.
CREATE TABLE suggestions (
    ticket_id       uuid NOT NULL REFERENCES tickets,
    number          integer NOT NULL CHECK (number >= 1),
    event_id        uuid NOT NULL,
    -- Why it was not applied.
    reason          text NOT NULL,
    category        text NOT NULL,
    tier            smallint NOT NULL CHECK (tier BETWEEN 0 AND 3),
    severity        text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    confidence      double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    language        text NOT NULL,
    rationale       text NOT NULL,
    -- A checked answer; null when there was none that may be shown.
    text            text,
    citations       text[] NOT NULL,
    model           text NOT NULL,
    prompt_version  text NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, number)
);

-- How the language model does, as the process sees it that calls it. Written every few seconds: an old row means that nobody calls it.
CREATE TABLE model_health (
    name        text PRIMARY KEY,
    state       text NOT NULL CHECK (state IN ('healthy', 'unhealthy')),
    breaker     text NOT NULL CHECK (breaker IN ('closed', 'half_open', 'open')),
    detail      text,
    checked_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);
