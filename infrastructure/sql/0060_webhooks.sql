-- Subscriptions of other systems, and what is still to be sent to them. None of it is a fact: a sending changes nothing
-- in the ledger, and rows of what was delivered are deleted after a time. No secret is stored: secrets of signatures are
-- derived from the keystore, by id and generation.
CREATE SCHEMA webhook;
GRANT USAGE ON SCHEMA webhook TO countersign_app;

CREATE TABLE webhook.subscription (
    id           uuid        PRIMARY KEY,
    principal    text        NOT NULL,
    kind         text        NOT NULL,            -- person or program
    grant_id     uuid,                            -- by which it reads; NULL where a gateway asserted the role
    key_id       text        NOT NULL DEFAULT '', -- the key that made it: revoked, it ends the sending
    role         text        NOT NULL,
    over         text        NOT NULL,
    url          text        NOT NULL,
    types        text[]      NOT NULL,            -- stored names of facts; empty: all
    project      uuid,
    department   text        NOT NULL DEFAULT '',
    position     bigint      NOT NULL,            -- the cursor on the feed: events up to here are queued or done
    generation   integer     NOT NULL DEFAULT 1,  -- of the secret
    old_until    timestamptz,                     -- until then the secret before signs as well
    created_at   timestamptz NOT NULL,
    delivered_at timestamptz,                     -- the last success
    failures     integer     NOT NULL DEFAULT 0,  -- in a row, of reaching the receiver at all
    away_since   timestamptz,                     -- the first of these
    next_at      timestamptz,                     -- of them: when it is tried again
    stopped_at   timestamptz,                     -- given up after 30 days; a ping that succeeds goes on
    trouble      text        NOT NULL DEFAULT ''
);
CREATE INDEX ON webhook.subscription (principal);

CREATE TABLE webhook.delivery (
    subscription uuid        NOT NULL REFERENCES webhook.subscription ON DELETE CASCADE,
    position     bigint      NOT NULL,            -- of the event in the ledger
    stream       uuid        NOT NULL,
    type         text        NOT NULL,
    state        text        NOT NULL DEFAULT 'pending'
                 CHECK (state IN ('pending', 'delivered', 'parked', 'skipped')),
    attempts     integer     NOT NULL DEFAULT 0,
    queued_at    timestamptz NOT NULL,
    next_at      timestamptz NOT NULL,
    failed_at    timestamptz,                     -- the first failure
    tried_at     timestamptz,
    status       integer,                         -- of the last answer; NULL where none came
    error        text        NOT NULL DEFAULT '',
    PRIMARY KEY (subscription, position)
);
CREATE INDEX ON webhook.delivery (subscription, stream, position) WHERE state = 'pending';
CREATE INDEX ON webhook.delivery (queued_at) WHERE state = 'pending';
CREATE INDEX ON webhook.delivery (tried_at) WHERE state IN ('delivered', 'skipped');

-- A stretch of the ledger that a subscriber wants to be sent again: read from next on, up to until.
CREATE TABLE webhook.replay (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription uuid        NOT NULL REFERENCES webhook.subscription ON DELETE CASCADE,
    next         bigint      NOT NULL,
    until        bigint      NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON webhook.subscription, webhook.delivery, webhook.replay TO countersign_app;
