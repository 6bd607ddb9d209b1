"""What a department's desk is made of: its queue, opinions it owes, supplements it waits for, signals about it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from api.clocks.display import waits, warned
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.explain import Explanation
from domain.project.waiting.wait import HeldBy, WaitKind
from projections.clocks.list import ClockFilter, ListedClock
from projections.clocks.query import ClocksAt, NoSuchClockError
from projections.clocks.reading import Reading
from projections.history.moment import TooMuchToReadError
from projections.progress.titles import ProjectTitles, names_of
from projections.reader import Laws, Reader
from projections.scope import Scope
from projections.supervision.fold import SignalRow
from projections.supervision.list import IN_FORCE
from projections.supervision.orders import OrderAt
from projections.supervision.query import SupervisionAt
from projections.waiting.query import HolderCount, ListedWaiting, WaitingFilter, WaitingRows

QUEUE_MAX = 1_000  # clocks of one department that are looked at; a longer queue says so
WAITS_MAX = 1_000  # things that one department's items, or others', wait for
DEPARTMENTS_MAX = 500
# What is measured by one clock of its own; all else by the application's: intake, decision, promise.
CLOCK_OF = {WaitKind.DELIVERY.value: "delivery", WaitKind.CHECK.value: "post_check"}
EVER = datetime.min.replace(tzinfo=UTC)
SHOWN_MAX = 100  # rows of the shorter lists, and the page of the queue

Running: TypeAlias = dict[tuple[UUID, str], list[Reading]]  # by project and item


class Task(Struct, frozen=True):
    """One thing to do about an application, or what it waits for elsewhere, with its binding clock: the first over.

    *reading* is None where no clock of the department runs on it.
    """

    project: UUID
    item: str
    reading: Reading | None
    waits: list[ListedWaiting]

    @property
    def order(self) -> tuple[bool, datetime, str, str]:
        """Where it stands in a list: what ends first on top, what has no end after all that has."""
        over_at = self.reading.over_at if self.reading else None
        return over_at is None, over_at or self.waits[0].since or EVER, self.project.hex, self.item


class Worklist(Struct, frozen=True):
    """All that one department has on its desk.

    *queue* and *opinions* are what waits for the department: together they are the number that the list of desks tells,
    `holds` of the department. *others*: its own applications, with a clock that runs or is paused while somebody else
    has to act. *signals* are those of this year in force. *whole* is false where there is more than is looked at.
    """

    holds: int
    queue: list[Task]
    opinions: list[Task]
    others: list[Task]
    supplements: list[ListedWaiting]
    signals: list[SignalRow]
    orders: list[OrderAt]
    names: ProjectTitles
    whole: bool

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The tiles: a name and a number each."""
        flags = [warned(one.reading) for one in [*self.queue, *self.opinions, *self.others] if one.reading]
        return [
            ("queue", self.holds),
            ("late", flags.count("late")),
            ("soon", flags.count("soon")),
            ("opinions", len(self.opinions)),
            ("supplements", len(self.supplements)),
            ("signals", len(self.signals)),
        ]


async def worklist_of(store: Reader, laws: Laws, department: str, supervision: SupervisionAt, holds: int) -> Worklist:
    """The worklist of *department*, what ends first on top; it *holds* so many waits. Raises TooMuchToReadError."""
    clocks = ClocksAt(store, laws, supervision.as_of, supervision.as_of, scope=supervision.scope)
    found = await clocks.listed(ClockFilter(department=department, limit=QUEUE_MAX))
    waiting = WaitingRows(store)
    every = WaitingFilter(scope=supervision.scope, limit=WAITS_MAX, at_hand=True)
    held = await waiting.listed(structs.replace(every, holder=department, held_by=HeldBy.DEPARTMENT))
    own = await waiting.listed(structs.replace(every, department=department))
    running = running_by_item(found)
    queue = [_task([one], running) for one in held if one.kind != WaitKind.COUNTERSIGNATURE]
    opinions = [_opinion(one, running) for one in held if one.kind == WaitKind.COUNTERSIGNATURE]
    at_hand = {(one.project, one.item) for one in queue}
    elsewhere = [one for one in own if (one.project, one.item) not in at_hand and one.kind != WaitKind.PAPERS]
    others = [one for one in (_task(waits, running) for waits in by_application(elsewhere)) if one.reading]
    signals, orders = await _signals(supervision, department)
    supplements = [one for one in own if one.kind == WaitKind.PAPERS]
    lists = (queue, opinions, others, supplements, signals, orders)
    return Worklist(
        holds=holds,
        queue=sorted(queue, key=lambda one: one.order),
        opinions=sorted(opinions, key=lambda one: one.order),
        others=sorted(others, key=lambda one: one.order),
        supplements=supplements,
        signals=signals,
        orders=orders,
        names=await names_of(store, {one.project for rows in lists for one in rows}),
        whole=max(len(found), len(held), len(own)) < WAITS_MAX,
    )


def running_by_item(clocks: Iterable[ListedClock]) -> Running:
    """The *clocks* that wait for an act, by project and item, each item's in the order in which they end."""
    found: Running = {}
    for one in sorted((one for one in clocks if waits(one.reading)), key=lambda one: one.order):
        found.setdefault((one.project, one.reading.item), []).append(one.reading)
    return found


def by_application(waiting: Iterable[ListedWaiting]) -> list[list[ListedWaiting]]:
    """What is *waiting*, that of each application together."""
    found: dict[tuple[UUID, str], list[ListedWaiting]] = {}
    for one in waiting:
        found.setdefault((one.project, one.item), []).append(one)
    return list(found.values())


def _task(waiting: list[ListedWaiting], running: Running) -> Task:
    """What is to be done about one application, with the clock that measures it: opinions have their own."""
    one = waiting[0]
    own, clocks = CLOCK_OF.get(one.kind), running.get((one.project, one.item), [])
    fitting = (
        clock
        for clock in clocks
        if not _is_opinion(clock) and (clock.clock == own if own else clock.clock not in CLOCK_OF.values())
    )
    return Task(one.project, one.item, next(fitting, None), waiting)


def _opinion(one: ListedWaiting, running: Running) -> Task:
    """The opinion that is waited for, with the clock that its request started."""
    started = (clock for clock in running.get((one.project, one.item), []) if _is_opinion(clock))
    return Task(one.project, one.item, next((clock for clock in started if _asked_as(clock) == one.ref), None), [one])


def _asked_as(one: Reading) -> str:
    """The "department/step" in the name of a countersignature's clock, whose n-th asking ends with "#n"."""
    department, _, step = one.clock.removeprefix(f"{COUNTERSIGN.name}:").partition("#")[0].partition("/")
    return f"{department}/{step}"


async def departments_waited_for(waiting: WaitingRows, scope: Scope) -> list[HolderCount]:
    """Every department in *scope* that something waits for, those that hold most first."""
    found = await waiting.holders("", DEPARTMENTS_MAX, scope=scope)
    return [one for one in found if one.held_by == HeldBy.DEPARTMENT]


async def _signals(supervision: SupervisionAt, department: str) -> tuple[list[SignalRow], list[OrderAt]]:
    """The warnings and cards of this year that are in force, and the orders that wait for a report."""
    today = local_day(supervision.as_of, supervision.zone)
    year = Period(today.replace(month=1, day=1), today)
    try:
        signals = await supervision.signals(year, department, IN_FORCE)
    except TooMuchToReadError:
        signals = []
    return signals, await supervision.orders(department=department, unanswered=True, limit=SHOWN_MAX)


def _is_opinion(one: Reading) -> bool:
    return one.clock.startswith(f"{COUNTERSIGN.name}:")


async def reading_of(clocks: ClocksAt, project: UUID, item: str, clock: str, application: int) -> Reading | None:
    """The clock as it stands, of the last application unless one is named; None where none has started."""
    readings = (
        one
        for of_item in await clocks.of_project(project)
        if of_item.item == item and application in (0, of_item.application)
        for one in of_item.clocks
        if one.clock == clock
    )
    return max(readings, key=lambda one: one.application, default=None)


async def explained(clocks: ClocksAt, project: UUID, one: Reading) -> Explanation | None:
    """The clock day by day; None where it is counted in hours."""
    try:
        return await clocks.explained(project, one.item, one.clock, one.application)
    except NoSuchClockError:
        return None
