"""Figures read from the stored turns: at the instant itself they count, of each register apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from projections.clocks.warned import LATE, OVER, SOON, figures_at
from projections.scope import ZONE_SCOPE, Scope

BEGIN, HOUR = datetime(2026, 3, 2, 16, tzinfo=UTC), timedelta(hours=1)
ROWS = (
    ("", "soon+1", BEGIN, 3),
    ("", "late+1 late:decision+1 soon-1", BEGIN + HOUR, 2),
    ("", "late+1", BEGIN + 3 * HOUR, -1),
    ("", "over+1", BEGIN, 1),
    ("", "over+1", BEGIN + HOUR, -1),
    ("nl", "late:delivery+1", BEGIN, 1),
)


async def test_figures_count_from_their_instant_on(projected_database_url: str) -> None:
    instants = [BEGIN - timedelta(microseconds=1), BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR, BEGIN + 9 * HOUR]
    async with await psycopg.AsyncConnection.connect(projected_database_url) as connection:
        cursor = connection.cursor()
        await cursor.executemany("INSERT INTO views.clock_turn VALUES (%s, %s, %s, %s)", ROWS)
        before, at_once, later, unchanged, last = await figures_at(cursor, instants, ZONE_SCOPE)
        (elsewhere,) = await figures_at(cursor, [BEGIN], Scope("nl"))

    assert +before == {}
    assert +at_once == {SOON: 3, OVER: 1}
    assert +later == +unchanged == {SOON: 1, LATE: 2, "late:decision": 2}
    assert +last == {SOON: 1, LATE: 1, "late:decision": 2}
    assert elsewhere == {"late:delivery": 1}
