"""What a calendar notice does to the clocks of an installation: worked out from the entries, before it is applied."""

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

MOVES_TOLD_MAX = 1000  # of a preview; its counts are of all

# Open clocks whose last day is not over by the notice's first day, or not certain as it lies beyond the horizon; and
# closed ones that ran across its days. What is counted by another law is left out.
TOUCHED = """
    SELECT DISTINCT project FROM views.clock
    WHERE split_part(law, '/', 1) = ANY(%(laws)s) AND CASE WHEN closed
        THEN start_on < %(last)s AND (due_on >= %(first)s OR stopped_on >= %(first)s)
        ELSE due_on IS NULL OR due_on >= %(first)s OR due_on > %(horizon)s END
    ORDER BY project
"""


class ClockChange(Struct, frozen=True):
    """The law *before* and *after* a notice, and the calendars that differ: its own, and regions stacked on it."""

    before: LawBook
    after: LawBook
    calendars: frozenset[str]

    @classmethod
    def by(cls, notice: Notice, name: str, laws: LawBook) -> ClockChange:
        """What *notice* makes of the calendar *name* of *laws*."""
        regions = {other for other, book in laws.calendars().items() if book.data.stacks_on == name}
        return cls(laws, laws.with_notices({name: [notice]}), frozenset({name, *regions}))


class Preview(Struct, frozen=True, kw_only=True):
    """What would move if the notice were applied now.

    *later*, *earlier*, *firm* and *judged_anew* count clocks: whose date comes later or earlier, whose provisional
    date becomes certain where it is, and that are closed but would stand differently. *moved* lists the first of them,
    the soonest date first; *past_announced* those that run and would end after the day that the applicant was told.
    *projects* is how many were looked at.
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
    """What applying *notice* to the calendar *name* at *now* would do; *today* is the local day."""
    change = ClockChange.by(notice, name, laws)
    was, then = (law.calendars()[name].as_known(today) for law in (change.before, change.after))
    projects = await touched(store, change, notice, was.known_until or date.min)
    found = await moved(store, change, projects, now)
    running = [move for move in found if not move.closed]
    in_order = sorted(found, key=_soonest)
    return Preview(
        calendar=name,
        notice=notice.id,
        version=was.version,
        version_after=then.version,
        horizon=was.known_until,
        horizon_after=then.known_until,
        projects=len(projects),
        later=sum((move.days or 0) > 0 for move in running),
        earlier=sum((move.days or 0) < 0 for move in running),
        firm=sum(move.days == 0 and move.becomes_firm for move in running),
        judged_anew=sum(move.closed for move in found),
        moved=in_order[:MOVES_TOLD_MAX],
        past_announced=[move for move in in_order if move.passes_announced][:MOVES_TOLD_MAX],
    )


def _soonest(move: ClockShift) -> tuple[bool, date, str, str]:
    return move.closed, move.due_on or date.max, str(move.project), f"{move.item} {move.clock}"


async def touched(store: Store, change: ClockChange, notice: Notice, horizon: date) -> list[UUID]:
    """The projects with a clock that *notice* may move, as far as the clocks view has come.

    After *horizon* days were not certain before, so that the notice may make them so.
    """
    laws = change.before
    asked = {
        "laws": [version for version in counted_on(laws) if laws.pack(version).calendar in change.calendars],
        "first": min(notice.days, default=date.max),
        "last": max(notice.days, default=date.min),
        "horizon": horizon,
    }
    async with store.cursor() as cursor:
        await cursor.execute(TOUCHED, asked)
        return [project for (project,) in await cursor.fetchall()]


def counted_on(laws: LawBook) -> Iterator[str]:
    """Every version of every law, by itself and as it is counted in each region."""
    for version in laws.names:
        yield version
        yield from (f"{version}+{region}" for region in laws.regions(laws.pack(version)))


async def moved(store: Store, change: ClockChange, projects: Sequence[UUID], t: datetime) -> list[ClockShift]:
    """The clocks of *projects* that *change* makes stand differently at *t*, by what was recorded by then."""
    found: list[ClockShift] = []
    for first in range(0, len(projects), PROJECTS_AT_A_TIME):
        rows = await store.streams(projects[first : first + PROJECTS_AT_A_TIME])
        found += await asyncio.to_thread(_moves, rows, change, t)
    return found


def _moves(rows: Sequence[StoredRow], change: ClockChange, t: datetime) -> list[ClockShift]:
    found: list[ClockShift] = []
    for project, of_project in groupby(rows, attrgetter("stream")):
        histories = item_histories([entry_from(row) for row in of_project], t)
        found += moves(project, histories, change.before, change.after, change.calendars, t)
    return found
