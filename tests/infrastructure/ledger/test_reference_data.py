"""Catalogues and flows are read out of a large ledger without reading all of it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.sql import SQL

from infrastructure.ledger.reader import Store, of_types
from infrastructure.ledger.reference_data import FACTS, ReferenceDataCache

ENTRIES = 20_000
FILL = """
    INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
    SELECT n, gen_random_uuid(), 1, 'step_noted', '{}', '{}', now(), now(), '' FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def large_url(database_url: str) -> str:
    """A database whose ledger has many entries, none of them of a catalogue or a flow."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FILL, [ENTRIES])
        connection.execute("UPDATE ledger.head SET seq = %s", [ENTRIES])
        connection.execute("VACUUM (ANALYZE) ledger.event")
    return database_url


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_the_shelf_is_read_by_an_index_of_its_own(large_url: str, mode: str) -> None:
    with psycopg.connect(large_url, autocommit=True) as connection:
        connection.execute(SQL("SET plan_cache_mode = {}").format(SQL(mode)))
        query = of_types(FACTS).as_string(connection).replace("%s", "$1")
        connection.execute(f"PREPARE shelf AS {query}".encode())
        plan = "\n".join(line for (line,) in connection.execute("EXPLAIN EXECUTE shelf (0)"))
    assert "event_of_the_shelf" in plan
    assert "Seq Scan" not in plan


async def test_a_ledger_that_went_back_is_read_from_its_beginning(large_url: str) -> None:
    store = Store(large_url, 2)
    await store.pool.open()
    try:
        shelves = ReferenceDataCache(store)
        before = await shelves.current()
        with psycopg.connect(large_url, autocommit=True) as other:
            other.execute("UPDATE ledger.head SET seq = 1")
        assert await shelves.refresh(shelves.changes), "there may be anything"
        assert shelves.shelf is not before
    finally:
        await store.pool.close()
