-- Beside the advisory lock that makes one process lead (the projector, the deadline watcher): who holds it, and when it
-- last showed that it is alive, by the clock of this server. A session may outlive its process by hours: one that is
-- frozen, or whose machine has vanished, hangs up nothing. Unlogged: after a crash there is no leader either, and a
-- heartbeat is never worth waiting for a disk or a standby.
CREATE SCHEMA process;
GRANT USAGE ON SCHEMA process TO countersign_app;

CREATE UNLOGGED TABLE process.lease (
    work         text        PRIMARY KEY,  -- what its holder leads
    owner        text        NOT NULL,     -- the application_name of every session of the holder
    heartbeat_at timestamptz NOT NULL
) WITH (fillfactor = 10);
GRANT SELECT, INSERT, UPDATE ON process.lease TO countersign_app;
