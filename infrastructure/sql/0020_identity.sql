-- Sign-in: sessions, passwords, linked accounts, rates and the security log. None of it is a fact: sign-ins come from
-- strangers, who must not grow the ledger, and addresses have to be deleted after a time. No secret is stored, only
-- SHA-256 digests of random tokens and Argon2 hashes of passwords.
CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO countersign_app;

CREATE TABLE identity.session (
    digest      bytea       PRIMARY KEY,       -- SHA-256 of the token in the cookie
    id          uuid        NOT NULL UNIQUE,   -- by which its owner ends it; useless as a token
    principal   text        NOT NULL,
    grant_id    uuid,                          -- the grant chosen for this session; NULL until one is chosen
    method      text        NOT NULL,          -- password, oidc, demo or code
    issuer      text        NOT NULL DEFAULT '',
    subject     text        NOT NULL DEFAULT '',
    provider_session text   NOT NULL DEFAULT '',  -- the claim sid, for back-channel logout
    address     text        NOT NULL,
    browser     text        NOT NULL,          -- User-Agent, shortened: so that its owner recognises it
    created_at  timestamptz NOT NULL,
    touched_at  timestamptz NOT NULL,          -- last use, to the minute
    expires_at  timestamptz NOT NULL
);
CREATE INDEX ON identity.session (principal);
CREATE INDEX ON identity.session (expires_at);
CREATE INDEX ON identity.session (issuer, subject) WHERE issuer <> '';

CREATE TABLE identity.password (
    login      text        PRIMARY KEY,
    principal  text        NOT NULL,
    hash       text        NOT NULL,           -- Argon2id, with its parameters
    changed_at timestamptz NOT NULL
);

-- A person at an OpenID Connect provider: the pair never changes, a name or an address may.
CREATE TABLE identity.linked_account (
    issuer    text        NOT NULL,
    subject   text        NOT NULL,
    principal text        NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);

CREATE TABLE identity.one_time_code (
    digest     bytea       PRIMARY KEY,
    purpose    text        NOT NULL,
    expires_at timestamptz NOT NULL
);

-- People of a demonstration, offered on the sign-in page. A row here marks a database that the demo made. What they
-- may do is not here: their grants are facts.
CREATE TABLE identity.demo_person (
    principal text    PRIMARY KEY,
    name      text    NOT NULL,
    role      text    NOT NULL,
    over      text    NOT NULL,                -- department, or code of the enterprise
    over_name text    NOT NULL,
    position  integer NOT NULL                 -- order on the page
);

-- Addresses of calendars: whoever has one reads the deadlines that its person's grant shows, and nothing else.
CREATE TABLE identity.calendar_address (
    digest     bytea       PRIMARY KEY,        -- SHA-256 of the token in the address
    id         uuid        NOT NULL UNIQUE,    -- by which its owner ends it
    principal  text        NOT NULL,
    grant_id   uuid        NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz                     -- to the hour
);
CREATE INDEX ON identity.calendar_address (principal);

CREATE TABLE identity.key_use (
    key_id  text        PRIMARY KEY,
    used_at timestamptz NOT NULL               -- to the hour
);

-- Not worth a disk write: after a crash, people sign in again.
CREATE UNLOGGED TABLE identity.pending_sign_in (
    digest     bytea       PRIMARY KEY,        -- SHA-256 of the state parameter
    browser    bytea       NOT NULL,           -- SHA-256 of the cookie of the browser that began
    nonce      text        NOT NULL,
    verifier   text        NOT NULL,           -- PKCE
    return_to  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE UNLOGGED TABLE identity.used_token (
    id         text        PRIMARY KEY,        -- issuer and jti of a logout token
    expires_at timestamptz NOT NULL
);
CREATE UNLOGGED TABLE identity.rate (
    key        text        PRIMARY KEY,
    arrival_at timestamptz NOT NULL,           -- GCRA: the theoretical arrival time
    failures   integer     NOT NULL DEFAULT 0,
    trusted    boolean     NOT NULL DEFAULT false  -- the account has signed in from this address before
);
CREATE INDEX ON identity.rate (arrival_at);

CREATE TABLE identity.security_log (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL,
    kind      text        NOT NULL,
    principal text        NOT NULL DEFAULT '',
    address   text        NOT NULL DEFAULT '',
    method    text        NOT NULL DEFAULT '',
    session   uuid,
    detail    text        NOT NULL DEFAULT ''
);
CREATE INDEX ON identity.security_log (at);
CREATE INDEX ON identity.security_log (principal, at);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    identity.session, identity.password, identity.linked_account, identity.one_time_code,
    identity.calendar_address, identity.demo_person, identity.key_use, identity.pending_sign_in,
    identity.used_token, identity.rate
    TO countersign_app;
GRANT SELECT, INSERT ON identity.security_log TO countersign_app;

-- The application writes and reads the log; only this removes entries, and none younger than 180 days.
CREATE FUNCTION identity.prune_security_log(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = identity, pg_catalog, pg_temp
BEGIN ATOMIC
    WITH removed AS (
        DELETE FROM identity.security_log
        WHERE at < least(before, now() - interval '180 days') RETURNING 1
    )
    SELECT count(*) FROM removed;
END;
REVOKE ALL ON FUNCTION identity.prune_security_log(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.prune_security_log(timestamptz) TO countersign_app;
