"""As-of reads of view tables: lists over all projects at an instant, as known at another.

The histories of the views' rows answer by an index. Projects of which they don't are read from the ledger and folded
as of the instant, and their rows are substituted in the query itself. So a list has one query for any instant, with
the same filters, order and pages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from msgspec import Struct, structs
from psycopg.sql import SQL, Composed, Identifier, Placeholder

from domain.law.licensing.forecast import DISTANT
from domain.messages import Entry
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.history.fold import History
from projections.history.moment import EVERY_VERSION, PastMoment, moment_of, names_of
from projections.reader import Reader, StoredEntry
from projections.snapshots import Cursor, PagedReader, SnapshotReader, is_paged, position_of, settled_snapshot, snapshot
from projections.view import SCHEMA, Folded, Row, Table, View, fold_at

# Rows are passed as JSON, as PostgreSQL itself formats them: without a temporary table it also works on a standby.
FOLDED = "SELECT {columns} FROM json_populate_recordset(NULL::{table}, {rows}::json)"
OWN = "(SELECT v.* FROM {table} AS v WHERE v.project <> ALL (%(stale)s))"


class Past(Struct, frozen=True):
    """The instant *t*, as known at *known*."""

    t: datetime
    known: datetime


Settle = Callable[[UUID, Sequence[Entry], Past], Folded]


class Folding(Struct, frozen=True):
    """How a list is read as of an instant: its *views*, the *tables* it uses, and how entries are corrected.

    Without *histories*, every project is read from the ledger.
    """

    views: tuple[View[Any], ...]
    tables: tuple[Table, ...]
    settle: Settle
    histories: tuple[History, ...] = ()  # of the views, folded in the same way


class Tables(Struct, frozen=True):
    """Table sources: of now, or of a *moment*; of the *stale* projects the folded *rows* are used instead."""

    moment: PastMoment | None = None
    stale: Sequence[UUID] = ()
    rows: Mapping[str, str] = {}

    def of(
        self,
        table: Table,
        *,
        by_project: bool = False,
        only: Collection[LiteralString] = (),
        parts: Collection[LiteralString] = EVERY_VERSION,
    ) -> Composed:
        """The FROM item for *table*; an alias has to follow. *by_project*: it is joined to rows of some projects.

        *only* these columns are read of a moment, as an index may have all of them, in *parts* with an index each.
        """
        if self.moment is not None:
            return self.moment.of(table, self.folded(table, only), by_project=by_project, only=only, parts=parts)
        stored = self.own(table)
        return SQL("({} UNION ALL {})").format(stored, self.folded(table)) if self.stale else stored

    def folded(self, table: Table, only: Collection[LiteralString] = ()) -> Composed:
        """The query for the rows of the stale projects in *table*."""
        columns = SQL(", ").join(map(Identifier, names_of(table, only)))
        name = Identifier(SCHEMA, table.name)
        return SQL(FOLDED).format(columns=columns, table=name, rows=Placeholder(f"then_{table.name}"))

    def parts(self, table: Table, column: str) -> list[Composed]:
        """The FROM items that *table* is made of, for a list that is sorted by *column*, an instant, the last first.

        A page of each, put together, holds the page of all. In one query PostgreSQL would read all rows, and sort them.
        """
        stored = self.own(table) if self.moment is None else self.moment.before(table, column)
        others = self.others(table)
        return [stored] if others is None else [stored, others]

    def own(self, table: Table, *, by_project: bool = False) -> Composed:
        """The FROM item for the stored rows of *table* alone, without those of stale projects; see `of`."""
        if self.moment is not None:
            return self.moment.of(table, by_project=by_project)
        name = Identifier(SCHEMA, table.name)
        return SQL(OWN).format(table=name) if self.stale else SQL("{}").format(name)

    def others(self, table: Table) -> Composed | None:
        """The FROM item for the rows that were folded in place of those; None where no project is stale."""
        if not self.stale:
            return None
        return SQL("({})").format(self.folded(table))

    @property
    def is_current(self) -> bool:
        """Whether all rows are those of now."""
        return self.moment is None and not self.stale

    @property
    def params(self) -> dict[str, object]:
        """The query parameters for these sources."""
        moment = {} if self.moment is None else self.moment.params
        return {**moment, "stale": list(self.stale), **{f"then_{name}": rows for name, rows in self.rows.items()}}


NOW = Tables()
LATEST = Past(DISTANT, DISTANT)  # all that the ledger holds, also what is dated later than now, as in the views


@asynccontextmanager
async def tables_at(
    store: Reader, folding: Folding, past: Past | None, projects: Collection[UUID] | None = None
) -> AsyncIterator[tuple[Cursor, Tables]]:
    """A cursor with a consistent snapshot, and the table sources as of *past*; None: now.

    *projects*: the only ones that are asked about. Raises TooMuchToReadError, HistoryBehindError.
    """
    if past is not None:
        async with snapshot(store) as cursor:
            yield cursor, await _past_tables(store, cursor, folding, past, projects)
        return
    if not is_paged(store):
        async with store.cursor() as cursor:
            yield cursor, NOW
        return
    async with settled_snapshot(store, [view.name for view in folding.views]) as reader, reader.cursor() as cursor:
        changed = sorted(reader.changed)
        yield cursor, Tables(None, changed, await _rows(reader, folding, LATEST, changed))


async def _past_tables(
    store: Reader, cursor: Cursor, folding: Folding, past: Past, projects: Collection[UUID] | None
) -> Tables:
    """The table sources as of *past*; all pages of a list are read from the ledger up to the same position."""
    moment = await moment_of(cursor, folding.histories, past.t, past.known, await settled_position(store, cursor))
    if projects is not None:
        moment = structs.replace(moment, stale=sorted({*moment.stale} & {*projects}))
    reader = SnapshotReader(store, cursor, position_of(store))
    return Tables(moment, moment.stale, await _rows(reader, folding, past, moment.stale))


async def settled_position(store: Reader, cursor: Cursor) -> int | None:
    """The position up to which the pages of a list are read, the ledger's end for the first one; None: no pages."""
    if isinstance(store, PagedReader) and store.is_paged and store.position is None:
        await cursor.execute("SELECT h.seq FROM ledger.head AS h")
        ((store.position,),) = await cursor.fetchall()
    return position_of(store)


async def _rows(reader: SnapshotReader, folding: Folding, past: Past, stale: Sequence[UUID]) -> dict[str, str]:
    """The rows of the *stale* projects as of *past*, as JSON, by table."""
    rows: dict[str, list[Row]] = {table.name: [] for table in folding.tables}
    for first in range(0, len(stale), PROJECTS_AT_A_TIME):
        stored = await reader.streams(stale[first : first + PROJECTS_AT_A_TIME])
        for name, part in (await asyncio.to_thread(_folded, stored, folding, past)).items():
            rows[name] += part
    return await asyncio.to_thread(_written, folding, rows)


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
