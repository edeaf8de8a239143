SET LOCAL search_path = helpdesk;

-- How often an account was changed, so that nobody's change to it is lost.
ALTER TABLE accounts ADD COLUMN version integer NOT NULL DEFAULT 1;

-- Whether the audit log tells of the lock-out that is on: once, however many attempts come while it is.
ALTER TABLE login_attempts ADD COLUMN told boolean NOT NULL DEFAULT false;
