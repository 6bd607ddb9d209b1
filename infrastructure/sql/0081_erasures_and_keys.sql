-- Up to which erasure no table holds an erased text any more, not even in dead rows, statistics or indexes: tables are
-- rewritten before the first backup after an erasure, as a backup copies their files.
CREATE TABLE process.erasures_cleared (
    sole       boolean     PRIMARY KEY DEFAULT true CHECK (sole),
    position   bigint      NOT NULL,  -- in the ledger, of the last fact of an erasure that was carried out so far
    cleared_at timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON process.erasures_cleared TO countersign_app;
-- A new master key wraps the keys anew.
GRANT UPDATE ON privacy.person_key TO countersign_app;
