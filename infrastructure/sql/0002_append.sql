-- Appends a batch of items, each the facts of one command on one stream, and answers the position before the
-- first new fact and one letter an item:
--   s stored     its facts are in
--   d duplicate  the command was stored before; its first reply stands in ledger.command
--   m mismatch   the command's id was used before for something else
--   c conflict   the stream is not where the item's first version expects it: decide again
-- Stored items take positions base+1, base+2, ... in the order given. A rejected item takes none, and neither
-- fails nor slows its neighbours. A batch holds a stream and an id at most once (the committer sees to it).
-- An item without an id (NULL) is not remembered as a command.
--
-- The head row is locked first: under it nobody else can append, so what is checked stays true until the commit,
-- and positions become visible in their own order. With *publish* the facts are shown to readers by this same
-- commit; without it the commit is asynchronous, and ledger.publish has to follow before anybody is answered.
CREATE FUNCTION ledger.append(
    i_id uuid[], i_fingerprint bytea[], i_reply bytea[], i_stream uuid[], i_first integer[], i_end integer[],
    f_item integer[], f_version integer[], f_type text[], f_data bytea[], f_meta bytea[],
    f_occurred_at timestamptz[], f_recorded_at timestamptz[], f_hash bytea[], publish boolean,
    OUT base bigint, OUT status text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan  -- planning a batch anew costs more than running it
AS $$
DECLARE
    v_facts  integer := cardinality(f_item);
    v_stored integer := v_facts;
    v_status text[];
    v_clean  boolean;
BEGIN
    UPDATE ledger.head AS h SET seq = h.seq + v_facts RETURNING h.seq - v_facts INTO base;

    SELECT bool_and(i.first = coalesce(
        (SELECT e.version + 1 FROM ledger.event AS e WHERE e.stream = i.stream ORDER BY e.version DESC LIMIT 1),
        CASE i.first WHEN 0 THEN 0 ELSE 1 END))
    INTO v_clean FROM unnest(i_stream, i_first) AS i (stream, first);

    IF v_clean AND NOT EXISTS (SELECT FROM ledger.command AS c WHERE c.id = ANY (i_id)) THEN
        status := repeat('s', cardinality(i_stream));
        INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
        SELECT base + f.nth, i_stream[f.item], f.version, f.type, f.data, f.meta, f.occurred_at, f.recorded_at, f.hash
        FROM unnest(f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash)
             WITH ORDINALITY AS f (item, version, type, data, meta, occurred_at, recorded_at, hash, nth);
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT i.id, i.fingerprint, i.reply, base + i.end
        FROM unnest(i_id, i_fingerprint, i_reply, i_end) AS i (id, fingerprint, reply, "end") WHERE i.id IS NOT NULL;
    ELSE
        SELECT array_agg(
            CASE
                WHEN c.id IS NOT NULL THEN CASE WHEN c.fingerprint = i.fingerprint THEN 'd' ELSE 'm' END
                WHEN i.first = coalesce(
                    (SELECT e.version + 1 FROM ledger.event AS e WHERE e.stream = i.stream
                     ORDER BY e.version DESC LIMIT 1),
                    CASE i.first WHEN 0 THEN 0 ELSE 1 END) THEN 's'
                ELSE 'c'
            END ORDER BY i.item)
        INTO v_status
        FROM unnest(i_id, i_fingerprint, i_stream, i_first) WITH ORDINALITY AS i (id, fingerprint, stream, first, item)
        LEFT JOIN LATERAL (SELECT x.id, x.fingerprint FROM ledger.command AS x WHERE x.id = i.id LIMIT 1) AS c ON true;
        status := array_to_string(v_status, '');

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
    END IF;

    IF publish THEN
        UPDATE ledger.published AS p SET seq = base + v_stored WHERE p.seq < base + v_stored;
    ELSE
        SET LOCAL synchronous_commit = off;
    END IF;
END $$;

-- Shows readers everything up to *position*: its synchronous commit puts every earlier commit on disk too, since
-- they stand before it in the write-ahead log. Nothing to do where another process has shown as much already.
CREATE FUNCTION ledger.publish(p_seq bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_seq > (SELECT h.seq FROM ledger.head AS h) THEN
        RAISE EXCEPTION 'position % was never written, or was lost with the server', p_seq;
    END IF;
    UPDATE ledger.published AS p SET seq = p_seq WHERE p.seq < p_seq;
END $$;

REVOKE ALL ON FUNCTION ledger.append, ledger.publish FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append, ledger.publish TO countersign_app;
