"""Which axis of a history answers for an instant *t* as known at another, and of which projects it does not.

For *t* = *known* the known axis answers for every project, whatever was learned later. For an earlier *t* the valid
axis does, but of projects of which something in effect by *t* was recorded after *known*, or that it counts by a
calendar not known then; for a later *t* the known axis, but of projects of which something recorded by *known* took
effect in between. Those are read from the ledger, as are projects whose history has not caught up yet.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from projections.history.fold import History
from projections.history.versions import history_name
from projections.snapshots import Cursor
from projections.view import SCHEMA, Table

PROJECTS_READ_MAX = 5_000  # from the ledger, for one query: some ten seconds
REACHED = "SELECT p.view, p.version, p.seq FROM views.position AS p WHERE p.view = ANY(%(views)s)"
HEAD = "SELECT h.seq FROM ledger.head AS h"
UNSEEN = SQL("""
    SELECT DISTINCT s.stream FROM ledger.event AS e JOIN ledger.stream AS s ON s.stream = e.stream
    WHERE e.seq > %(after)s AND e.seq <= %(until)s AND e.recorded_at <= %(known)s AND s.kind = 'project'
    LIMIT %(limit)s
""")
LEARNED_LATER: LiteralString = (
    "SELECT d.project FROM {} AS d WHERE d.recorded_at > %(known)s AND d.effective_from <= %(t)s"
)
STILL_TO_COME: LiteralString = (
    "SELECT d.project FROM {} AS d WHERE d.recorded_at <= %(known)s AND d.effective_to > %(known)s"
    " AND d.effective_from <= %(t)s"
)


class TooMuchToReadError(Exception):
    """More projects than are read from the ledger for one query were changed with hindsight since the instant."""


class HistoryBehindError(Exception):
    """The histories of the rows are still being made: a past instant is answered in some minutes."""


EVERY_VERSION: tuple[LiteralString, ...] = ("",)
HOLDS = SQL("tstzrange({begins}, {ends}) @> %(moment)s::timestamptz")  # by the index on instants
HOLDS_BY_PROJECT = SQL("{begins} <= %(moment)s AND {ends} > %(moment)s")  # by the key, which begins with the project


class PastMoment(Struct, frozen=True):
    """An instant *at* of one *axis*, "known" or "valid", and the *stale* projects it does not answer for.

    The axis is empty where there is no history yet, and every project has to be read from the ledger.
    """

    axis: str
    at: datetime
    stale: Sequence[UUID]

    def of(
        self,
        table: Table,
        others: Composed | None = None,
        *,
        by_project: bool = False,
        only: Collection[LiteralString] = (),
        parts: Collection[LiteralString] = EVERY_VERSION,
    ) -> Composed:
        """The FROM item for *table* at the moment, with *others* in place of the stale projects; an alias follows.

        *only* some columns, in the order of the table: those that an index has are read from it alone. Beside *others*
        PostgreSQL would read every column that is named here. *parts*: conditions on its versions v, of which each row
        fulfils one, where each has an index of its own.
        *by_project*: it is joined to rows of some projects, whose own versions are looked through. PostgreSQL takes the
        index on instants for cheaper than it is, and would search all versions of the moment again for each row.
        """
        rows = [others] if others is not None and self.stale else []
        if self.axis:
            holds = HOLDS_BY_PROJECT if by_project else HOLDS
            rows = [*(self._versions(table, holds, only, part) for part in parts), *rows]
        return SQL("({})").format(SQL(" UNION ALL ").join(rows)) if rows else _nothing(table)

    def before(self, table: Table, column: str) -> Composed:
        """The FROM item for *table* without stale projects, of a list that is sorted by *column*, the last first.

        The column is an instant that no version at the moment is later than: an index on it is read from there on.
        """
        if not self.axis:
            return _nothing(table)
        earlier = SQL(" AND {} <= %(moment)s").format(Identifier("v", column))
        return SQL("({}{})").format(self._versions(table, HOLDS), earlier)

    def _versions(
        self, table: Table, holds: SQL, only: Collection[LiteralString] = (), part: LiteralString = ""
    ) -> Composed:
        within = holds.format(begins=Identifier("v", f"{self.axis}_from"), ends=Identifier("v", f"{self.axis}_until"))
        columns = SQL(", ").join(Identifier("v", name) for name in names_of(table, only))
        without = SQL(" AND v.project <> ALL (%(stale)s)" if self.stale else "")
        of_part = SQL(f" AND v.{part}") if part else SQL("")
        return SQL("SELECT {} FROM {} AS v WHERE {}{}{}").format(
            columns, Identifier(SCHEMA, history_name(table)), within, of_part, without
        )

    @property
    def params(self) -> dict[str, object]:
        """The query parameters for `of`."""
        return {"moment": self.at, "stale": list(self.stale)}


def names_of(table: Table, only: Collection[LiteralString] = ()) -> list[LiteralString]:
    """The columns of *table*, or *only* some of them, in its order."""
    return [name for name, _ in table.columns if not only or name in only]


def _nothing(table: Table) -> Composed:
    return SQL("(SELECT * FROM {} WHERE false)").format(Identifier(SCHEMA, table.name))


async def moment_of(
    cursor: Cursor, histories: Sequence[History], t: datetime, known: datetime, position: int | None = None
) -> PastMoment:
    """How *t* as known at *known* is read, in the snapshot of *cursor*, from the ledger up to *position* (None: all).

    Raises TooMuchToReadError, or HistoryBehindError where the histories are still being made.
    """
    until = await _head(cursor) if position is None else position
    reached = await _reached(cursor, histories)
    made = reached is not None
    after, last = sorted((reached or 0, until))
    params = {"t": t, "known": known, "after": after, "until": last, "limit": PROJECTS_READ_MAX + 1}
    stale = await _projects(cursor, UNSEEN, params) if after < last else set[UUID]()
    if len(stale) > PROJECTS_READ_MAX:
        raise HistoryBehindError(f"the histories are at position {reached or 0}, not yet at {until}")
    if made and t != known:
        which = LEARNED_LATER if t < known else STILL_TO_COME
        for history in histories:
            query = SQL(which + " LIMIT %(limit)s").format(Identifier(SCHEMA, history.delays.name))
            stale |= await _projects(cursor, query, params)
            if t < known:
                stale.update(await history.outdated(cursor, known, PROJECTS_READ_MAX + 1))
    if len(stale) > PROJECTS_READ_MAX:
        raise TooMuchToReadError(
            f"more than {PROJECTS_READ_MAX} projects were changed with hindsight since {min(t, known).isoformat()}"
        )
    axis = ("valid" if t < known else "known") if made else ""
    return PastMoment(axis, min(t, known), sorted(stale))


async def _head(cursor: Cursor) -> int:
    await cursor.execute(HEAD)
    ((head,),) = await cursor.fetchall()
    return int(head)


async def _reached(cursor: Cursor, histories: Sequence[History]) -> int | None:
    """The position that all *histories* have reached; None while one is not made yet, or by another version."""
    await cursor.execute(REACHED, {"views": [history.name for history in histories]})
    if not histories:
        return None
    live = {view: (version, seq) for view, version, seq in await cursor.fetchall()}
    if any(live.get(history.name, (None, 0))[0] != history.version for history in histories):
        return None
    return min(int(seq) for _, seq in live.values())


async def _projects(cursor: Cursor, query: SQL | Composed, params: dict[str, object]) -> set[UUID]:
    await cursor.execute(query, params)
    return {project for (project,) in await cursor.fetchall()}
