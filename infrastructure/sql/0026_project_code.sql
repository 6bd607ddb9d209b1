-- The code that a project is registered under belongs to it alone. Registrations that come in at the same time claim it
-- here, before they are appended: the views, which know it too, follow the ledger a moment later.
CREATE TABLE process.project_code (
    code       text        PRIMARY KEY,
    project    uuid        NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.project_code TO countersign_app;
