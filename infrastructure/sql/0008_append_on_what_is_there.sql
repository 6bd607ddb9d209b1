-- ledger.append as of 0007, which also looks up the entry that each item follows on, by its hash. A process keeps the
-- state of streams in memory and decides on that. A database that has gone back to an earlier moment (an asynchronous
-- standby took over, a backup was put in its place) no longer holds the end of such a stream, and without this check
-- an entry would be stored that skips versions and is chained to a hash that does not exist. One more letter:
--   g gone       the entry that the item follows on is not there, or is another one: read the stream again
-- *f_previous* is the hash that each fact is chained to. Without it, as the release before calls this, it is enough that
-- the version before an item's first one exists.
DROP FUNCTION ledger.append(
    uuid[], bytea[], bytea[], uuid[], integer[], integer[], integer[], integer[], text[], bytea[], bytea[],
    timestamptz[], timestamptz[], bytea[]);
CREATE FUNCTION ledger.append(
    i_id uuid[], i_fingerprint bytea[], i_reply bytea[], i_stream uuid[], i_first integer[], i_end integer[],
    f_item integer[], f_version integer[], f_type text[], f_data bytea[], f_meta bytea[],
    f_occurred_at timestamptz[], f_recorded_at timestamptz[], f_hash bytea[], f_previous bytea[] DEFAULT NULL,
    OUT base bigint, OUT status text, OUT missed ledger.event[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan  -- planning a batch anew costs more than running it
SET enable_seqscan = off  -- a plan made while the tables were small is kept when they have grown
AS $$
DECLARE
    v_stored integer := cardinality(f_item);
    v_found  integer;
    v_gone   bigint[];
    v_status text[];
BEGIN
    UPDATE ledger.head AS h SET seq = h.seq + v_stored RETURNING h.seq - v_stored INTO base;
    BEGIN
        INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
        SELECT base + f.nth, i_stream[f.item], f.version, f.type, f.data, f.meta, f.occurred_at, f.recorded_at, f.hash
        FROM unnest(f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash, f_previous)
             WITH ORDINALITY AS f (item, version, type, data, meta, occurred_at, recorded_at, hash, previous, nth)
        -- A subquery, no join: one index probe an item, whatever size the ledger had when this was planned.
        WHERE f.version <= 1 OR f.version > i_first[f.item] OR (
            SELECT e.hash = coalesce(f.previous, e.hash) FROM ledger.event AS e
            WHERE e.stream = i_stream[f.item] AND e.version = f.version - 1);
        GET DIAGNOSTICS v_found = ROW_COUNT;
        IF v_found < v_stored THEN
            RAISE unique_violation;  -- to be sorted out below, with what is stored twice
        END IF;
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT i.id, i.fingerprint, i.reply, base + i.end
        FROM unnest(i_id, i_fingerprint, i_reply, i_end) AS i (id, fingerprint, reply, "end") WHERE i.id IS NOT NULL;
        status := repeat('s', cardinality(i_stream));
    EXCEPTION WHEN unique_violation THEN
        SELECT array_agg(f.item) INTO v_gone
        FROM unnest(f_item, f_version, f_previous) AS f (item, version, previous)
        WHERE f.version > 1 AND f.version = i_first[f.item] AND (
            SELECT e.hash = coalesce(f.previous, e.hash) FROM ledger.event AS e
            WHERE e.stream = i_stream[f.item] AND e.version = f.version - 1) IS NOT TRUE;
        SELECT array_agg(
            CASE
                WHEN c.id IS NOT NULL THEN CASE WHEN c.fingerprint = i.fingerprint THEN 'd' ELSE 'm' END
                WHEN i.item = ANY (v_gone) THEN 'g'
                WHEN EXISTS (SELECT FROM ledger.event AS e WHERE e.stream = i.stream AND e.version >= i.first) THEN 'c'
                ELSE 's'
            END ORDER BY i.item)
        INTO v_status
        FROM unnest(i_id, i_fingerprint, i_stream, i_first) WITH ORDINALITY AS i (id, fingerprint, stream, first, item)
        LEFT JOIN LATERAL (SELECT x.id, x.fingerprint FROM ledger.command AS x WHERE x.id = i.id LIMIT 1) AS c ON true;
        status := array_to_string(v_status, '');
        SELECT array_agg(e.entry ORDER BY m.seq) INTO missed
        FROM (
            SELECT r.seq, sum(r.bytes) OVER (ORDER BY r.version - i.first, i.item) AS bytes
            FROM unnest(i_stream, i_first, v_status) WITH ORDINALITY AS i (stream, first, status, item)
            CROSS JOIN LATERAL (
                SELECT x.seq, x.version, 256 + length(x.data) + length(x.meta) AS bytes  -- 256: the other columns
                FROM ledger.event AS x WHERE x.stream = i.stream AND x.version >= i.first
                ORDER BY x.version LIMIT 64
            ) AS r WHERE i.status = 'c'
        ) AS m
        CROSS JOIN LATERAL (SELECT x AS entry FROM ledger.event AS x WHERE x.seq = m.seq LIMIT 1) AS e
        WHERE m.bytes <= 16384;

        INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
        SELECT base + row_number() OVER (ORDER BY f.nth), i_stream[f.item], f.version, f.type, f.data, f.meta,
               f.occurred_at, f.recorded_at, f.hash
        FROM unnest(f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash)
             WITH ORDINALITY AS f (item, version, type, data, meta, occurred_at, recorded_at, hash, nth)
        WHERE v_status[f.item] = 's';
        GET DIAGNOSTICS v_stored = ROW_COUNT;
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT i_id[n.item], i_fingerprint[n.item], i_reply[n.item], base + sum(n.facts) OVER (ORDER BY n.item)
        FROM (SELECT f.item, count(*) AS facts FROM unnest(f_item) AS f (item)
              WHERE v_status[f.item] = 's' GROUP BY f.item) AS n
        WHERE i_id[n.item] IS NOT NULL;
        UPDATE ledger.head AS h SET seq = base + v_stored;
    END;
END $$;
REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append TO countersign_app;
-- Only ledger.append adds to the ledger: it runs as the owner, so callers need no INSERT.
REVOKE INSERT ON ledger.event, ledger.command FROM countersign_app;

-- The shelf of catalogues and flows is read with the first submission after a start: it must not need the whole ledger.
-- The names are those of domain/catalogue and domain/flow; a test compares them with the query.
CREATE INDEX event_of_the_shelf ON ledger.event (seq) WHERE type IN (
    'service_item_defined', 'service_item_withdrawn', 'online_decided', 'catalogue_published', 'flow_published');
