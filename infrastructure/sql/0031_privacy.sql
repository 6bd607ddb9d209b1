-- Keys of personal data, where several servers share them: wrapped with a master key that is in no database. Installations
-- of a single machine keep them in a folder instead, and leave this table empty.
CREATE SCHEMA privacy;
GRANT USAGE ON SCHEMA privacy TO countersign_app;
CREATE TABLE privacy.person_key (
    person  uuid        PRIMARY KEY,
    wrapped bytea       NOT NULL,  -- RFC 3394
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, DELETE ON privacy.person_key TO countersign_app;
-- At every start the keys named by these facts are destroyed once more: a restored keystore must not bring them back.
CREATE INDEX event_of_erasure ON ledger.event (seq) WHERE type = 'person_erased';
