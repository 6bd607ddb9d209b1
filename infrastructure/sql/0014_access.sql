-- The directory of principals is read with the first request after a start, and looked up with every one: its entries
-- must not need the whole ledger. The names are those of domain/access; a test compares them with the query.
CREATE INDEX event_of_access ON ledger.event (seq) WHERE type IN (
    'principal_registered', 'principal_closed', 'grant_given', 'grant_proposed', 'grant_confirmed', 'grant_withdrawn',
    'agent_appointed', 'agent_dismissed', 'key_issued', 'key_rotated', 'key_revoked', 'deputy_named', 'deputy_dismissed',
    'leave_recorded', 'departments_merged');
