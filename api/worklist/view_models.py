"""What a department's desk is made of: one row per application, in groups by when its binding clock is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct, structs

from api.worklist.rows import DeskRow, due_beside, grouped, marked, rows_at, running_by_item
from api.worklist.supervised import Supervised, supervised
from domain.access.principal import Caller
from domain.law.calendar.moment import local_day, sunday, week_from
from domain.project.waiting.wait import HeldBy
from projections.as_of import Past
from projections.clocks.query import ClocksAt
from projections.feedback.query import FeedbackAt
from projections.progress.query import DecidedFilter, ProgressList
from projections.progress.rows import ProgressItem
from projections.progress.titles import ProjectTitles, names_of_items
from projections.reader import Reader
from projections.scope import Scope
from projections.supervision.query import SupervisionAt
from projections.waiting.desk import (
    GROUPS_OF_ROWS,
    TO_DO,
    DeskInstant,
    desk_cases,
    held_by,
    held_elsewhere,
    running,
)
from projections.waiting.query import HolderCount, WaitingRows

# What is looked at of a past day, or while projects are read from the ledger; where there is more, the desk says so.
CLOCKS_MAX = 1_000  # of one department
WAITS_MAX = 1_000  # things that one department's items, or others', wait for
DEPARTMENTS_MAX = 500
BEGINNING, SHOWN_MAX = 20, 50  # rows of each group at first, and of a page of one group
SUPERVISION, DONE = "supervision", "done"
GROUPS = (*GROUPS_OF_ROWS, SUPERVISION, DONE)


class Desk(Struct, frozen=True):
    """All that one department has on its desk: rows by the name of their group.

    *groups* have the rows that are shown, of as many as *numbers* say. TODAY, WEEK, LATER and OPINIONS are what waits
    for the department: together they are the figure 待办. APPLICANT and OTHERS are its own applications on which
    another party has to act. *supervised* is what it has to answer for; *done* are those shown of the *number_done*
    decided this week. *next_due*: where nothing waits for it the next last day among its clocks, None without any.
    *whole* is false where there is more than is looked at.
    """

    groups: Mapping[str, list[DeskRow]]
    numbers: Mapping[str, int]
    supervised: Supervised
    done: list[ProgressItem]
    number_done: int
    names: ProjectTitles
    next_due: date | None
    whole: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each group has."""
        return {**self.numbers, SUPERVISION: self.supervised.count, DONE: self.number_done}

    @property
    def to_do(self) -> int:
        """How many applications wait for the department."""
        return sum(self.counts[name] for name in TO_DO)


class DeskSources(Struct, frozen=True):
    """What a desk is read from, as it is now, or was as of *past*, within the scope of the reader.

    Warnings, cards and orders of a past instant are as was known then.
    """

    store: Reader
    supervision: SupervisionAt
    clocks: ClocksAt
    waiting: WaitingRows
    progress: ProgressList
    feedback: FeedbackAt
    caller: Caller
    past: Past | None = None

    @property
    def scope(self) -> Scope:
        """The projects that the reader may see."""
        return self.supervision.scope


class _Rows(Struct, frozen=True):
    """The rows that are shown, without the readings of their clocks, and what is said of all of them.

    *in_full*: their waits are.
    """

    rows: Mapping[str, list[DeskRow]]
    numbers: Mapping[str, int]
    next_due: date | None
    whole: bool = True
    in_full: bool = False


class _Done(Struct, frozen=True):
    """The decided applications that are shown, and how many there are."""

    rows: list[ProgressItem]
    number: int


async def desk_of(sources: DeskSources, department: str, shown: slice = slice(BEGINNING)) -> Desk:
    """The desk of *department*, with names for what is *shown* of each group.

    Of a past instant nothing may be accepted. Raises TooMuchToReadError, HistoryBehindError.
    """
    past, groups = sources.past, await _rows_of(sources, department, shown)
    answerable = await supervised(sources.supervision, sources.feedback, department)
    done = await _done_of(sources, department, shown)
    visible = [row for rows in groups.rows.values() for row in rows]
    clocks = await sources.clocks.chosen([row.end.key for row in visible if row.end])
    waits = {} if groups.in_full else await sources.waiting.shown([wait for row in visible for wait in row.waits], past)
    caller = None if past else sources.caller
    cases = _named(visible, answerable, shown) + [(row.project, row.item) for row in done.rows]
    return Desk(
        groups={name: marked(caller, rows, department, clocks, waits) for name, rows in groups.rows.items()},
        numbers=groups.numbers,
        supervised=answerable,
        done=done.rows,
        number_done=done.number,
        names=await names_of_items(sources.store, cases),
        next_due=groups.next_due,
        whole=groups.whole and answerable.is_whole,
    )


async def _rows_of(sources: DeskSources, department: str, shown: slice) -> _Rows:
    rows_now = None if sources.past else await _rows_now(sources, department, shown)
    return rows_now or await _rows_by_hand(sources, department, shown)


async def _done_of(sources: DeskSources, department: str, shown: slice) -> _Done:
    t, past = sources.supervision.as_of, sources.past
    since = week_from(t, sources.supervision.zone)
    of_week = DecidedFilter(department=department, since=since, t=t, scope=sources.scope)
    rows = await sources.progress.decided(_page_of(of_week, shown), past)
    return _Done(rows, await sources.progress.number_decided(of_week, past))


async def _rows_now(sources: DeskSources, department: str, shown: slice) -> _Rows | None:
    """Today's rows, grouped by the database with their waits in full; None where something is read from the ledger."""
    t = sources.supervision.as_of
    today = local_day(t, sources.supervision.zone)
    cases = await desk_cases(sources.clocks, department, DeskInstant(t, today, sunday(today)), shown)
    if cases is None:
        return None
    groups = grouped(cases.held, cases.own, running_by_item(cases.ends), today)
    rows = {name: rows_at(places, slice(len(places))) for name, places in groups.items()}
    return _Rows(rows, cases.numbers, cases.next_due, in_full=True)


async def _rows_by_hand(sources: DeskSources, department: str, shown: slice) -> _Rows:
    """The rows of any day, grouped here, as far as they are looked at."""
    past, today = sources.past, local_day(sources.supervision.as_of, sources.supervision.zone)
    holding, elsewhere = (
        structs.replace(criteria, scope=sources.scope, limit=WAITS_MAX)
        for criteria in (held_by(department), held_elsewhere(department))
    )
    held, own = await sources.waiting.brief(holding, past), await sources.waiting.brief(elsewhere, past)
    of_department = structs.replace(running(department), limit=CLOCKS_MAX)
    ends = await sources.clocks.ends(of_department)
    if len(held) >= WAITS_MAX and (urgent := due_beside(held, ends, sunday(today))):
        held += await sources.waiting.brief(structs.replace(holding, cases=urgent), past)
    groups = grouped(held, own, running_by_item(ends), today)
    dues = (end.due_on for end in ends if end.due_on and end.due_on > today)
    return _Rows(
        rows={name: rows_at(places, shown) for name, places in groups.items()},
        numbers={name: len(places) for name, places in groups.items()},
        next_due=min(dues, default=None),
        whole=max(len(ends), len(held), len(own)) < WAITS_MAX,
    )


def _named(rows: Sequence[DeskRow], answerable: Supervised, shown: slice) -> list[tuple[UUID, str]]:
    """The projects and items whose names are shown of *rows* and of what the department has to answer for."""
    cases = [(row.project, row.item) for row in rows]
    cases += [(row.project, row.item) for row in answerable.signals[shown]]
    cases += [(row.project, "") for row in answerable.orders[shown]]
    return cases + [(row.project, "") for row in answerable.complaints[shown]]


def _page_of(decided: DecidedFilter, shown: slice) -> DecidedFilter:
    first = shown.start or 0
    return structs.replace(decided, offset=first, limit=shown.stop - first)


async def departments_waited_for(sources: DeskSources) -> list[HolderCount]:
    """Every department that something waits for, those that hold most first."""
    counts = await sources.waiting.holders("", DEPARTMENTS_MAX, sources.past, sources.scope)
    return [count for count in counts if count.held_by == HeldBy.DEPARTMENT]
