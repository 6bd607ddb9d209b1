-- What pages keep for their readers: half-filled forms, and how far somebody has read. None of it is a fact.
CREATE TABLE process.form_draft (
    owner      text        NOT NULL,              -- the principal who fills it in, and who alone reads it
    form       text        NOT NULL,              -- the path of the form
    content    bytea       NOT NULL,              -- the fields and files as JSON, encrypted under the keystore's secret
    digests    text[]      NOT NULL,              -- of files that were stored for it
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

-- Where messages are sent to by mail. The code in the links of a mail is derived from the keystore, and is not here.
CREATE TABLE process.mail_address (
    id           uuid        PRIMARY KEY,
    principal    text        NOT NULL,
    grant_id     uuid        NOT NULL,              -- by which the messages are read: with it the mails end
    address      text        NOT NULL,
    language     text        NOT NULL CHECK (language IN ('zh', 'en')),
    position     bigint      NOT NULL,              -- events up to here were sent, or are none
    created_at   timestamptz NOT NULL,
    asked_at     timestamptz,                       -- when its owner was asked to confirm it
    confirmed_at timestamptz,                       -- nothing else is sent before
    failures     integer     NOT NULL DEFAULT 0,    -- in a row
    next_at      timestamptz NOT NULL,              -- the next mail not before
    trouble      text        NOT NULL DEFAULT '',   -- why the last one was not sent
    UNIQUE (principal, grant_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.mail_address TO countersign_app;
