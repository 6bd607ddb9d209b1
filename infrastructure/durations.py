"""How long applications took so far, counted over the whole ledger by one query and kept for a while."""

from __future__ import annotations

from datetime import date, datetime
from time import monotonic
from typing import Any

from msgspec import Struct

from domain.flow.durations import Known, Likeness
from domain.law.moment import local_day
from domain.law.rough import counted_days
from domain.ledger import Refused
from infrastructure.lawbook import LawBook
from infrastructure.store import Store

REFRESH_SECONDS = 30.0  # a decision more hardly moves a quantile
SPANS = "SELECT h.law, min(least(h.submitted_at, h.free_at)), max(h.decided_at) FROM views.handled AS h GROUP BY h.law"
# The working days between two dates are the difference of two counts: the calendar itself is sent along.
COUNTED = """
    WITH days AS MATERIALIZED (
        SELECT * FROM unnest(%(laws)s::text[], %(days)s::date[], %(counts)s::integer[]) AS d(law, day, n)
    ), zones AS (SELECT * FROM unnest(%(zoned)s::text[], %(zones)s::text[]) AS z(law, zone)),
    spans AS (
        SELECT h.service, h.special, h.department, h.mode, h.law, h.decided_at,
            unnest(ARRAY['handling', 'whole']) AS measure,
            unnest(ARRAY[h.submitted_at, CASE WHEN h.granted THEN h.free_at END]) AS begun_at
        FROM views.handled AS h WHERE h.decided_at <= %(as_of)s)
    SELECT s.measure, s.service, s.special, s.department, s.mode, decided.n - begun.n, count(*)
    FROM spans AS s JOIN zones AS z ON z.law = s.law
    JOIN days AS begun ON begun.law = s.law AND begun.day = (s.begun_at AT TIME ZONE z.zone)::date
    JOIN days AS decided ON decided.law = s.law AND decided.day = (s.decided_at AT TIME ZONE z.zone)::date
    WHERE s.begun_at <= s.decided_at
    GROUP BY s.measure, s.service, s.special, s.department, s.mode, decided.n - begun.n
"""


class Kept(Struct, frozen=True):
    """What was counted, up to which position of the views, by which laws, and when on the machine's own clock."""

    known: Known
    position: int
    laws: LawBook
    counted_at: float


class Durations:
    """Counts them on first use, and again when something was decided since and the last count is old."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Kept | None = None

    async def now(self, laws: LawBook, at: datetime, position: int, after: int = 0) -> Known:
        """Those known at *position* of the views, or somewhat earlier but not before *after*; *at* is now."""
        kept = self._kept
        if kept is not None and kept.laws is laws and (kept.position == position or self._fresh(kept, after)):
            return kept.known
        known = await self.until(laws, at)
        self._kept = Kept(known, position, laws, monotonic())
        return known

    @staticmethod
    def _fresh(kept: Kept, after: int) -> bool:
        return kept.position >= after and monotonic() - kept.counted_at < REFRESH_SECONDS

    async def until(self, laws: LawBook, as_of: datetime) -> Known:
        """Those of all applications that were decided up to *as_of*, by what is known now."""
        known = Known()
        async with self._store.cursor() as cursor:
            await cursor.execute(SPANS)
            asked = _calendars(laws, await cursor.fetchall(), as_of)
            await cursor.execute(COUNTED, asked)
            for measure, service, special, department, mode, days, number in await cursor.fetchall():
                past = known.whole if measure == "whole" else known.handling
                past.add(Likeness(service, special, department, mode), days, number)
        return known


def _calendars(laws: LawBook, spans: list[tuple[str, datetime, datetime]], as_of: datetime) -> dict[str, Any]:
    """The working days of every law, for the days between its first submission and its last decision."""
    asked: dict[str, Any] = {"as_of": as_of, "laws": [], "days": [], "counts": [], "zoned": [], "zones": []}
    for law, first, last in spans:
        try:
            pack = laws.pack(law)
        except Refused:  # recorded under a law that this book no longer has: its days can't be counted
            continue
        asked["zoned"].append(law)
        asked["zones"].append(pack.zone)
        known = local_day(as_of, pack.zone)
        for day, count in _counts(laws, law, known, local_day(first, pack.zone), local_day(last, pack.zone)):
            asked["laws"].append(law)
            asked["days"].append(day)
            asked["counts"].append(count)
    return asked


def _counts(laws: LawBook, law: str, known: date, first: date, last: date) -> list[tuple[date, int]]:
    return counted_days(laws.calendar(laws.pack(law), known), first, last)
