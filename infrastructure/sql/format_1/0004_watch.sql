-- When the deadline watcher has to look at each project again. Everything here follows from the ledger: it may be
-- emptied at any time, and is then made anew.
CREATE SCHEMA watch;
GRANT USAGE ON SCHEMA watch TO countersign_app;

-- One row: how far the ledger was read for projects to look at, and by which calendars the clocks were counted.
CREATE TABLE watch.position (
    sole      boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seq       bigint  NOT NULL,
    calendars text    NOT NULL
);
INSERT INTO watch.position (seq, calendars) VALUES (0, '');

CREATE TABLE watch.project (
    project uuid        PRIMARY KEY,
    version integer     NOT NULL,  -- all that there is to tell was told of its entries up to this one
    look_at timestamptz,           -- the next instant at which a clock may come to something; NULL for never
    -- After a calendar notice the watcher looks at every project, and first at those whose clocks the notice can move:
    -- the others wait here until nothing is due.
    sweep   boolean     NOT NULL DEFAULT false
);
CREATE INDEX ON watch.project (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX project_sweep ON watch.project (project) WHERE sweep;
GRANT SELECT ON watch.position, watch.project TO countersign_app;
