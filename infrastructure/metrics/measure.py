"""Reads figures of metrics from the database: how far views and watcher are behind, and what rests on no calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, LiteralString

from msgspec import UNSET, Struct

from infrastructure.ledger.mapper import decode_recorded
from infrastructure.ledger.reader import Store
from infrastructure.verifier.results import RESULTS, Verification, verifications

# The entry that a view has to take in next; it has waited since it was recorded.
VIEWS: LiteralString = """
    SELECT v.view, v.seq, v.error IS NOT NULL, e.meta, e.recorded_at
    FROM views.position AS v LEFT JOIN ledger.event AS e ON e.seq = v.seq + 1 ORDER BY v.view
"""
HEAD: LiteralString = "SELECT seq FROM ledger.head"
WATCHED: LiteralString = """
    SELECT (SELECT seq FROM watch.position), count(*), min(look_at) FROM watch.project WHERE look_at <= %(now)s
"""
PROVISIONAL: LiteralString = "SELECT count(*) FROM views.clock WHERE NOT closed AND due_on > %(horizon)s"
# The entry that comes next in a stream, in the same way.
STREAMS: LiteralString = """
    SELECT p.stream, p.position, p.trouble <> '', e.meta, e.recorded_at
    FROM process.publication AS p LEFT JOIN ledger.event AS e ON e.seq = p.position + 1 ORDER BY p.stream
"""


class ViewLag(Struct, frozen=True):
    """How far a view is behind: in entries, and in seconds since the first of them arrived."""

    view: str
    entries: int
    seconds: float
    stopped: bool


class StreamLag(Struct, frozen=True):
    """How far a stream of JetStream is behind, in the same way; *troubled*: something keeps events from it."""

    stream: str
    entries: int
    seconds: float
    troubled: bool


class DatabaseFigures(Struct, frozen=True):
    """What the database says. *watcher_due* projects wait for the watcher, the first of them for so many seconds."""

    head: int
    views: list[ViewLag]
    watcher_entries: int
    watcher_due: int
    watcher_seconds: float
    provisional_clocks: int
    verifications: list[Verification] = []
    streams: list[StreamLag] = []


async def measure(store: Store, now: datetime, horizon: date | None) -> DatabaseFigures:
    """The figures at *now*; *horizon* is the last day of the published calendar, None where there is no such day.

    Raises psycopg's errors.
    """
    ((head,),) = await _rows(store, HEAD)
    views = [
        ViewLag(view, max(head - seq, 0), _waited(now, meta, recorded), stopped)
        for view, seq, stopped, meta, recorded in await _rows(store, VIEWS)
    ]
    ((watched, due, first),) = await _rows(store, WATCHED, now=now)
    is_made = any(view.view == "clocks" for view in views)
    provisional = await _rows(store, PROVISIONAL, horizon=horizon) if horizon and is_made else [(0,)]
    seconds = (now - first).total_seconds() if first else 0.0
    results = list(verifications(await _rows(store, RESULTS)).values())
    streams = [
        StreamLag(stream, max(head - seq, 0), _waited(now, meta, recorded), troubled)
        for stream, seq, troubled, meta, recorded in await _rows(store, STREAMS)
    ]
    return DatabaseFigures(head, views, max(head - watched, 0), due, seconds, provisional[0][0], results, streams)


def _waited(now: datetime, meta: bytes | None, recorded_at: datetime | None) -> float:
    """Since when the next entry waits: an imported one was recorded years ago, so its command's arrival counts."""
    if meta is None or recorded_at is None:
        return 0.0
    arrived = decode_recorded(meta).at
    return max((now - (recorded_at if arrived is UNSET else arrived)).total_seconds(), 0.0)


async def _rows(store: Store, query: LiteralString, **params: Any) -> list[tuple[Any, ...]]:
    async with store.cursor() as cursor:
        await cursor.execute(query, params)
        return await cursor.fetchall()
