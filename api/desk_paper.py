"""What a department's desk is made of: its queue, opinions it owes, supplements it waits for, signals about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.law import laws_of
from api.parts import AnyRequest, parts_of
from api.progress_paper import warned
from domain.flow.wait import HeldBy, WaitKind
from domain.law.clock import Level
from domain.law.countersign import COUNTERSIGN
from domain.law.moment import local_day
from domain.law.period import Period
from infrastructure.clock_list import ClockFilter, ListedClock
from infrastructure.clocks import ClocksAt, TooMuchToRead
from infrastructure.names import Names, names_of
from infrastructure.orders import Order
from infrastructure.supervision import SupervisionAt
from infrastructure.waiting import HolderCount, ListedWaiting, WaitingFilter, WaitingRows
from projections.readings import Reading
from projections.supervision import STANDING, SignalRow

QUEUE_MAX = 1_000  # clocks of one department that are looked at; a longer queue says so
WAITS_MAX = 1_000  # things that one department's items, or others', wait for
DEPARTMENTS_MAX = 500
SHOWN_MAX = 100  # rows of the shorter lists, and the page of the queue


class Task(Struct, frozen=True):
    """One clock that a department has to act on, and what its item waits for there."""

    project: UUID
    reading: Reading
    waits: list[ListedWaiting]


class Desk(Struct, frozen=True):
    """All that one department has on its desk. *whole* is false where the queue is longer than is looked at.

    *unclocked*: what waits for the department though no clock of it runs. *signals* are those of this year that stand.
    """

    queue: list[Task]
    opinions: list[Task]
    supplements: list[ListedWaiting]
    unclocked: list[ListedWaiting]
    signals: list[SignalRow]
    orders: list[Order]
    names: Names
    whole: bool

    @property
    def counts(self) -> list[tuple[str, int]]:
        """The tiles: a name and a number each."""
        tasks = [*self.queue, *self.opinions]
        return [
            ("queue", len(self.queue)),
            ("late", sum(warned(one.reading) == "late" for one in tasks)),
            ("soon", sum(warned(one.reading) == "soon" for one in tasks)),
            ("opinions", len(self.opinions)),
            ("supplements", len(self.supplements)),
            ("signals", len(self.signals)),
        ]


async def desk_of(request: AnyRequest, department: str, at: datetime, asked: SupervisionAt) -> Desk:
    """The desk of *department* at *at*, what ends first on top. Raises TooMuchToRead."""
    store = parts_of(request).approvals.store
    clocks = ClocksAt(store, await laws_of(request), at, at)
    found = await clocks.listed(ClockFilter(department=department, limit=QUEUE_MAX))
    waiting = WaitingRows(store)
    held = await waiting.listed(WaitingFilter(holder=department, held_by=HeldBy.DEPARTMENT, limit=WAITS_MAX))
    own = await waiting.listed(WaitingFilter(department=department, limit=WAITS_MAX))
    tasks = tasks_of(found, [*held, *own])
    signals, orders = await _signals(asked, department)
    with_clock = {(one.project, one.reading.item) for one in found}
    unclocked = [one for one in held if _is_at_hand(one) and (one.project, one.item) not in with_clock]
    supplements = [one for one in own if one.kind == WaitKind.PAPERS]
    named = [*(one.project for one in found), *(one.project for one in signals), *(one.project for one in orders)]
    return Desk(
        queue=[one for one in tasks if not _is_opinion(one.reading)],
        opinions=[one for one in tasks if _is_opinion(one.reading)],
        supplements=supplements,
        unclocked=unclocked,
        signals=signals,
        orders=orders,
        names=await names_of(store, [*named, *(one.project for one in [*supplements, *unclocked])]),
        whole=len(found) < QUEUE_MAX,
    )


def tasks_of(clocks: Sequence[ListedClock], waits: Iterable[ListedWaiting]) -> list[Task]:
    """The *clocks* on which something is to be done, in their order, each with what its item waits for."""
    by_item: dict[tuple[UUID, str], dict[tuple[str, str], ListedWaiting]] = {}
    for one in waits:
        by_item.setdefault((one.project, one.item), {})[one.kind, one.ref] = one
    return [
        Task(one.project, one.reading, list(by_item.get((one.project, one.reading.item), {}).values()))
        for one in clocks
        if one.reading.level is not Level.NONE
    ]


async def departments_waited_for(request: AnyRequest) -> list[HolderCount]:
    """Every department that something waits for, those that hold most first."""
    found = await WaitingRows(parts_of(request).approvals.store).holders("", DEPARTMENTS_MAX)
    return [one for one in found if one.held_by == HeldBy.DEPARTMENT]


async def _signals(asked: SupervisionAt, department: str) -> tuple[list[SignalRow], list[Order]]:
    """What the bureau's eyes have seen this year and still stands, and the orders that wait for a report."""
    today = local_day(asked.as_of, asked.zone)
    year = Period(today.replace(month=1, day=1), today)
    try:
        signals = [one for one in await asked.signals(year, department) if one.state == STANDING]
    except TooMuchToRead:
        signals = []
    return signals, await asked.orders(department=department, unanswered=True, limit=SHOWN_MAX)


def _is_opinion(one: Reading) -> bool:
    return one.clock.startswith(f"{COUNTERSIGN.name}:")


def _is_at_hand(one: ListedWaiting) -> bool:
    """Whether something can be done now, and not first about another item."""
    return one.kind != WaitKind.PRECONDITION
