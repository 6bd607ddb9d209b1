"""Who held the case on each day: the answer to who caused the delay.

A day belongs to the holder of the case at its end, as it does for the clocks (B7.2): so the days of one holder add up
to what the clocks counted. The day of receipt has no holder (B3.1), nor has a day that is not over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.law.calendar.calendar import CalendarBook
from domain.law.calendar.moment import Moment, midnight, next_day
from domain.law.licensing.case import Case
from domain.law.licensing.evaluation import prepared, replay
from domain.law.licensing.event import LawEvent
from domain.law.licensing.explain import EXPLAINED_DAYS_MAX
from domain.law.licensing.rule import Rule
from domain.law.licensing.timeline import Timeline

INSTANT = timedelta(microseconds=1)


class Holder(StrEnum):
    """Whose day it was."""

    DEPARTMENT = "department"  # 承办部门
    APPLICANT = "applicant"  # 申请人, who corrects
    OTHER_DEPARTMENT = "other_department"  # 其他部门: consulted, or the upper level
    OUTSIDE = "outside"  # 系统外部门
    LEGAL_SUSPENSION = "legal_suspension"  # 依法不计时间 (Art. 45)


class HeldDay(Struct, frozen=True, gc=False):
    """One calendar day; *by* names the consulted departments, the upper level, or the ground of suspension."""

    day: date
    holder: Holder
    by: tuple[str, ...]
    working: bool


def held_days(
    rule: Rule,
    events: Sequence[LawEvent] | Timeline,
    book: CalendarBook,
    until: datetime,
    known: datetime | None = None,
) -> tuple[HeldDay, ...]:
    """Each day from the one after receipt to the end of the case, or to yesterday as seen from *until*.

    As known at *known* (default: *until*). At most `EXPLAINED_DAYS_MAX` days: more is an error in the record.
    """
    timeline = prepared(rule, events)
    return tuple(_days(rule, timeline, book, until, until if known is None else known))


def _days(rule: Rule, timeline: Timeline, book: CalendarBook, until: datetime, known: datetime) -> Iterator[HeldDay]:
    final = replay(rule, timeline, book, until, known)
    first, end = first_day(final), end_of(final)
    if first is None:
        return
    last = end.day if end is not None else final.now.day - 1
    for ordinal in range(first + 1, min(last, first + EXPLAINED_DAYS_MAX) + 1):
        day = date.fromordinal(ordinal)
        is_last = end is not None and ordinal == end.day
        at = end.at if is_last and end is not None else midnight(next_day(day), rule.zone)
        holder, by = holder_of(replay(rule, timeline, book, at - INSTANT, known))
        if is_last and holder is Holder.LEGAL_SUSPENSION:  # the decision ends it, and its day counts (B7.8)
            holder, by = _own(rule), ()
        yield HeldDay(day, holder, by, final.calendar.works(ordinal))


def first_day(case: Case) -> int | None:
    """Day 0: receipt, or acceptance where that is the first on record."""
    intake = case.intake
    known = [opened.start for opened in intake.rounds[:1]] + ([intake.accepted.day] if intake.accepted else [])
    return min(known, default=None)


def end_of(case: Case) -> Moment | None:
    """When the case was closed, so that no further act was due; None while it is open."""
    if case.withdrawn is not None:
        return case.withdrawn
    if case.decided is not None:
        return case.delivered if case.review.granted else case.decided
    return case.intake.refused


def holder_of(case: Case) -> tuple[Holder, tuple[str, ...]]:
    """Who has the case now, and by what name."""
    rule, intake, review = case.rule, case.intake, case.review
    if intake.accepted is None:
        return (Holder.APPLICANT, ()) if intake.awaiting is not None else (_own(rule), ())
    if case.decided is not None:
        return _own(rule), ()
    grounds = [s.reason for s in case.suspensions.open_by_sid.values() if s.reason in rule.statutory_grounds]
    if grounds:
        return Holder.LEGAL_SUSPENSION, tuple(grounds)
    awaited = [
        name
        for name, consultation in case.consultations.items()
        if consultation.open and not consultation.consents(case, case.now.day)
    ]
    if awaited:
        return Holder.OTHER_DEPARTMENT, tuple(awaited)
    if review.above is not None:
        return Holder.OTHER_DEPARTMENT, ("upper",)
    return _own(rule), ()


def _own(rule: Rule) -> Holder:
    return Holder.DEPARTMENT if rule.live else Holder.OUTSIDE
