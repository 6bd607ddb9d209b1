"""Previews the impact of a calendar notice: which clocks would move, computed from the entries before it is applied."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from msgspec import Struct

from domain.law.calendar.calendar import Notice
from infrastructure.calendar.notice_reach import ApplicationKey, NoticeQuestion, TouchedProject, touched
from infrastructure.law.lawbook import LawBook
from projections.clocks.clock_shifts import ClockShift, moves
from projections.clocks.law_events import item_histories
from projections.clocks.past import PROJECTS_AT_A_TIME
from projections.reader import Reader, StoredEntry

MOVES_LISTED_MAX = 1000  # of a preview; its counts cover all


class MoveFigures(Struct, frozen=True, kw_only=True):
    """How many clocks a notice moves, and how.

    *later*, *earlier*, *firm* and *judged_anew* are those whose date moves later or earlier, those whose provisional
    date becomes certain unchanged, and closed ones whose outcome would change; *past_announced* those that run and
    would end after the day announced to the applicant.
    """

    later: int = 0
    earlier: int = 0
    firm: int = 0
    judged_anew: int = 0
    past_announced: int = 0

    def with_further(self, shifts: Collection[ClockShift]) -> MoveFigures:
        """These and what *shifts* add to them."""
        further = figures_of(shifts)
        names = self.__struct_fields__
        return MoveFigures(**{name: getattr(self, name) + getattr(further, name) for name in names})


def figures_of(shifts: Collection[ClockShift]) -> MoveFigures:
    """How many of *shifts* are of which kind."""
    running = [shift for shift in shifts if not shift.closed]
    return MoveFigures(
        later=sum((shift.days or 0) > 0 for shift in running),
        earlier=sum((shift.days or 0) < 0 for shift in running),
        firm=sum(shift.days == 0 and shift.becomes_firm for shift in running),
        judged_anew=len(shifts) - len(running),
        past_announced=sum(shift.passes_announced for shift in shifts),
    )


class Preview(Struct, frozen=True, kw_only=True):
    """The clocks that would move if the notice were applied now.

    *later*, *earlier*, *firm* and *judged_anew* count clocks: those whose date moves later or earlier, those whose
    provisional date becomes certain unchanged, and closed ones whose outcome would change. *moved* lists the first of
    them, soonest date first; *past_announced* those that run and would end after the day announced to the applicant.
    *projects* is the number of projects examined.
    """

    calendar: str
    notice: str
    version: str
    version_after: str
    horizon: date | None
    horizon_after: date | None
    projects: int
    later: int
    earlier: int
    firm: int
    judged_anew: int
    moved: list[ClockShift]
    past_announced: list[ClockShift]


async def preview(store: Reader, laws: LawBook, name: str, notice: Notice, now: datetime, today: date) -> Preview:
    """The preview of applying *notice* to the calendar *name* at *now*; *today* is the local day."""
    question = NoticeQuestion.of(laws, name, notice, now, today)
    old, new = question.calendars
    projects = await touched(store, question)
    shifts = in_order(await moved(store, question, projects))
    figures = figures_of(shifts)
    return Preview(
        calendar=name,
        notice=notice.id,
        version=old.version,
        version_after=new.version,
        horizon=old.known_until,
        horizon_after=new.known_until,
        projects=len(projects),
        later=figures.later,
        earlier=figures.earlier,
        firm=figures.firm,
        judged_anew=figures.judged_anew,
        moved=shifts[:MOVES_LISTED_MAX],
        past_announced=[shift for shift in shifts if shift.passes_announced][:MOVES_LISTED_MAX],
    )


def in_order(shifts: Iterable[ClockShift]) -> list[ClockShift]:
    """Running clocks before closed ones, each soonest date first."""
    return sorted(shifts, key=_soonest)


def _soonest(shift: ClockShift) -> tuple[bool, date, str, str]:
    return shift.closed, shift.due_on or date.max, str(shift.project), f"{shift.item} {shift.clock}"


async def moved(reader: Reader, question: NoticeQuestion, projects: Sequence[TouchedProject]) -> list[ClockShift]:
    """The clocks of *projects* whose reading differs, by the entries that *reader* has."""
    shifts = list[ClockShift]()
    for first in range(0, len(projects), PROJECTS_AT_A_TIME):
        batch = {each.project: each.applications for each in projects[first : first + PROJECTS_AT_A_TIME]}
        rows = await reader.streams(list(batch))
        shifts += await asyncio.to_thread(_shifts, rows, question, batch)
    return shifts


def _shifts(
    rows: Sequence[StoredEntry], question: NoticeQuestion, applications: Mapping[UUID, frozenset[ApplicationKey]]
) -> list[ClockShift]:
    shifts: list[ClockShift] = []
    change, at = question.change, question.at
    for project, of_project in groupby(rows, attrgetter("stream")):
        histories = item_histories([row.decoded() for row in of_project], at)
        touched_alone = {key: history for key, history in histories.items() if key in applications[project]}
        shifts += moves(project, touched_alone, change.before, change.after, change.calendars, at)
    return shifts
