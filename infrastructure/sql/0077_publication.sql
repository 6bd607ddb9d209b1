-- How far the ledger was published to streams of NATS JetStream: for status and metrics. Where to go on is read from the
-- stream's last message; this is only used where the stream does not hold that any more. None of it is a fact.
CREATE TABLE process.publication (
    stream        text        PRIMARY KEY,
    position      bigint      NOT NULL,            -- in the ledger: events up to here are in the stream
    sequence      bigint      NOT NULL,            -- of the stream's last message, when it had come to that position
    created_at    timestamptz,                     -- of the stream: one made again under the same name is another
    published_at  timestamptz,                     -- when an event was last stored there
    trouble       text        NOT NULL DEFAULT '', -- what keeps events from it
    trouble_since timestamptz
);
GRANT SELECT, INSERT, UPDATE, DELETE ON process.publication TO countersign_app;
