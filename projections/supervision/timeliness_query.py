"""Queries on timeliness at any instant: recording delays by department, applications suspended conspicuously often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.sql import SQL, Composed

from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from domain.law.timeliness import (
    LAG_TARGET_DAYS,
    NIGHTS_USUAL_MAX,
    SUSPENSIONS_USUAL_MAX,
    is_nightly,
    lag_days,
    percentile,
)
from projections.as_of import Folding, Past, Tables, settled_at, tables_at
from projections.law.shipped import shipped_law
from projections.reader import Laws, Reader
from projections.scope import EVERYTHING, ZONE_SCOPE, Scope, both
from projections.supervision.fold import SUPERVISION
from projections.supervision.timeliness import LAG_SUMS, LAGS, SUSPENSIONS, SuspensionRow, Timeliness
from projections.supervision.timeliness_history import HISTORY

# Acts recorded on their day, most of all, have no lag on whatever day that was.
DELAYED: LiteralString = """
    SELECT l.department, l.live, l.law, nullif(l.happened_on, l.recorded_on), nullif(l.recorded_on, l.happened_on),
        sum(l.acts)::integer
    FROM {source} AS l
    WHERE l.recorded_on BETWEEN %(first)s AND %(last)s AND (%(department)s = '' OR l.department = %(department)s)
      AND {within}
    GROUP BY 1, 2, 3, 4, 5
"""
# Those of an application are read by its key.
REPEATED = """
    SELECT s.* FROM (
        SELECT DISTINCT s.project, s.item, s.application FROM {suspension} AS s
        WHERE s.unusual AND s.suspended_at >= %(begins)s AND s.suspended_at < %(ends)s
          AND (%(department)s = '' OR s.department = %(department)s) AND {within}
    ) AS unusual JOIN {suspension} AS s USING (project, item, application)
    ORDER BY s.project, s.item, s.application, s.suspended_at, s.suspension
"""
OF_REGISTER, OF_OWN = SQL("l.register = %(register)s"), SQL("l.department = %(own)s")
VIEWS = (Timeliness(shipped_law),)
PAST = Folding(VIEWS, (LAGS, SUSPENSIONS), settled_at(VIEWS), (HISTORY,))


class Oddity(StrEnum):
    """Why an application's suspensions are reported."""

    MANY = "many"  # more than usual
    NIGHTLY = "nightly"  # repeatedly suspended in the afternoon and resumed in the morning


class Lag(Struct, frozen=True):
    """Recording delays of one department, or of all if empty, in working days.

    *outside* of the *acts* were recorded for a department outside the system. *median* and *p90* are nearest ranks,
    null without acts; *over_target* acts took longer than the target.
    """

    department: str
    acts: int
    outside: int
    median: int | None
    p90: int | None
    longest: int | None
    over_target: int


StoppedKey = tuple[int, int, str, str, int]


class OftenStopped(Struct, frozen=True):
    """One application suspended conspicuously often; *nights* of the suspensions lasted from an afternoon to
    the next working morning.
    """

    project: UUID
    item: str
    application: int
    department: str
    suspensions: int
    nights: int
    oddities: tuple[Oddity, ...]
    first_at: datetime
    last_at: datetime

    @property
    def place(self) -> StoppedKey:
        """What it is sorted by."""
        return -self.suspensions, -self.nights, str(self.project), self.item, self.application


class TimelinessOf:
    """Timeliness in *scope* now, or as of *past*, with working days by *laws* as known on the local day of *known*.

    Each query raises TooMuchToReadError or HistoryBehindError where the histories can't answer.
    """

    def __init__(
        self, store: Reader, laws: Laws, known: datetime, scope: Scope = ZONE_SCOPE, past: Past | None = None
    ) -> None:
        self._store, self._laws, self._known, self._scope, self._past = store, laws, known, scope, past

    async def lags(self, period: Period, department: str = "") -> list[Lag]:
        """Delays of acts recorded in *period*: all departments together, then each, by name."""
        params = {"first": period.first, "last": period.last, "department": department}
        acts: defaultdict[str, Counter[int]] = defaultdict(Counter)
        outside: Counter[str] = Counter()
        for of, live, law, happened_on, recorded_on, n in await self._delayed(params):
            days = self._lag(law, happened_on, recorded_on) if recorded_on else 0
            for name in ("", of):
                acts[name][days] += n
                outside[name] += 0 if live else n
        return [_lag_of(name, acts[name], outside[name]) for name in sorted({"", *acts})]

    async def often_stopped(self, period: Period, zone: str, department: str = "") -> list[OftenStopped]:
        """Applications with a suspension begun in *period*, local days of *zone*; the most often suspended first."""
        params = {
            "begins": period.begins(zone),
            "ends": period.ends(zone),
            "department": department,
        }
        rows = [SuspensionRow(*row) for row in await self._repeated(params)]
        judged = (self._judged(list(group)) for _, group in groupby(rows, attrgetter("project", "item", "application")))
        return sorted(
            (application for application in judged if application.oddities), key=lambda application: application.place
        )

    def _lag(self, law: str, happened_on: date, recorded_on: date) -> int:
        pack = self._laws.pack(law)
        return lag_days(self._laws.calendar(pack, local_day(self._known, pack.zone)), happened_on, recorded_on)

    def _judged(self, rows: list[SuspensionRow]) -> OftenStopped:
        first = rows[0]
        nights = sum(map(self._is_nightly, rows))
        oddities = [Oddity.MANY] if len(rows) > SUSPENSIONS_USUAL_MAX else []
        oddities += [Oddity.NIGHTLY] if nights > NIGHTS_USUAL_MAX else []
        return OftenStopped(
            *(first.project, first.item, first.application, rows[-1].department, len(rows), nights, tuple(oddities)),
            first_at=first.suspended_at,
            last_at=rows[-1].suspended_at,
        )

    def _is_nightly(self, row: SuspensionRow) -> bool:
        pack = self._laws.pack(row.law)
        calendar = self._laws.calendar(pack, local_day(self._known, pack.zone))
        return is_nightly(row.suspended_at, row.resumed_at, calendar, pack.zone)

    async def _delayed(self, params: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        async with tables_at(self._store, PAST, self._past) as (cursor, tables):
            source, within = self._lags_in(tables)
            scope = {"register": self._scope.register, "own": self._scope.department_of(SUPERVISION)}
            query = SQL(DELAYED).format(source=source, within=within)
            await cursor.execute(query, {**params, **scope, **tables.params})
            return await cursor.fetchall()

    def _lags_in(self, tables: Tables) -> tuple[Composed, SQL | Composed]:
        """Where lags are read: the sums, unless those of single projects are needed; and which are in the scope."""
        own = self._scope.department_of(SUPERVISION)
        if own is None or not tables.is_current:
            return tables.of(LAGS), self._scope.of("l", SUPERVISION, department="department")
        within = both(EVERYTHING if self._scope.whole else OF_REGISTER, OF_OWN if own else EVERYTHING)
        return tables.own(LAG_SUMS), within

    async def _repeated(self, params: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        within = self._scope.of("s", SUPERVISION, department="department")
        async with tables_at(self._store, PAST, self._past) as (cursor, tables):
            query = SQL(REPEATED).format(within=within, suspension=tables.of(SUSPENSIONS))
            await cursor.execute(query, {**params, **tables.params})
            return await cursor.fetchall()


def _lag_of(department: str, acts: Counter[int], outside: int) -> Lag:
    return Lag(
        department=department,
        acts=acts.total(),
        outside=outside,
        median=percentile(acts, 50),
        p90=percentile(acts, 90),
        longest=max(acts, default=None),
        over_target=sum(n for days, n in acts.items() if days > LAG_TARGET_DAYS),
    )
