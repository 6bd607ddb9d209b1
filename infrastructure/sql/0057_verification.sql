-- What verifying the ledger last showed: of what came since ('new'), and of the whole. The checkpoint is where the next
-- verification of new entries goes on, and what the next one of the whole compares with. Whoever can change this can
-- change the ledger as well: checkpoints that prove something are kept elsewhere.
CREATE TABLE process.verification (
    scope       text        PRIMARY KEY CHECK (scope IN ('new', 'whole')),
    position    bigint      NOT NULL,  -- of the last entry
    commands    bigint      NOT NULL,  -- up to there
    verified_at timestamptz NOT NULL,
    fault_count integer     NOT NULL,
    faults      bytea       NOT NULL,  -- JSON, the first ones
    checkpoint  bytea                  -- of the last verification without faults; NULL where there was none
);
GRANT SELECT, INSERT, UPDATE ON process.verification TO countersign_app;
