-- The ledger: facts only ever added, in one gapless order, each chained to the one before it in its stream.

-- The application's own role: it reads and appends, and can do nothing else. Roles belong to the whole server,
-- so another database may be creating the same one at this moment.
DO $$
BEGIN
    CREATE ROLE countersign_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT pg_has_role(CURRENT_USER, 'countersign_app', 'MEMBER') THEN GRANT countersign_app TO CURRENT_USER; END IF;
END $$;

CREATE SCHEMA ledger;

-- One row: allocates positions without a gap and puts commits into their order.
CREATE TABLE ledger.head (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seq  bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger.head (seq) VALUES (0);

-- One row: everything up to this position is on disk, and only so much is shown to readers. Advancing it is the
-- synchronous commit that a batch of asynchronous ones waits for (ADR 0003).
CREATE TABLE ledger.published (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seq  bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger.published (seq) VALUES (0);

CREATE TABLE ledger.event (
    seq         bigint      PRIMARY KEY,
    stream      uuid        NOT NULL,
    version     integer     NOT NULL,
    type        text        NOT NULL,
    data        bytea       NOT NULL,  -- the fact, exactly as hashed
    meta        bytea       NOT NULL,  -- who, on which command, under which law; exactly as hashed
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    hash        bytea       NOT NULL,
    CONSTRAINT event_stream_version UNIQUE (stream, version)
);
-- Facts are small: keep them inline and uncompressed, so that a scan reads one file from front to back.
ALTER TABLE ledger.event ALTER COLUMN data SET STORAGE EXTERNAL, ALTER COLUMN meta SET STORAGE EXTERNAL;

CREATE TABLE ledger.command (
    id          uuid        PRIMARY KEY,
    fingerprint bytea       NOT NULL,
    seq         bigint      NOT NULL,  -- position of the command's last fact
    reply       bytea       NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whoever the application connects as, even an owner or superuser: what is written stays written.
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Correct a mistake with a further fact: amend or retract it.';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.event
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.command
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

GRANT USAGE ON SCHEMA ledger TO countersign_app;
GRANT SELECT, INSERT ON ledger.event, ledger.command TO countersign_app;
GRANT SELECT ON ledger.head, ledger.published TO countersign_app;
