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

-- Messages are events of the feed: here is only which of them somebody has read, as the reader of one role.
CREATE TABLE process.inbox_mark (
    reader   text   PRIMARY KEY,                  -- role, department or enterprise, principal
    position bigint NOT NULL                      -- everything up to this position was read
);
CREATE TABLE process.message_read (
    reader   text   NOT NULL,
    position bigint NOT NULL,                     -- of one event that was read, beyond the mark
    PRIMARY KEY (reader, position)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.inbox_mark, process.message_read TO countersign_app;

-- Addresses that need no sign-in show the deadlines of a calendar, or the messages of a news reader.
ALTER TABLE identity.calendar_address
    ADD COLUMN kind text NOT NULL DEFAULT 'deadlines' CHECK (kind IN ('deadlines', 'messages'));
