-- Appends what several commands, one after another, add to one stream: all of it in one transaction, or nothing.
--
-- The first eighteen arguments are those of ledger.append for one item: the facts of all the commands, under the id, the
-- fingerprint and the reply of the last. The others hold these three of every command, the last one too, and how many of
-- the facts are those of a command and the ones before it. The status is that of ledger.append; d also where any of the
-- ids was used before.
CREATE FUNCTION ledger.append_together(
    i_id uuid[], i_fingerprint bytea[], i_reply bytea[], i_stream uuid[], i_kind text[], i_first integer[],
    i_last integer[], i_end integer[], i_previous bytea[], i_hash bytea[],
    f_item integer[], f_version integer[], f_type text[], f_data bytea[], f_meta bytea[],
    f_occurred_at timestamptz[], f_recorded_at timestamptz[], f_hash bytea[],
    c_id uuid[], c_fingerprint bytea[], c_reply bytea[], c_end integer[],
    OUT base bigint, OUT status text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
BEGIN
    UPDATE ledger.head AS h SET seq = h.seq RETURNING h.seq INTO base;  -- locked: what is looked up stays true
    IF EXISTS (SELECT FROM ledger.command AS x WHERE x.id = ANY (c_id)) THEN
        status := 'd';
        RETURN;
    END IF;
    SELECT a.base, a.status INTO base, status FROM ledger.append(
        i_id, i_fingerprint, i_reply, i_stream, i_kind, i_first, i_last, i_end, i_previous, i_hash,
        f_item, f_version, f_type, f_data, f_meta, f_occurred_at, f_recorded_at, f_hash
    ) AS a;
    IF status = 's' THEN
        INSERT INTO ledger.command (id, fingerprint, reply, seq)
        SELECT c.id, c.fingerprint, c.reply, base + c."end"
        FROM unnest(c_id, c_fingerprint, c_reply, c_end) WITH ORDINALITY AS c (id, fingerprint, reply, "end", nth)
        WHERE c.nth < cardinality(c_id);
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger.append_together FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append_together TO countersign_app;
