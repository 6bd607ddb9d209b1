"""Previews the impact of a calendar notice: which clocks would move, computed from the entries before it is applied."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from msgspec import Struct

from domain.law.calendar.calendar import Notice
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.mapper import StoredRow, entry_from
from infrastructure.ledger.reader import Store
from projections.clocks.clock_shifts import ClockShift, moves
from projections.clocks.law_events import item_histories
from projections.clocks.past import PROJECTS_AT_A_TIME

Applications = dict[UUID, set[tuple[str, int]]]  # by project: the item, and the number of its application
MOVES_LISTED_MAX = 1000  # of a preview; its counts cover all

# Running clocks whose last day is not before the notice's first day, or is uncertain as it is beyond the horizon; and
# closed ones that ran across the notice's days. Clocks under laws with other calendars are left out.
TOUCHED = """
    SELECT DISTINCT project, item, application FROM views.clock
    WHERE split_part(law, '/', 1) = ANY(%(laws)s) AND CASE WHEN closed
        THEN start_on < %(last)s AND (due_on >= %(first)s OR stopped_on >= %(first)s)
        ELSE due_on IS NULL OR due_on >= %(first)s OR due_on > %(horizon)s END
    ORDER BY project, item, application
"""


class ClockChange(Struct, frozen=True):
    """The law *before* and *after* a notice, and the calendars that differ: its own, and those of regions on it."""

    before: LawBook
    after: LawBook
    calendars: frozenset[str]

    @classmethod
    def by(cls, notice: Notice, name: str, laws: LawBook) -> ClockChange:
        """The change that *notice* makes to the calendar *name* of *laws*."""
        regions = {other for other, book in laws.calendars().items() if book.data.stacks_on == name}
        return cls(laws, laws.with_notices({name: [notice]}), frozenset({name, *regions}))


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


async def preview(store: Store, laws: LawBook, name: str, notice: Notice, now: datetime, today: date) -> Preview:
    """The preview of applying *notice* to the calendar *name* at *now*; *today* is the local day."""
    change = ClockChange.by(notice, name, laws)
    old, new = (law.calendars()[name].as_known(today) for law in (change.before, change.after))
    applications = await touched(store, change, notice, old.known_until or date.min)
    shifts = await moved(store, change, applications, now)
    running = [shift for shift in shifts if not shift.closed]
    in_order = sorted(shifts, key=_soonest)
    return Preview(
        calendar=name,
        notice=notice.id,
        version=old.version,
        version_after=new.version,
        horizon=old.known_until,
        horizon_after=new.known_until,
        projects=len(applications),
        later=sum((shift.days or 0) > 0 for shift in running),
        earlier=sum((shift.days or 0) < 0 for shift in running),
        firm=sum(shift.days == 0 and shift.becomes_firm for shift in running),
        judged_anew=sum(shift.closed for shift in shifts),
        moved=in_order[:MOVES_LISTED_MAX],
        past_announced=[shift for shift in in_order if shift.passes_announced][:MOVES_LISTED_MAX],
    )


def _soonest(shift: ClockShift) -> tuple[bool, date, str, str]:
    return shift.closed, shift.due_on or date.max, str(shift.project), f"{shift.item} {shift.clock}"


async def touched(store: Store, change: ClockChange, notice: Notice, horizon: date) -> Applications:
    """The applications with a clock that *notice* may move, by project, according to the clocks view.

    Days after *horizon* were uncertain so far; the notice may make them certain.
    """
    laws = change.before
    params = {
        "laws": [version for version in counted_on(laws) if laws.pack(version).calendar in change.calendars],
        "first": min(notice.days, default=date.max),
        "last": max(notice.days, default=date.min),
        "horizon": horizon,
    }
    async with store.cursor() as cursor:
        await cursor.execute(TOUCHED, params)
        applications: Applications = {}
        for project, item, application in await cursor.fetchall():
            applications.setdefault(project, set()).add((item, application))
        return applications


def counted_on(laws: LawBook) -> Iterator[str]:
    """Every version of every law, without a region and with each of its regions."""
    for version in laws.names:
        yield version
        yield from (f"{version}+{region}" for region in laws.regions(laws.pack(version)))


async def moved(store: Store, change: ClockChange, applications: Applications, t: datetime) -> list[ClockShift]:
    """The clocks of *applications* whose reading at *t* differs before and after *change*."""
    shifts, projects = list[ClockShift](), list(applications)
    for first in range(0, len(projects), PROJECTS_AT_A_TIME):
        rows = await store.streams(projects[first : first + PROJECTS_AT_A_TIME])
        shifts += await asyncio.to_thread(_shifts, rows, change, applications, t)
    return shifts


def _shifts(
    rows: Sequence[StoredRow], change: ClockChange, applications: Applications, t: datetime
) -> list[ClockShift]:
    shifts: list[ClockShift] = []
    for project, of_project in groupby(rows, attrgetter("stream")):
        histories = item_histories([entry_from(row) for row in of_project], t)
        touched_alone = {key: history for key, history in histories.items() if key in applications[project]}
        shifts += moves(project, touched_alone, change.before, change.after, change.calendars, t)
    return shifts
