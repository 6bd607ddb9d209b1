"""What a command on a calendar would do: the clocks that its notice moves, counted before anything is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from msgspec import Struct

from api.commands.aggregates import AggregateEffect, expected
from api.law.routes import today_of
from domain.calendar.notice import NoticeWithdrawn
from domain.calendar.state import Calendar, stream_of
from domain.law.calendar.calendar import Notice
from domain.messages import Entry
from domain.streams import replay
from infrastructure.calendar.notice_counts import NoticeCount, NoticeCounts
from infrastructure.calendar.notice_impact import Preview, in_order, moved, preview
from infrastructure.calendar.notice_reach import NoticeQuestion, Place, touched
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals, CommandPreview
from projections.clocks.clock_shifts import ClockShift
from projections.clocks.query import VIEWS
from projections.snapshots import PagedReader, settled_snapshot

PROJECTS_SHOWN = 20  # of a page: some four thousand entries, which are read in fifty milliseconds
CHANGED_MAX = 100  # projects that changed since the first page, and are read beside those of the page
COUNT_SECONDS = 0.05  # how long a page waits for the count of all projects: enough for a small zone


class CalendarEffect(AggregateEffect, frozen=True, kw_only=True):
    """*impact*: the clocks that move once the notice of the command is applied; null where it is withdrawn."""

    impact: Preview | None


class NoticeLook(Struct, frozen=True, kw_only=True):
    """One page of what a notice moves: the *shifts* of the projects from the *first* (from 1) to the *last* one.

    *projects* have a clock that may move: *running* and *closed* ones. *count* is of all of them, as far as it has
    come. *next* is the place of the last project, where others follow.
    """

    question: NoticeQuestion
    shifts: list[ClockShift]
    first: int
    last: int
    projects: int
    running: int
    closed: int
    count: NoticeCount
    next: Place | None


async def look_at(
    counts: NoticeCounts, reader: PagedReader, question: NoticeQuestion, after: Place | None = None
) -> NoticeLook:
    """What the notice moves in the projects that follow *after*, soonest date first. Raises CursorOutdatedError.

    The entries of these projects alone are read, and those of projects that changed since the first page.
    """
    async with settled_snapshot(reader, VIEWS, changed_max=CHANGED_MAX) as settled:
        projects = await touched(settled, question, settled.changed)
        first = sum(after is not None and each.place <= after for each in projects)
        page = projects[first : first + PROJECTS_SHOWN]
        shifts = in_order(await moved(settled, question, page))
    last = first + len(page)
    count = await counts.so_far(question, projects, reader.position or 0, COUNT_SECONDS)
    return NoticeLook(
        question=question,
        shifts=shifts,
        first=first + 1,
        last=last,
        projects=len(projects),
        running=sum(each.running for each in projects),
        closed=sum(each.closed for each in projects),
        count=copy(count),  # which goes on while the page is made
        next=page[-1].place if last < len(projects) else None,
    )


async def calendar_effect(approvals: Approvals, laws: LawBook, name: str, seen: CommandPreview) -> CalendarEffect:
    """The effect of the command of *seen* on the calendar *name*."""
    notice = notice_in(name, [*seen.before, *seen.added])
    now = seen.added[-1].recorded_at
    today = today_of(laws, name, now)
    impact = await preview(approvals.store, laws, name, notice, now, today) if notice else None
    return CalendarEffect(name=name, impact=impact, **expected(seen))


def notice_in(name: str, entries: Sequence[Entry]) -> Notice | None:
    """The notice that the last of *entries* is about; None where that withdraws it."""
    fact = entries[-1].fact
    state = replay(stream_of(name), entries)
    if isinstance(fact, NoticeWithdrawn) or not isinstance(state, Calendar):
        return None
    code: str = getattr(fact, "notice", "")
    return state.notices[code].notice
