-- Histories of views follow the ledger at their own pace: no query of current rows waits for them.
ALTER TABLE views.position
    ADD COLUMN history boolean GENERATED ALWAYS AS (right(view, 8) = '_history') STORED NOT NULL;
