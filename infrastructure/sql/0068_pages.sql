-- What pages keep for their readers: half-filled forms, and how far somebody has read. None of it is a fact.
CREATE TABLE process.form_draft (
    owner      text        NOT NULL,              -- the principal who fills it in, and who alone reads it
    form       text        NOT NULL,              -- the path of the form
    content    text        NOT NULL,              -- JSON: the fields as they were sent, and the files that were stored
    saved_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,              -- ninety days after it was saved last
    PRIMARY KEY (owner, form)
);
CREATE INDEX ON process.form_draft (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.form_draft TO countersign_app;
