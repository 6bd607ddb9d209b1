"""A view gets exactly the entries that the store holds of a stream, and nothing else is taken for a fact."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from msgspec import structs
from psycopg.sql import SQL

from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.mapper import entry_from
from infrastructure.projector.ledger_stream import histories
from tests.infrastructure.projector.test_projector import send_story

ALL = SQL("WHERE true")
INSERT = """
    INSERT INTO ledger.event (seq, stream, version, type, data, meta, occurred_at, recorded_at, hash)
    SELECT seq + 10000, %s, version, type, data || ',' || data, meta, occurred_at, recorded_at, hash
    FROM ledger.event WHERE seq = 1
"""


async def test_a_stream_comes_whole_and_in_order(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        projects = [await send_story(approvals) for _ in range(2)]
        expected = {project: await approvals.store.stream(project) for project in projects}
    with psycopg.connect(database_url) as connection:
        actual = {entries[0].stream: entries for entries in histories(connection, ALL)}

    assert actual == {
        project: [structs.replace(entry_from(row), hash="") for row in rows] for project, rows in expected.items()
    }


async def test_an_entry_that_holds_two_facts_is_no_entry(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
    with psycopg.connect(database_url) as connection:
        connection.execute(INSERT, [uuid4()])
        with pytest.raises(ValueError, match="1 entries hold 2 JSON texts"):
            list(histories(connection, ALL))
