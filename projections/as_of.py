"""As-of reads of view tables: lists over all projects at an instant, as known at another.

Current rows are used for every project without later events or records. Other projects are read from the ledger and
folded as of the instant, and their rows are substituted in the query itself. So a list has one query for any instant,
with the same filters, order and pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from domain.law.licensing.forecast import DISTANT
from domain.messages import Entry
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.clocks.query import PROJECTS_READ_MAX, TooMuchToReadError
from projections.reader import Reader, StoredEntry
from projections.snapshots import Cursor, SnapshotReader, is_paged, settled_snapshot
from projections.view import SCHEMA, Folded, Row, Table, View, fold_at

MOVED: LiteralString = "p.happened_at > %(t)s OR p.recorded_at > %(known)s"
# Rows are passed as JSON, as PostgreSQL itself formats them: without a temporary table it also works on a standby.
THEN = """
    (SELECT v.* FROM {table} AS v WHERE v.project <> ALL (%(moved)s)
     UNION ALL SELECT * FROM json_populate_recordset(NULL::{table}, {rows}::json))
"""


class Past(Struct, frozen=True):
    """The instant *t*, as known at *known*."""

    t: datetime
    known: datetime


Settle = Callable[[UUID, Sequence[Entry], Past], Folded]


class Folding(Struct, frozen=True):
    """How a list is read as of an instant: its *views*, the *tables* it uses, and how entries are corrected.

    *moved* is the condition, on `p` of the progress table, for projects whose current rows can't be used; *params* are
    further parameters of it.
    """

    views: tuple[View[Any], ...]
    tables: tuple[Table, ...]
    settle: Settle
    moved: LiteralString = MOVED
    params: Mapping[str, object] = {}


class Tables(Struct, frozen=True):
    """Table sources: the views, except for projects that have *moved* since, whose past *rows* are used instead."""

    moved: Sequence[UUID] = ()
    rows: Mapping[str, str] = {}

    def of(self, table: Table) -> Composed:
        """The FROM item for *table*; an alias has to follow."""
        name = Identifier(SCHEMA, table.name)
        if not self.moved:
            return SQL("{}").format(name)
        return SQL(THEN).format(table=name, rows=Placeholder(f"then_{table.name}"))

    @property
    def params(self) -> dict[str, object]:
        """The query parameters for these sources."""
        return {"moved": list(self.moved), **{f"then_{name}": rows for name, rows in self.rows.items()}}


NOW = Tables()
LATEST = Past(DISTANT, DISTANT)  # all that the ledger holds, also what is dated later than now, as in the views


@asynccontextmanager
async def tables_at(store: Reader, folding: Folding, past: Past | None) -> AsyncIterator[tuple[Cursor, Tables]]:
    """A cursor with a consistent snapshot, and the table sources as of *past*; None: now.

    Raises TooMuchToReadError.
    """
    if past is None and not is_paged(store):
        async with store.cursor() as cursor:
            yield cursor, NOW
        return
    async with settled_snapshot(store, [view.name for view in folding.views]) as reader, reader.cursor() as cursor:
        moved = set(reader.changed)
        if past is not None:
            moved.update(await _moved(cursor, folding, past))
        yield cursor, await _substituted(reader, folding, past or LATEST, sorted(moved))


async def _substituted(reader: SnapshotReader, folding: Folding, past: Past, moved: Sequence[UUID]) -> Tables:
    """The table sources with the rows of *moved* as of *past*."""
    rows: dict[str, list[Row]] = {table.name: [] for table in folding.tables}
    for first in range(0, len(moved), PROJECTS_AT_A_TIME):
        stored = await reader.streams(moved[first : first + PROJECTS_AT_A_TIME])
        for name, part in (await asyncio.to_thread(_folded, stored, folding, past)).items():
            rows[name] += part
    return Tables(moved, await asyncio.to_thread(_written, folding, rows))


async def _moved(cursor: Cursor, folding: Folding, past: Past) -> list[UUID]:
    query = SQL("SELECT p.project FROM views.project AS p WHERE {} LIMIT {}").format(
        SQL(folding.moved), PROJECTS_READ_MAX + 1
    )
    await cursor.execute(query, {"t": past.t, "known": past.known, **folding.params})
    moved = [project for (project,) in await cursor.fetchall()]
    if len(moved) > PROJECTS_READ_MAX:
        raise TooMuchToReadError(f"more than {PROJECTS_READ_MAX} projects have moved since {past.t.isoformat()}")
    return moved


def _folded(stored: Sequence[StoredEntry], folding: Folding, past: Past) -> dict[str, list[Row]]:
    """The past rows of the projects in *stored*; none for a project unknown at that time."""
    rows: dict[str, list[Row]] = {table.name: [] for table in folding.tables}
    for project, of_project in groupby(stored, attrgetter("stream")):
        folded = folding.settle(project, [row.decoded() for row in of_project], past)
        if not folded.project.version:
            continue
        for view in folding.views:
            for name, part in view.rows(folded.states[view.name], folded.project).items():
                if name in rows:
                    rows[name] += part
    return rows


def _written(folding: Folding, rows: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """The rows as JSON objects keyed by column name."""
    written = {}
    for table in folding.tables:
        names = [name for name, _ in table.columns]
        objects = [dict(zip(names, row, strict=True)) for row in rows[table.name]]
        written[table.name] = msgspec.json.encode(objects).decode()
    return written


def settled_at(views: Sequence[View[Any]]) -> Settle:
    """The default: entries in effect at the instant, with the corrections known then."""
    return lambda project, entries, past: fold_at(views, project, entries, past.t, past.known)
