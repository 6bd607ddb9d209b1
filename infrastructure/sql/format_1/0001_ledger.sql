-- Storage format 1 (ADR 0022): 0001 to 0005 are its first set, and are never edited. What comes later is added behind.
--
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
-- From PostgreSQL 16 on, an account with CREATEROLE is made a member of the roles it creates that may give them away,
-- but may not act as them.
DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        IF NOT pg_has_role(CURRENT_USER, 'countersign_app', 'SET') THEN
            EXECUTE format('GRANT countersign_app TO %I WITH SET TRUE', CURRENT_USER);
        END IF;
    END IF;
END $$;

CREATE SCHEMA ledger;

-- One row: allocates positions without a gap and puts commits into their order.
CREATE TABLE ledger.head (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seq  bigint  NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger.head (seq) VALUES (0);

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

-- Published catalogues and flows are read with the first submission after a start: that must not need the whole ledger.
-- The names are those of domain/catalogue and domain/flow; a test compares them with the query.
CREATE INDEX event_of_the_shelf ON ledger.event (seq) WHERE type IN (
    'service_item_defined', 'service_item_withdrawn', 'online_decided', 'catalogue_published', 'intake_hours_set',
    'flow_published');

-- The head of every stream: what its next entry is chained to. It follows from the entries, and `verify` compares it
-- with them. Half of each page is left free: a row that moves on stays in its page, and its index is left alone.
CREATE TABLE ledger.stream (
    stream  uuid    PRIMARY KEY,
    kind    text    NOT NULL,  -- of aggregate: project, calendar, legal_person ...; empty where it is none of ours
    version integer NOT NULL,  -- of its last entry
    hash    bytea   NOT NULL,  -- of its last entry
    seq     bigint  NOT NULL   -- position of its last entry
) WITH (fillfactor = 50);

CREATE TABLE ledger.command (
    id          uuid        PRIMARY KEY,
    fingerprint bytea       NOT NULL,
    seq         bigint      NOT NULL,  -- position of the command's last fact
    reply       bytea       NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- A second row of a command from before format 1, under the id that its key leads to since then.
    alias       boolean     NOT NULL DEFAULT false
);

-- 办件编号: the counter in case numbers. A number is never given twice, and some are never given.
CREATE SEQUENCE ledger.case_counter;
-- So many of the next ones: the application can't set the sequence back.
CREATE FUNCTION ledger.take_case_counters(wanted integer) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT nextval('ledger.case_counter') FROM generate_series(1, wanted) $$;

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
-- Only ledger.append adds to the ledger: it runs as the owner, so callers need no INSERT.
GRANT SELECT ON ledger.head, ledger.stream, ledger.event, ledger.command TO countersign_app;
REVOKE ALL ON FUNCTION ledger.take_case_counters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.take_case_counters TO countersign_app;
