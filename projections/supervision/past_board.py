"""监察统计表 the board of a past day, as was known then: counted from the versions of what counts.

The sums of the current views hold what is known now. Where something was corrected since the instant, the versions of
signals and decided applications that the histories have for it are counted, each from an index alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed, Identifier

from domain.law.calendar.period import Period
from projections.clocks.history import DECIDED
from projections.history.moment import PastMoment
from projections.history.versions import history_name
from projections.snapshots import Cursor
from projections.sums import ALL, NO_DAYS
from projections.supervision.figures import Counts, DailyCounts, counted_for
from projections.supervision.fold import figures_of
from projections.supervision.history import COUNTED
from projections.view import SCHEMA, Table

SIGNALS: LiteralString = """
    SELECT v.department, v.level, v.state, count(*) FROM {table} AS v
    WHERE v.happened_at >= %(first)s AND v.happened_at < %(end)s AND {as_known}
    GROUP BY v.department, v.level, v.state
"""
SIGNALS_BY_DAY: LiteralString = """
    SELECT (v.happened_at AT TIME ZONE %(zone)s)::date, v.department, v.level, v.state, count(*) FROM {table} AS v
    WHERE v.happened_at >= %(first)s AND v.happened_at < %(end)s AND {as_known}
    GROUP BY 1, 2, 3, 4
"""
DECISIONS: LiteralString = """
    SELECT v.department, v.figure, v.days, count(*) FROM {table} AS v
    WHERE v.decided_at >= %(first)s AND v.decided_at < %(end)s AND {as_known}
    GROUP BY v.department, v.figure, v.days
"""
AS_KNOWN = SQL("v.known_from <= %(moment)s AND v.known_until > %(moment)s AND v.register = %(register)s")
WITHOUT = SQL("v.project <> ALL (%(without)s)")


class CountedAt(Struct, frozen=True):
    """What is counted at a *moment*, of a *register*: what happened in a *period* of days in *zone*.

    Projects *without* which, and those that the moment is stale for, are left out.
    """

    moment: PastMoment
    period: Period
    zone: str
    register: str
    without: Sequence[UUID] = ()

    @property
    def params(self) -> dict[str, object]:
        """The parameters of the queries."""
        begin, end = self.period.begins(self.zone), self.period.ends(self.zone)
        left_out = sorted({*self.moment.stale, *self.without})
        places = {"register": self.register, "zone": self.zone}
        return {"moment": self.moment.at, "without": left_out, "first": begin, "end": end, **places}

    def query(self, of: LiteralString, table: Table) -> Composed:
        """The query *of* the versions of *table*."""
        as_known = SQL("{} AND {}").format(AS_KNOWN, WITHOUT) if self.moment.stale or self.without else AS_KNOWN
        return SQL(of).format(table=Identifier(SCHEMA, history_name(table)), as_known=as_known)


async def counts_at(cursor: Cursor, counted: CountedAt, *, together: bool = False) -> Counts:
    """The count of each figure, by department and working days.

    *together*: of all departments together only.
    """
    counts: Counts = Counter()
    await cursor.execute(counted.query(SIGNALS, COUNTED), counted.params)
    for of, level, state, number in await cursor.fetchall():
        for department in (ALL,) if together else counted_for(of):
            for figure in figures_of(level, state):
                counts[department, figure, NO_DAYS] += number
    await cursor.execute(counted.query(DECISIONS, DECIDED), counted.params)
    for of, figure, days, number in await cursor.fetchall():
        for department in (ALL,) if together else counted_for(of):
            counts[department, figure, days] += number
    return counts


async def signals_by_day_at(cursor: Cursor, counted: CountedAt) -> DailyCounts:
    """The count of each figure of signals, by local day and department."""
    counts: DailyCounts = Counter()
    await cursor.execute(counted.query(SIGNALS_BY_DAY, COUNTED), counted.params)
    for day, of, level, state, number in await cursor.fetchall():
        for department in counted_for(of):
            for figure in figures_of(level, state):
                counts[day, department, figure] += number
    return counts
