"""Tables of views as they stood at an instant, as was known at another: for lists over all projects.

The view's rows answer for every project of which nothing has happened or become known since. The others are read from
the ledger and folded as they stood, and their rows take the place of the view's in the query itself: so a list has one
query, whatever instant it is asked about, and the same filters, order and pages.
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

from domain.messages import Entry
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.clocks.query import PROJECTS_READ_MAX, TooMuchToRead
from projections.reader import Reader, StoredEntry
from projections.supervision.board import Cursor, snapshot
from projections.view import SCHEMA, Folded, Row, Table, View, fold_at

MOVED: LiteralString = "p.happened_at > %(t)s OR p.recorded_at > %(known)s"
# The rows of a table are read as PostgreSQL itself writes them in JSON; no temporary table, so also on a standby.
THEN = """
    (SELECT v.* FROM {table} AS v WHERE v.project <> ALL (%(moved)s)
     UNION ALL SELECT * FROM json_populate_recordset(NULL::{table}, {rows}::json))
"""


class Past(Struct, frozen=True):
    """What is asked about: the instant *t*, by what was known at *known*."""

    t: datetime
    known: datetime


Settle = Callable[[UUID, Sequence[Entry], Past], Folded]


class Folding(Struct, frozen=True):
    """How the past of a list is read: its *views*, the *tables* of theirs that are asked for, and how entries settle.

    *moved* is for which projects, the `p` of the progress table, the tables can't answer; *asked* are further values
    that it names.
    """

    views: tuple[View[Any], ...]
    tables: tuple[Table, ...]
    settle: Settle
    moved: LiteralString = MOVED
    params: Mapping[str, object] = {}


class Tables(Struct, frozen=True):
    """Where tables are read: in the views, but for projects that have *moved* since in their *rows* as they were."""

    moved: Sequence[UUID] = ()
    rows: Mapping[str, str] = {}

    def of(self, table: Table) -> Composed:
        """What stands behind FROM for *table*; an alias has to follow."""
        name = Identifier(SCHEMA, table.name)
        if not self.moved:
            return SQL("{}").format(name)
        return SQL(THEN).format(table=name, rows=Placeholder(f"then_{table.name}"))

    @property
    def params(self) -> dict[str, object]:
        """The parameters that the query then takes."""
        return {"moved": list(self.moved), **{f"then_{name}": rows for name, rows in self.rows.items()}}


NOW = Tables()


@asynccontextmanager
async def tables_at(store: Reader, folding: Folding, past: Past | None) -> AsyncIterator[tuple[Cursor, Tables]]:
    """A cursor that sees one state of the tables, and how to read them as they stood; None: as they are.

    Raises TooMuchToRead.
    """
    if past is None:
        async with store.cursor() as cursor:
            yield cursor, NOW
        return
    async with snapshot(store) as cursor:
        moved = await _moved(cursor, folding, past)
        rows: dict[str, list[Row]] = {table.name: [] for table in folding.tables}
        for first in range(0, len(moved), PROJECTS_AT_A_TIME):
            stored = await store.streams_in(cursor, moved[first : first + PROJECTS_AT_A_TIME])
            for name, part in (await asyncio.to_thread(_folded, stored, folding, past)).items():
                rows[name] += part
        written = await asyncio.to_thread(_written, folding, rows)
        yield cursor, Tables(moved, written)


async def _moved(cursor: Cursor, folding: Folding, past: Past) -> list[UUID]:
    query = SQL("SELECT p.project FROM views.project AS p WHERE {} LIMIT {}").format(
        SQL(folding.moved), PROJECTS_READ_MAX + 1
    )
    await cursor.execute(query, {"t": past.t, "known": past.known, **folding.params})
    moved = [project for (project,) in await cursor.fetchall()]
    if len(moved) > PROJECTS_READ_MAX:
        raise TooMuchToRead(f"more than {PROJECTS_READ_MAX} projects have moved since {past.t.isoformat()}")
    return moved


def _folded(stored: Sequence[StoredEntry], folding: Folding, past: Past) -> dict[str, list[Row]]:
    """The rows of the projects in *stored* as they stood; of one of which nothing was known then there are none."""
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
    """The rows in JSON, each an object with the names of the table's columns."""
    written = {}
    for table in folding.tables:
        names = [name for name, _ in table.columns]
        objects = [dict(zip(names, row, strict=True)) for row in rows[table.name]]
        written[table.name] = msgspec.json.encode(objects).decode()
    return written


def settled_at(views: Sequence[View[Any]]) -> Settle:
    """The usual way: what had happened by the instant, with the corrections that were known."""
    return lambda project, entries, past: fold_at(views, project, entries, past.t, past.known)
