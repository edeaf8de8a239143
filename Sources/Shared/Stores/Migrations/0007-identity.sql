SET LOCAL search_path = helpdesk;

-- People. Who was invited and has not come yet has no password, and cannot sign in.
CREATE TABLE accounts (
    id               uuid PRIMARY KEY,
    login            text NOT NULL,
    -- The login as it is compared: composed and in lower case.
    login_key        text NOT NULL UNIQUE,
    name             text NOT NULL,
    persona          text NOT NULL CHECK (persona IN ('trainee', 'instructor', 'operator', 'support_engineer', 'admin')),
    -- Whose tickets are this person's own.
    requester_id     text NOT NULL UNIQUE,
    password         text,
    password_set_at  timestamptz,
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deactivated')),
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE account_roles (
    account_id  uuid NOT NULL REFERENCES accounts,
    role        text NOT NULL REFERENCES roles,
    granted_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, role)
);
CREATE INDEX account_roles_by_role ON account_roles (role);

-- Invitations and resets: good once, kept as hashes.
CREATE TABLE one_time_tokens (
    hash        bytea PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES accounts,
    purpose     text NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX one_time_tokens_by_account ON one_time_tokens (account_id);

-- One row for each sign-in: the family of its refresh tokens.
CREATE TABLE sessions (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES accounts,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_used_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    end_reason    text,
    address       text NOT NULL,
    user_agent    text NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id, created_at DESC);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Used ones stay as long as their session, so that a second use is noticed.
CREATE TABLE refresh_tokens (
    hash        bytea PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Attempts to sign in, by login and by address, as hashes: a password typed into the wrong field is kept nowhere.
CREATE TABLE login_attempts (
    subject       bytea PRIMARY KEY,
    attempts      integer NOT NULL,
    last_at       timestamptz NOT NULL,
    locked_until  timestamptz NOT NULL
);
CREATE INDEX login_attempts_by_time ON login_attempts (last_at);

-- What access tokens are signed with. Every gateway sees a key well before it signs.
CREATE TABLE signing_keys (
    id              text PRIMARY KEY,
    algorithm       text NOT NULL,
    private_key     bytea NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    signs_from      timestamptz NOT NULL,
    signs_until     timestamptz NOT NULL,
    verifies_until  timestamptz NOT NULL
);

-- A key may be narrowed to some of its role's permissions; NULL is all of them.
ALTER TABLE api_keys ADD COLUMN permissions text[], ADD COLUMN created_by text NOT NULL DEFAULT '';

-- Every act of administration and security: added to, never changed.
CREATE TABLE audit_log (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    action      text NOT NULL,
    subject     text NOT NULL,
    address     text NOT NULL,
    request_id  text NOT NULL,
    before      jsonb,
    after       jsonb
);
CREATE INDEX audit_log_by_actor ON audit_log (actor, seq DESC);
CREATE INDEX audit_log_by_subject ON audit_log (subject, seq DESC);
CREATE INDEX audit_log_by_action ON audit_log (action, seq DESC);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
-- The owner too gives up the right; a superuser is stopped by the trigger alone.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC, CURRENT_USER;

-- Permissions that did not exist when the built-in roles were seeded. `admin` gets its own with the next `seed-roles`, and here.
INSERT INTO role_permissions (role, permission)
SELECT r.name, p.permission FROM roles AS r JOIN (VALUES
    ('end_user', 'tickets.escalate.own'), ('end_user', 'tickets.close.own'), ('end_user', 'kb.read'),
    ('agent', 'tickets.escalate.own'), ('agent', 'tickets.close.own'), ('agent', 'kb.read'), ('agent', 'tickets.assign'),
    ('agent', 'tickets.edit'), ('agent', 'tickets.escalate'), ('agent', 'tickets.merge'), ('agent', 'kb.draft'), ('agent', 'metrics.read'),
    ('agent', 'users.read'),
    ('admin', 'tickets.escalate.own'), ('admin', 'tickets.close.own'), ('admin', 'kb.read'), ('admin', 'tickets.assign'),
    ('admin', 'tickets.edit'), ('admin', 'tickets.escalate'), ('admin', 'tickets.merge'), ('admin', 'kb.draft'), ('admin', 'metrics.read'),
    ('admin', 'users.read'), ('admin', 'kb.publish'), ('admin', 'users.manage'), ('admin', 'roles.manage'), ('admin', 'audit.read')
) AS p (role, permission) ON p.role = r.name
ON CONFLICT DO NOTHING;
