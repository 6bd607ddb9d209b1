-- Which numbered files this database has seen. The digest shows a file that was edited after it was applied.
CREATE TABLE schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    digest     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
