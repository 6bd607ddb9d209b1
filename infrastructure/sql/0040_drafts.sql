-- Drafts of applications: no facts until they are handed in, and deleted ninety days after they were saved last.
CREATE TABLE process.application_draft (
    id          uuid        PRIMARY KEY,
    owner       text        NOT NULL,              -- the principal who fills it in, and who alone reads it
    project     uuid        NOT NULL,
    item        text        NOT NULL,
    content     text        NOT NULL,              -- JSON; what was filled in, and the digests of uploaded files
    created_at  timestamptz NOT NULL,
    saved_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    case_number text        NOT NULL DEFAULT ''    -- of the application that it became; empty until then
);
CREATE INDEX ON process.application_draft (owner, saved_at DESC);
CREATE INDEX ON process.application_draft (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.application_draft TO countersign_app;
