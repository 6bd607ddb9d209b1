-- Appends a batch of items, each the facts of one command on one stream. It answers the position before the first new
-- fact, and one letter an item:
--   s stored     its facts are in
--   d duplicate  the command was stored before; its first reply stands in ledger.command
--   m mismatch   the command's id was used before for something else
--   c conflict   the stream has moved on: decide again
--   g gone       the entry that the item follows on is not there, or is another one: read the stream again
-- Stored items take positions base+1, base+2, ... in the order given. A rejected item takes none, and neither fails nor
-- slows its neighbours. A batch holds a stream and an id at most once (the committer sees to it). An item without an id
-- (NULL) is not remembered as a command.
--
-- The head row is locked first: under it no other process can append, so what is checked stays true until the commit, and
-- positions become visible in their own order. Every batch is one plain synchronous commit (ADR 0003).
--
-- *i_previous* is the hash that an item's first fact is chained to: 32 zero bytes begin a stream. A process keeps the
-- state of streams in memory and decides on that; a database that has gone back to an earlier moment (an asynchronous
-- standby took over, a backup was put in its place) no longer holds the end of such a stream. That the head of each
-- stream moves on is the check and the record in one: most batches are clean, and only where a head or a key says
-- otherwise are the items sorted out one by one.
--
-- *missed* are the entries that conflicting items have missed: of their streams, from the version on that they wanted
-- for themselves. The next decision needs them, and would have to read them. It is no more than 16 kB,
-- those first that missed least, nothing of an entry that is larger, and 64 of a stream: an answer goes out while the
-- head row is still locked, and what does not fit into the buffers of a connection waits until it is read, so that
-- a process that is frozen would keep every other one from appending. Two answers may be on their way at once, and TCP
-- begins with 64 kB or so.
CREATE FUNCTION ledger.append(
    i_id uuid[], i_fingerprint bytea[], i_reply bytea[], i_stream uuid[], i_kind text[], i_first integer[],
    i_last integer[], i_end integer[], i_previous bytea[], i_hash bytea[],
    f_item integer[], f_version integer[], f_type text[], f_data bytea[], f_meta bytea[],
    f_occurred_at timestamptz[], f_recorded_at timestamptz[], f_hash bytea[],
    OUT base bigint, OUT status text, OUT missed ledger.event[]
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan  -- planning a batch anew costs more than running it
SET enable_seqscan = off  -- a plan made while the tables were small is kept when they have grown
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    c_begin  constant bytea := decode(repeat('00', 32), 'hex');
    v_stored integer := cardinality(f_item);
    v_items  integer := cardinality(i_stream);
    v_moved  integer;
    v_begun  integer;
    v_gone   bigint[];
    v_status text[];
BEGIN
    UPDATE ledger.head AS h SET seq = h.seq + v_stored RETURNING h.seq - v_stored INTO base;
    BEGIN
        UPDATE ledger.stream AS s SET version = i.last, hash = i.hash, seq = base + i.end
        FROM unnest(i_stream, i_first, i_last, i_end, i_previous, i_hash)
             AS i (stream, first, last, "end", previous, hash)
        WHERE s.stream = i.stream AND s.version = i.first - 1 AND s.hash = i.previous;
        GET DIAGNOSTICS v_moved = ROW_COUNT;
        IF v_moved < v_items THEN
            INSERT INTO ledger.stream (stream, kind, version, hash, seq)
            SELECT i.stream, i.kind, i.last, i.hash, base + i.end
            FROM unnest(i_stream, i_kind, i_first, i_last, i_end, i_previous, i_hash)
                 AS i (stream, kind, first, last, "end", previous, hash)
            WHERE i.previous = c_begin AND i.first <= 1;
            GET DIAGNOSTICS v_begun = ROW_COUNT;
            IF v_moved + v_begun < v_items THEN
                RAISE unique_violation;  -- to be sorted out below, with what is stored twice
            END IF;
        END IF;
        INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
        SELECT base + f.nth, i_stream[f.item], f.version, f.type, f.data, f.meta, f.occurred_at, f.recorded_at, f.hash
        FROM unnest(f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash)
             WITH ORDINALITY AS f (item, version, type, data, meta, occurred_at, recorded_at, hash, nth);
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT i.id, i.fingerprint, i.reply, base + i.end
        FROM unnest(i_id, i_fingerprint, i_reply, i_end) AS i (id, fingerprint, reply, "end") WHERE i.id IS NOT NULL;
        status := repeat('s', v_items);
    EXCEPTION WHEN unique_violation THEN
        SELECT array_agg(i.item) INTO v_gone
        FROM unnest(i_stream, i_first, i_previous) WITH ORDINALITY AS i (stream, first, previous, item)
        WHERE (i.previous <> c_begin OR i.first > 1) AND (
            SELECT e.hash = i.previous FROM ledger.event AS e WHERE e.stream = i.stream AND e.version = i.first - 1
        ) IS NOT TRUE;
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
        INSERT INTO ledger.stream AS s (stream, kind, version, hash, seq)
        SELECT i_stream[n.item], i_kind[n.item], i_last[n.item], i_hash[n.item],
               base + sum(n.facts) OVER (ORDER BY n.item)
        FROM (SELECT f.item, count(*) AS facts FROM unnest(f_item) AS f (item)
              WHERE v_status[f.item] = 's' GROUP BY f.item) AS n
        ON CONFLICT (stream) DO UPDATE SET version = excluded.version, hash = excluded.hash, seq = excluded.seq;
        UPDATE ledger.head AS h SET seq = base + v_stored;
    END;
END $$;
REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append TO countersign_app;
