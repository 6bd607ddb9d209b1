"""An application's clocks at an instant, as known at another: what the law says, and which department has to act.

`domain.law.procedure` counts; this adds department, key node, and the last day announced to the applicant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct, structs

from domain.law.authority import Lawsuit
from domain.law.licensing.clock import Acceptance, Card, Level, State
from domain.law.licensing.countersign import COUNTERSIGN
from domain.law.licensing.evaluation import ItemState
from domain.law.licensing.review import COMMITMENT
from domain.law.procedure import interface
from domain.law.procedure.history import ItemHistory
from domain.law.procedure.interface import ClockReading
from projections.clocks.announcements import last_announced
from projections.clocks.nodes import NODES, Node, node_of
from projections.clocks.procedures import procedure_of
from projections.reader import Laws

WORKING_DAY = interface.WORKING_DAY
CONSULTED = f"{COUNTERSIGN.name}:"  # how the clocks of consulted departments begin
OF_THE_DECIDING = ("decision", "delivery", "hearing_hold", "renewal_guard")


class Reading(Struct, frozen=True, kw_only=True):
    """One clock at an instant, in the words of the law: days of *unit*, local dates.

    *department* has to act on it. *due_on* is None while an open suspension makes it unknowable, then
    *earliest_due_on* is what it would be if the clock resumed now. *yellow_at* and *over_at* are the instants at which
    a running clock turns yellow, or its last day is over; None where that can't come any more. A *closed* clock is
    history; *provisional* says that the due date lies beyond the published calendar. *announced_on* is the last day as
    announced to the applicant, and it *announced_differs* where another one is counted now. *lawsuit* says, of an
    overdue decision, when an action over the inaction may be brought.
    """

    item: str
    application: int
    clock: str
    department: str
    mode: str
    node: str
    live: bool
    state: State
    level: Level
    start_on: date
    length: int | None
    unit: str
    due_on: date | None
    earliest_due_on: date | None
    yellow_on: date | None
    used: float | None
    remaining: float
    overdue_days: int
    closed: bool
    yellow_at: datetime | None
    over_at: datetime | None
    provisional: bool
    article: str
    law: str
    announced_on: date | None = None
    announced_differs: bool = False
    lawsuit: Lawsuit | None = None

    def announced(self, on: date | None) -> Reading:
        """The reading with the last day announced to the applicant, and whether another one is counted now."""
        if on is None:
            return self
        return structs.replace(self, announced_on=on, announced_differs=on != (self.due_on or self.earliest_due_on))


class ItemReading(Struct, frozen=True):
    """All clocks of one application at an instant. *state* and *acceptance* are None where the law counts otherwise.

    *flags* name what had no effect, or was not as it should be (rule book B13); *calendar* is the version counted by.
    """

    item: str
    application: int
    state: ItemState | None
    acceptance: Acceptance | None
    card: Card
    flags: tuple[str, ...]
    calendar: str
    clocks: tuple[Reading, ...]


def read(
    history: ItemHistory, laws: Laws, t: datetime, known: datetime, nodes: Sequence[Node] = NODES
) -> ItemReading | None:
    """The clocks of the application at *t* by what was known at *known*; None where no law is recorded for it."""
    procedure = procedure_of(history, laws)
    if procedure is None:
        return None
    item = procedure.read(history, t, known)
    announced = last_announced(history.announced, t) if history.announced else {}
    readings = (
        reading(clock, history, department_of(history, clock.name, above=item.above), nodes) for clock in item.clocks
    )
    return ItemReading(
        history.item,
        history.application,
        item.state,
        item.acceptance,
        item.card,
        item.flags,
        item.calendar,
        tuple(clock.announced(announced.get(clock.clock)) for clock in readings),
    )


def reading(clock: ClockReading, history: ItemHistory, department: str, nodes: Sequence[Node]) -> Reading:
    """*clock* of an application, on which *department* has to act."""
    return reading_of(
        clock,
        item=history.item,
        application=history.application,
        department=department,
        mode=history.mode,
        node=node_of(clock.name, clock.extended, nodes),
        live=history.live,
        law=history.law,
    )


def reading_of(
    clock: ClockReading, *, item: str, application: int, department: str, mode: str, node: str, live: bool, law: str
) -> Reading:
    """*clock* with what is known of its application."""
    return Reading(
        item=item,
        application=application,
        clock=clock.name,
        department=department,
        mode=mode,
        node=node,
        live=live,
        state=clock.state,
        level=clock.level,
        start_on=clock.start,
        length=clock.length,
        unit=clock.unit,
        due_on=clock.due,
        earliest_due_on=clock.earliest_due,
        yellow_on=clock.yellow_from,
        used=clock.used,
        remaining=clock.remaining,
        overdue_days=clock.overdue_days,
        closed=clock.closed,
        yellow_at=clock.yellow_at,
        over_at=clock.over_at,
        provisional=clock.provisional,
        article=clock.article,
        law=law,
        lawsuit=clock.lawsuit,
    )


def department_of(history: ItemHistory, clock: str, *, above: bool) -> str:
    """Who has to act on *clock*: the consulted department, or who handles the item then; *above*: the upper level."""
    if clock.startswith(CONSULTED):
        return clock.removeprefix(CONSULTED).partition("/")[0]
    if not history.upper:
        return history.department
    of_upper = clock in OF_THE_DECIDING or (clock == COMMITMENT.name and above)
    return history.upper if of_upper else history.department
