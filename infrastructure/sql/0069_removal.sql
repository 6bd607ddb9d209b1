-- What was removed beside the ledger because its time was over, until the ledger has recorded it: a row is written in
-- the transaction that removes, and deleted once the fact is there. So no removal goes unrecorded.
CREATE TABLE process.removal (
    id         uuid        PRIMARY KEY,  -- of the command that records it
    removed    text        NOT NULL,     -- JSON: rules, and how many records each removed
    removed_by text        NOT NULL,     -- JSON: who let it be done
    removed_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON process.removal TO countersign_app;
