SET LOCAL search_path = helpdesk;

-- Every text of an article that was ever synced. Rows are never changed, so that an old answer can still be read against what it cites.
CREATE TABLE kb_articles (
    article_id       text NOT NULL,
    -- First 12 hexadecimal digits of the text's hash: `version` is only what the author claims.
    content_version  text NOT NULL,
    title            text NOT NULL,
    version          text NOT NULL,
    last_updated     date NOT NULL,
    status           text NOT NULL CHECK (status IN ('current', 'deprecated')),
    text             text NOT NULL,
    stored_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (article_id, content_version)
);

-- Each set of articles that was ever synced; exactly one of them is answered from.
CREATE TABLE kb_libraries (
    version       text PRIMARY KEY,
    synced_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    synced_by     text NOT NULL,
    activated_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    is_active     boolean NOT NULL
);
CREATE UNIQUE INDEX kb_libraries_active ON kb_libraries (is_active) WHERE is_active;

CREATE TABLE kb_library_articles (
    library_version  text NOT NULL REFERENCES kb_libraries,
    article_id       text NOT NULL,
    content_version  text NOT NULL,
    -- Here and not with the text: the same text may come again under another name, and links between articles use the name.
    file_name        text NOT NULL,
    PRIMARY KEY (library_version, article_id),
    FOREIGN KEY (article_id, content_version) REFERENCES kb_articles
);

-- One row for each attempt to answer a ticket, shown or not. Rows are never changed.
CREATE TABLE answers (
    ticket_id        uuid NOT NULL REFERENCES tickets,
    number           integer NOT NULL CHECK (number >= 1),
    event_id         uuid NOT NULL,
    stage            text NOT NULL,
    outcome          text NOT NULL CHECK (outcome IN ('answered', 'not_covered', 'refused', 'unsupported_language', 'withheld')),
    -- The message that the requester sees; null for what is kept back.
    message_id       uuid CHECK (message_id IS NULL OR (text IS NOT NULL AND outcome NOT IN ('unsupported_language', 'withheld'))),
    language         text NOT NULL,
    text             text,
    citations        text[] NOT NULL,
    -- What was found, the best first: chunk, score, coverage, matched words.
    articles         jsonb NOT NULL,
    reason           text,
    -- Null when no library was ever synced.
    library_version  text,
    model            text,
    prompt_version   text,
    at               timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, number)
);
