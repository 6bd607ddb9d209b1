"""Durations of past applications, counted over the whole ledger by one query and cached."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

from msgspec import Struct
from psycopg.sql import SQL

from domain.core.ledger import Refused
from domain.law.calendar.moment import local_day
from domain.law.estimate import counted_days
from domain.project.flow.durations import KnownDurations, Likeness
from projections.reader import Laws, Reader
from projections.scope import Scope

REFRESH_SECONDS = 30.0  # a decision more hardly moves a quantile
SPANS = """
    SELECT h.law, min(least(h.submitted_at, h.free_at)), max(h.decided_at) FROM views.handled AS h
    WHERE {} GROUP BY h.law
"""
# The working days between two dates are the difference of two running counts. These are passed as one array, law after
# law, each from its first day on, and indexed: a join would depend on statistics that fresh tables lack.
COUNTED = """
    WITH zones AS (
        SELECT * FROM unnest(%(laws)s::text[], %(zones)s::text[], %(firsts)s::date[], %(places)s::integer[])
            AS z(law, zone, first, place)),
    spans AS (
        SELECT h.service, h.special, h.department, h.mode, h.law, h.decided_at,
            unnest(ARRAY['handling', 'whole']) AS measure,
            unnest(ARRAY[h.submitted_at, CASE WHEN h.granted THEN h.free_at END]) AS begun_at
        FROM views.handled AS h WHERE h.decided_at <= %(as_of)s AND {}),
    counted AS (
        SELECT s.measure, s.service, s.special, s.department, s.mode,
            (%(counts)s::integer[])[z.place + ((s.decided_at AT TIME ZONE z.zone)::date - z.first)]
            - (%(counts)s::integer[])[z.place + ((s.begun_at AT TIME ZONE z.zone)::date - z.first)] AS days
        FROM spans AS s JOIN zones AS z ON z.law = s.law WHERE s.begun_at <= s.decided_at)
    SELECT c.measure, c.service, c.special, c.department, c.mode, c.days, count(*) FROM counted AS c
    GROUP BY c.measure, c.service, c.special, c.department, c.mode, c.days
"""


class CachedDurations(Struct, frozen=True):
    """Durations with the position of the views, the laws, and the monotonic time at which they were counted."""

    known: KnownDurations
    position: int
    laws: Laws
    counted_at: float


class Durations:
    """A cache of durations: counted on first use, and again once outdated by new decisions and old enough.

    Each register is counted separately, as registers are not comparable.
    """

    def __init__(self, store: Reader) -> None:
        self._store = store
        self._cached: dict[str, CachedDurations] = {}

    async def now(self, laws: Laws, at: datetime, position: int, after: int = 0, register: str = "") -> KnownDurations:
        """The durations at *position* of the views, or cached ones not older than *after*; *at* is now."""
        cached = self._cached.get(register)
        if cached is not None and cached.laws is laws and (cached.position == position or self._fresh(cached, after)):
            return cached.known
        known = await self.until(laws, at, register)
        self._cached[register] = CachedDurations(known, position, laws, monotonic())
        return known

    @staticmethod
    def _fresh(cached: CachedDurations, after: int) -> bool:
        return cached.position >= after and monotonic() - cached.counted_at < REFRESH_SECONDS

    async def until(self, laws: Laws, as_of: datetime, register: str = "") -> KnownDurations:
        """The durations of all applications of *register* decided up to *as_of*, as known now."""
        known, within = KnownDurations(), Scope(register).registered("h")
        async with self._store.cursor() as cursor:
            await cursor.execute(SQL(SPANS).format(within), {})
            params = _calendars(laws, await cursor.fetchall(), as_of)
            await cursor.execute(SQL(COUNTED).format(within), params)
            for measure, service, special, department, mode, days, number in await cursor.fetchall():
                past = known.whole if measure == "whole" else known.handling
                past.add(Likeness(service, special, department, mode), days, number)
        return known


def _calendars(laws: Laws, spans: list[tuple[str, datetime, datetime]], as_of: datetime) -> dict[str, Any]:
    """Running counts of working days of every law, from its first start to its last decision, as parameters."""
    params: dict[str, Any] = {"as_of": as_of, "laws": [], "zones": [], "firsts": [], "places": [], "counts": []}
    for law, begin, end in spans:
        try:
            pack = laws.pack(law)
        except Refused:  # recorded under a law no longer in this law book: its days can't be counted
            continue
        first = local_day(begin, pack.zone)
        calendar = laws.calendar(pack, local_day(as_of, pack.zone))
        params["laws"].append(law)
        params["zones"].append(pack.zone)
        params["firsts"].append(first)
        params["places"].append(len(params["counts"]) + 1)  # the first place of an array is 1
        params["counts"] += [count for _, count in counted_days(calendar, first, local_day(end, pack.zone))]
    return params
