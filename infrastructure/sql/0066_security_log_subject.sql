-- A read of personal data names whose they were, as the address below /v1, such as projects/{id}: "who read the
-- contacts of this project" is answered by an index.
ALTER TABLE identity.security_log ADD COLUMN subject text NOT NULL DEFAULT '';
CREATE INDEX ON identity.security_log (subject, at) WHERE subject <> '';
