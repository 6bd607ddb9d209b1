"""Which projects have clocks that a calendar notice may move, by the clocks view; those that end first come first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.law.calendar.calendar import Notice, WorkingCalendar
from infrastructure.law.lawbook import LawBook
from projections.clocks.fold import Clocks
from projections.clocks.rows import ClockRow
from projections.reader import Reader, StoredEntry
from projections.view import fold

ApplicationKey: TypeAlias = tuple[str, int]  # the item, and the number of its application
Place: TypeAlias = tuple[date, UUID]  # what projects are sorted by

# Running clocks whose last day is not before the notice's first day, or is uncertain as it is beyond the horizon; and
# closed ones that ran across the notice's days. Clocks under laws with other calendars are left out.
TOUCHED = """
    SELECT project, item, application, min(due_on) FILTER (WHERE NOT closed),
        count(*) FILTER (WHERE NOT closed), count(*) FILTER (WHERE closed)
    FROM views.clock
    WHERE split_part(law, '/', 1) = ANY(%(laws)s) AND CASE WHEN closed
        THEN start_on < %(last)s AND (due_on >= %(first)s OR stopped_on >= %(first)s)
        ELSE due_on IS NULL OR due_on >= %(first)s OR due_on > %(horizon)s END
        AND project <> ALL(%(changed)s)
    GROUP BY project, item, application
    ORDER BY project
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


class NoticeQuestion(Struct, frozen=True):
    """What would *notice* move if it were applied to the calendar *name* at the instant *at*, on the day *today*?"""

    name: str
    notice: Notice
    change: ClockChange
    at: datetime
    today: date

    @classmethod
    def of(cls, laws: LawBook, name: str, notice: Notice, at: datetime, today: date) -> NoticeQuestion:
        """The question by *laws*, which don't have the notice yet."""
        return cls(name, notice, ClockChange.by(notice, name, laws), at, today)

    @property
    def calendars(self) -> tuple[WorkingCalendar, WorkingCalendar]:
        """The calendar before and after, as known today."""
        before, after = (law.calendars()[self.name] for law in (self.change.before, self.change.after))
        return before.as_known(self.today), after.as_known(self.today)

    @property
    def reach(self) -> NoticeReach:
        """Which clocks it may move."""
        laws = self.change.before
        return NoticeReach(
            frozenset(version for version in counted_on(laws) if laws.pack(version).calendar in self.change.calendars),
            min(self.notice.days, default=date.max),
            max(self.notice.days, default=date.min),
            self.calendars[0].known_until or date.min,
        )


class NoticeReach(Struct, frozen=True):
    """Clocks under *laws* that a notice of the days *first* to *last* may move.

    Days after *horizon* were uncertain so far; the notice may make them certain.
    """

    laws: frozenset[str]
    first: date
    last: date
    horizon: date

    def touches(self, clock: ClockRow) -> bool:
        """What TOUCHED asks of each row."""
        due_on = clock.due_on
        if clock.law.partition("/")[0] not in self.laws:
            return False
        if clock.closed:
            return clock.start_on < self.last and any(day and day >= self.first for day in (due_on, clock.stopped_on))
        return due_on is None or due_on >= self.first or due_on > self.horizon


class TouchedProject(Struct, frozen=True):
    """A project with the *applications* whose clocks may move: how many *running* ones and how many *closed* ones.

    *soonest* is the last day of the running clock that ends first; `date.max` where none has such a day.
    """

    project: UUID
    soonest: date
    applications: frozenset[ApplicationKey]
    running: int
    closed: int

    @property
    def place(self) -> Place:
        """Where it is in the order of projects."""
        return self.soonest, self.project


Line: TypeAlias = tuple[UUID, str, int, date | None, int, int]  # of TOUCHED


async def touched(reader: Reader, question: NoticeQuestion, changed: Sequence[UUID] = ()) -> list[TouchedProject]:
    """The projects with a clock that the notice may move, those whose clocks end first before the others.

    The rows of *changed* ones hold what *reader* leaves out: theirs are folded from its entries.
    """
    reach = question.reach
    params = {**{name: getattr(reach, name) for name in ("first", "last", "horizon")}, "laws": list(reach.laws)}
    async with reader.cursor() as cursor:
        await cursor.execute(TOUCHED, {**params, "changed": list(changed)})
        lines: list[Line] = await cursor.fetchall()
    if changed:
        rows = await reader.streams(changed)
        lines += await asyncio.to_thread(_folded, rows, question.change.before, reach)
    return sorted(map(_project, _by_project(lines)), key=attrgetter("place"))


def counted_on(laws: LawBook) -> Iterator[str]:
    """Every version of every law, without a region and with each of its regions."""
    for version in laws.names:
        yield version
        yield from (f"{version}+{region}" for region in laws.regions(laws.pack(version)))


def _by_project(lines: Iterable[Line]) -> Iterator[list[Line]]:
    for _, of_project in groupby(lines, itemgetter(0)):
        yield list(of_project)


def _project(lines: Sequence[Line]) -> TouchedProject:
    projects, items, applications, soonest, running, closed = zip(*lines, strict=True)
    return TouchedProject(
        projects[0],
        min(filter(None, soonest), default=date.max),
        frozenset(zip(items, applications, strict=True)),
        sum(running),
        sum(closed),
    )


def _folded(rows: Sequence[StoredEntry], laws: LawBook, reach: NoticeReach) -> list[Line]:
    """The lines that TOUCHED would have of the projects in *rows*, from their entries: one for each clock."""
    view = Clocks(lambda: laws)
    lines = list[Line]()
    for project, of_project in groupby(rows, attrgetter("stream")):
        folded = fold([view], project, [row.decoded() for row in of_project])
        if view.name not in folded.states:
            continue
        clocks = (ClockRow(*row) for row in view.rows(folded.states[view.name], folded.project)["clock"])
        for clock in filter(reach.touches, clocks):
            due_on = None if clock.closed else clock.due_on
            lines.append((project, clock.item, clock.application, due_on, int(not clock.closed), int(clock.closed)))
    return lines
