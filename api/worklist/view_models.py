"""What a department's desk is made of: a row an application, in groups by when its binding clock is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from msgspec import Struct, structs

from api.clocks.display import waits
from api.worklist.rows import GROUPS_OF_ROWS, TO_DO, DeskRow, grouped, marked, running_by_item
from domain.access.principal import Caller
from domain.law.calendar.moment import local_day, week_from
from domain.law.calendar.period import Period
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.feedback.query import FeedbackAt, FeedbackFilter
from projections.feedback.reading import ComplaintReading
from projections.history.moment import TooMuchToReadError
from projections.progress.fold import ProgressItem
from projections.progress.query import ProgressList
from projections.progress.titles import ProjectTitles, names_of
from projections.reader import Reader
from projections.scope import Scope
from projections.supervision.fold import SignalRow
from projections.supervision.list import IN_FORCE
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt
from projections.waiting.query import HolderCount, WaitingFilter, WaitingRows

CLOCKS_MAX = 1_000  # of one department that are looked at
WAITS_MAX = 1_000  # things that one department's items, or others', wait for; where there are more, the desk says so
DEPARTMENTS_MAX = 500
BEGINNING, SHOWN_MAX = 20, 50  # rows of each group at first, and of a page of one group
NOT_BEGUN = (WaitKind.APPLICATION.value, WaitKind.OUTSIDE_RESULT.value)  # nothing is before the department yet
SUPERVISION, DONE = "supervision", "done"
GROUPS = (*GROUPS_OF_ROWS, SUPERVISION, DONE)


class Desk(Struct, frozen=True):
    """All that one department has on its desk: rows by the name of their group.

    TODAY, WEEK, LATER and OPINIONS are what waits for the department: together they are the figure 待办. APPLICANT and
    OTHERS are its own applications on which somebody else has to act. *signals* in force, *orders* and *complaints*
    wait for an answer; *done* was decided this week. *next_due*: the next last day among its
    clocks, None without any. *whole* is false where there is more than is looked at.
    """

    groups: Mapping[str, list[DeskRow]]
    signals: list[SignalRow]
    orders: list[OrderAt]
    complaints: list[ComplaintReading]
    done: list[ProgressItem]
    names: ProjectTitles
    next_due: date | None
    whole: bool

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each group has."""
        supervision = len(self.signals) + len(self.orders) + len(self.complaints)
        return {name: len(rows) for name, rows in self.groups.items()} | {
            SUPERVISION: supervision,
            DONE: len(self.done),
        }

    @property
    def to_do(self) -> int:
        """How many applications wait for the department."""
        return sum(self.counts[name] for name in TO_DO)


class DeskSources(Struct, frozen=True):
    """What a desk is read from, as it is now, within the scope of the reader."""

    store: Reader
    supervision: SupervisionAt
    clocks: ClocksAt
    waiting: WaitingRows
    progress: ProgressList
    feedback: FeedbackAt
    caller: Caller

    @property
    def scope(self) -> Scope:
        """The projects that the reader may see."""
        return self.supervision.scope


async def desk_of(sources: DeskSources, department: str) -> Desk:
    """The desk of *department*. Raises TooMuchToReadError."""
    t, zone = sources.supervision.as_of, sources.supervision.zone
    listed = await sources.clocks.listed(ClockFilter(department=department, limit=CLOCKS_MAX))
    every = WaitingFilter(scope=sources.scope, limit=WAITS_MAX, at_hand=True)
    held = await sources.waiting.listed(structs.replace(every, holder=department, held_by=HeldBy.DEPARTMENT))
    own = await sources.waiting.listed(structs.replace(every, department=department, without=NOT_BEGUN))
    groups = grouped(held, own, running_by_item(listed), local_day(t, zone))
    over_states = await sources.clocks.over_states([row.clock for rows in groups.values() for row in rows if row.clock])
    groups = {name: marked(sources.caller, rows, department, over_states) for name, rows in groups.items()}
    signals, orders, complaints = await _supervised(sources, department)
    done = await sources.progress.decided(department, week_from(t, zone), t, WAITS_MAX, sources.scope)
    shown = {row.project for rows in groups.values() for row in rows}
    for listed_rows in (signals, orders, complaints, done):
        shown.update(row.project for row in listed_rows)
    today = local_day(t, zone)
    later = [due for clock in listed if (due := clock.reading.due_on) and due > today and waits(clock.reading)]
    return Desk(
        groups=groups,
        signals=signals,
        orders=orders,
        complaints=complaints,
        done=done,
        names=await names_of(sources.store, shown),
        next_due=min(later, default=None),
        whole=max(len(listed), len(held), len(own)) < WAITS_MAX,
    )


async def departments_waited_for(waiting: WaitingRows, scope: Scope) -> list[HolderCount]:
    """Every department in *scope* that something waits for, those that hold most first."""
    counts = await waiting.holders("", DEPARTMENTS_MAX, scope=scope)
    return [count for count in counts if count.held_by == HeldBy.DEPARTMENT]


async def _supervised(
    sources: DeskSources, department: str
) -> tuple[list[SignalRow], list[OrderAt], list[ComplaintReading]]:
    """The warnings and cards of this year in force, and the orders and complaints that wait for an answer."""
    supervision = sources.supervision
    today = local_day(supervision.as_of, supervision.zone)
    year = Period(today.replace(month=1, day=1), today)
    try:
        signals = await supervision.signals(year, department, IN_FORCE)
    except TooMuchToReadError:
        signals = []
    orders = await supervision.orders(department=department, unanswered=True, limit=WAITS_MAX)
    complaints: list[ComplaintReading] = []
    for state in ("filed", "accepted"):
        criteria = FeedbackFilter(
            equal={"department": department, "state": state}, scope=sources.scope, limit=WAITS_MAX
        )
        complaints += await sources.feedback.complaints(criteria)
    return signals, orders, complaints
