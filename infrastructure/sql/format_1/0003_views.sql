-- Where read models live, beside the ledger. Their tables are not migrated: a view that changes is rebuilt.
CREATE SCHEMA views;
GRANT USAGE ON SCHEMA views TO countersign_app;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO countersign_app;

-- How far each view has come, and why it stopped if it did.
CREATE TABLE views.position (
    view     text        PRIMARY KEY,
    version  integer     NOT NULL,
    seq      bigint      NOT NULL,
    rebuilt  integer     NOT NULL DEFAULT 0,  -- grows with every rebuild: the projector then forgets what it wrote
    error    text,
    error_at timestamptz
);
GRANT SELECT ON views.position TO countersign_app;
