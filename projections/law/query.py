"""What-if queries on the ledger: a project with assumed events, a period under other rules."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg.sql import SQL

from domain.law.calendar.period import Period
from projections.clocks.law_events import item_histories
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.history.moment import TooMuchToReadError
from projections.law.what_if import Alternative, AssumedSignal, signals_under
from projections.reader import LawLibrary, Reader, StoredEntry
from projections.scope import ZONE_SCOPE, Scope

PROJECTS_MAX = 300  # of one query: every clock is evaluated twice, some seconds in all
# Rows of clocks closed in time lack the day: it is not after the last event of the project's clocks.
RAN = """
    SELECT DISTINCT c.project FROM views.clock AS c JOIN views.clock_basis AS b USING (project)
    WHERE c.start_on <= %(last)s
      AND (NOT c.closed OR c.stopped_on >= %(first)s OR c.stopped_on IS NULL AND b.happened_at >= %(begin)s)
      AND (%(department)s = '' OR c.department = %(department)s) AND {within}
    ORDER BY c.project LIMIT %(limit)s
"""


async def signals_of(
    store: Reader,
    laws: LawLibrary,
    other: Alternative,
    period: Period,
    zone: str,
    department: str,
    t: datetime,
    scope: Scope = ZONE_SCOPE,
) -> list[AssumedSignal]:
    """The signals of a department in *scope*, or of all, in *period*, under the actual and under *other* rules.

    As known at *t*, in order of time. Raises TooMuchToReadError if too many projects had clocks.
    """
    begin, end = period.begins(zone), period.ends(zone)
    projects = await _projects(store, period, begin, department, scope)
    signals: list[AssumedSignal] = []
    for nth in range(0, len(projects), PROJECTS_AT_A_TIME):
        rows = await store.streams(projects[nth : nth + PROJECTS_AT_A_TIME])
        signals += await asyncio.to_thread(_judged, rows, laws, other, begin, end, t)
    return sorted(
        (signal for signal in signals if department in ("", signal.department)),
        key=lambda signal: signal.place,
    )


async def _projects(store: Reader, period: Period, begin: datetime, department: str, scope: Scope) -> list[UUID]:
    """The projects with a clock that may have run in the period, which began at the instant *begin*."""
    params: dict[str, object] = {"first": period.first, "last": period.last, "begin": begin}
    params |= {"department": department, "limit": PROJECTS_MAX + 1}
    async with store.cursor() as cursor:
        await cursor.execute(SQL(RAN).format(within=scope.of("c", "read:figures")), params)
        projects = [project for (project,) in await cursor.fetchall()]
    if len(projects) > PROJECTS_MAX:
        raise TooMuchToReadError(f"more than {PROJECTS_MAX} projects had clocks in that period")
    return projects


def _judged(
    rows: Sequence[StoredEntry], laws: LawLibrary, other: Alternative, begin: datetime, end: datetime, t: datetime
) -> list[AssumedSignal]:
    signals, known = list[AssumedSignal](), frozenset(packs_of(laws))
    for project, stored in groupby(rows, attrgetter("stream")):
        entries = [entry for entry in (row.decoded() for row in stored) if entry.recorded_at <= t]
        if not entries:
            continue
        histories = item_histories(entries)
        # An imported case was in another system before.
        since = entries[0].recorded_at if entries[0].recorded.source else begin
        signals += signals_under(project, histories, laws, other, known, max(begin, since), end, t)
    return signals


def packs_of(laws: LawLibrary) -> list[str]:
    """The names of all versions and of their special laws."""
    special = (f"{name}/{special}" for name in laws.names for special in laws.pack(name).specials)
    return [*laws.names, *special]
