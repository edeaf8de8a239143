SET LOCAL search_path = helpdesk;

-- What the later stages leave on a ticket, so that everyone who locks it sees it.
ALTER TABLE tickets
    -- 1, and one more with every reopening.
    ADD COLUMN cycle integer NOT NULL DEFAULT 1,
    -- What became of the last attempt to answer.
    ADD COLUMN answer text NOT NULL DEFAULT 'none'
        CHECK (answer IN ('none', 'answered', 'not_covered', 'refused', 'unsupported_language', 'withheld')),
    -- Where the language model's look at it stands.
    ADD COLUMN enrichment text NOT NULL DEFAULT 'not_requested' CHECK (enrichment IN ('not_requested', 'pending', 'done')),
    -- The wall clock when the fast path stored its classification.
    ADD COLUMN classified_at timestamptz NOT NULL DEFAULT clock_timestamp();
