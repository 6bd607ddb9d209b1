-- After a calendar notice the deadline watcher looks at every project, and first at those whose clocks the notice can
-- move: the others wait here until nothing is due.
ALTER TABLE watch.project ADD COLUMN sweep boolean NOT NULL DEFAULT false;
CREATE INDEX project_sweep ON watch.project (project) WHERE sweep;
