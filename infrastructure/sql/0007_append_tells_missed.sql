-- ledger.append as of 0004, which also answers what the items that came second have missed: the entries of their
-- streams from the version on that they wanted for themselves. Whoever decides again needs them, and would have to ask
-- for them. It is no more than 16 kB, those first that missed least, nothing of an entry that is larger, and 64 of a
-- stream: an answer goes out while the head row is still locked, and what does not fit into the buffers of a connection
-- waits for whoever reads it, so that a process that is frozen would keep every other one from appending. Two answers
-- may be on their way at once, and TCP begins with 64 kB or so.
DROP FUNCTION ledger.append(
    uuid[], bytea[], bytea[], uuid[], integer[], integer[], integer[], integer[], text[], bytea[], bytea[],
    timestamptz[], timestamptz[], bytea[]);
CREATE FUNCTION ledger.append(
    i_id uuid[], i_fingerprint bytea[], i_reply bytea[], i_stream uuid[], i_first integer[], i_end integer[],
    f_item integer[], f_version integer[], f_type text[], f_data bytea[], f_meta bytea[],
    f_occurred_at timestamptz[], f_recorded_at timestamptz[], f_hash bytea[],
    OUT base bigint, OUT status text, OUT missed ledger.event[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan  -- planning a batch anew costs more than running it
SET enable_seqscan = off  -- a plan made while the tables were small is kept when they have grown
AS $$
DECLARE
    v_stored integer := cardinality(f_item);
    v_status text[];
BEGIN
    UPDATE ledger.head AS h SET seq = h.seq + v_stored RETURNING h.seq - v_stored INTO base;
    BEGIN
        INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
        SELECT base + f.nth, i_stream[f.item], f.version, f.type, f.data, f.meta, f.occurred_at, f.recorded_at, f.hash
        FROM unnest(f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash)
             WITH ORDINALITY AS f (item, version, type, data, meta, occurred_at, recorded_at, hash, nth);
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT i.id, i.fingerprint, i.reply, base + i.end
        FROM unnest(i_id, i_fingerprint, i_reply, i_end) AS i (id, fingerprint, reply, "end") WHERE i.id IS NOT NULL;
        status := repeat('s', cardinality(i_stream));
    EXCEPTION WHEN unique_violation THEN
        SELECT array_agg(
            CASE
                WHEN c.id IS NOT NULL THEN CASE WHEN c.fingerprint = i.fingerprint THEN 'd' ELSE 'm' END
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
