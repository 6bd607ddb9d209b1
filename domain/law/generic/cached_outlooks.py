"""Outlooks of clocks, cached by the days of their courses: many clocks of a zone start and stop on the same days."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from msgspec import structs

from domain.law.calendar.moment import local_time
from domain.law.generic.course import effective
from domain.law.generic.evaluate import GeneralOutlook, GeneralTerms, StartedClock, outlook
from domain.law.generic.rule import GeneralEvent, GeneralRule, Suspended
from domain.law.licensing.timeline import Act

OUTLOOKS_CACHED_MAX = 4096  # under one law and its terms: clocks of a year start on 250 days, most stop within a month
INSTANTS_CACHED_MAX = 4096  # of one item most clocks share their instants, and have them again with each of its entries

Course: TypeAlias = tuple[Hashable, ...]


class CachedOutlooks:
    """What becomes of the clocks of items of one law, mode and set of lengths; see `outlook`."""

    def __init__(self) -> None:
        self._by_course: dict[Course, GeneralOutlook | None] = {}

    def outlook(
        self, terms: GeneralTerms, clock: StartedClock, t: datetime, acts: Sequence[Act]
    ) -> GeneralOutlook | None:
        """As `outlook`, by the days of its own course where all that becomes of the clock follows from them.

        Silence outside the system is proved by other acts (B11); hours are counted by the minute, and a last day that
        goes over to a Monday ends at noon.
        """
        if not terms.live or clock.rule.counts_hours or clock.rule.roll == "saturday_noon":
            return outlook(terms, clock, t, acts)
        course = course_by_days(terms, clock, t)
        if course not in self._by_course:
            if len(self._by_course) >= OUTLOOKS_CACHED_MAX:
                self._by_course.clear()
            self._by_course[course] = outlook(terms, clock, t, acts)
        return self._by_course[course]


def course_by_days(terms: GeneralTerms, clock: StartedClock, t: datetime) -> Course:
    """All that the outlook of *clock* depends on: what happened to it in order, each on which day, with its terms.

    The day of *t* only where a suspension may be open, which can end by itself.
    """
    events = effective(clock.events, t)
    may_wait = any(isinstance(event, Suspended) for event in events)
    return (
        clock.name,
        terms.calendar,
        clock.rule.n,  # a countersignature has the length that was set for it
        clock.is_ended,
        clock.rule.local_day(t) if may_wait else None,
        *(event_by_day(event, clock.rule) for event in events),
    )


def event_by_day(event: GeneralEvent, rule: GeneralRule) -> Course:
    """*event* with the day that it counts as, in the place of its instant."""
    _, *rest = structs.astuple(event)
    return (type(event), office_day(event.at, rule.tz, rule.closes_at), *rest)


@lru_cache(maxsize=INSTANTS_CACHED_MAX)
def office_day(at: datetime, zone: ZoneInfo, closes_at: time | None) -> tuple[date, bool]:
    """The local day of an instant, and whether business was over on it: then a period may begin with the next."""
    local = local_time(at, zone)
    return local.date(), closes_at is not None and local.time() >= closes_at
