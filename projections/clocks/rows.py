"""A clock as the view stores it: instants and plain counts from which its reading at any later instant follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.law.licensing.clock import Level, State
from domain.law.licensing.forecast import DISTANT, ClockForecast
from domain.law.procedure.history import ItemHistory
from projections.clocks.announcements import last_announced
from projections.clocks.nodes import node_of
from projections.clocks.procedures import procedure_of, usual_procedure
from projections.clocks.reading import Reading, department_of, reading_of
from projections.reader import Laws
from projections.view import Row

NodeFor: TypeAlias = Callable[[str, bool], str]  # the key of the node of a clock, which is extended or not


class ClockRow(Struct, frozen=True, gc=False):
    """One clock of one application; right from the project's last event on, once all that was recorded is known.

    The clock exists from *exists_at* (None: it does). *state* and *level* hold before *over_at*, *over_state* and
    *over_level* after, and for good where it is *closed*; a running clock is yellow from *yellow_at*. *due_on* is None
    while an open suspension makes it unknowable. *used* to *stopped_on* are those of
    `domain.law.licensing.forecast`: the days of a clock of the generic engine are read from the events.
    *announced_on* is the last day announced to the applicant. The guard of a licence's last day has no *length*. Where
    a term was set for the answer, a paused clock runs again at *paused_until*: the row holds its state from then on.
    """

    project: UUID
    item: str
    application: int
    clock: str
    department: str
    mode: str
    node: str
    live: bool
    law: str
    start_on: date
    length: int | None
    due_on: date | None
    yellow_on: date | None
    state: str
    over_state: str | None
    level: str
    over_level: str
    exists_at: datetime | None
    yellow_at: datetime | None
    over_at: datetime | None
    closed: bool
    used: int
    counted_through: date | None
    paused_from: date | None
    stopped_on: date | None
    announced_on: date | None = None
    paused_until: datetime | None = None


NAMES = ClockRow.__struct_fields__
# Where a row names its clock and whose it is, says how it ended, and in which state it is from when on.
CLOCK_NAME, DEPARTMENT, MODE, NODE, LIVE = map(NAMES.index, ("clock", "department", "mode", "node", "live"))
CLOSED, LENGTH, STATE, USED = map(NAMES.index, ("closed", "length", "state", "used"))
DUE_ON, STOPPED_ON, LEVEL, OVER_LEVEL = map(NAMES.index, ("due_on", "stopped_on", "level", "over_level"))
EXISTS_AT, YELLOW_AT, OVER_AT, PAUSED_UNTIL = map(NAMES.index, ("exists_at", "yellow_at", "over_at", "paused_until"))


def rows_of(
    project: UUID, history: ItemHistory, laws: Laws, node_for: NodeFor = node_of, known: datetime = DISTANT
) -> list[Row]:
    """All clocks of one application, as fields of `ClockRow`; its events are settled: corrected, none retracted.

    Days are counted by the calendar as known at *known*.
    """
    procedure = procedure_of(history, laws)
    if procedure is None:
        return []
    announced = last_announced(history.announced) if history.announced else {}
    item = procedure.forecast(history, known)
    return [
        _row(
            project,
            history,
            clock,
            department_of(history, clock.name, above=item.above),
            node_for(clock.name, clock.extended),
            announced.get(clock.name),
        )
        for clock in item.clocks
    ]


def _row(
    project: UUID, history: ItemHistory, clock: ClockForecast, department: str, node: str, announced_on: date | None
) -> Row:
    return (
        project,
        history.item,
        history.application,
        clock.name,
        department,
        history.mode,
        node,
        history.live,
        history.law,
        clock.start,
        clock.length,
        clock.due,
        clock.yellow_from,
        *_words(clock.state, clock.over, clock.level, clock.over_level),
        clock.exists_at,
        clock.yellow_at,
        clock.over_at,
        clock.closed,
        clock.used,
        clock.counted_through,
        clock.paused_from,
        clock.stopped_on,
        announced_on,
        clock.paused_until,
    )


@cache
def _words(state: State, over: State | None, level: Level, over_level: Level) -> tuple[str, str | None, str, str]:
    """Both states and both colours as text: what a column holds. The value of an enum member is slow to read."""
    return state.value, None if over is None else over.value, level.value, over_level.value


def forecast_in(row: ClockRow) -> ClockForecast:
    """The forecast that *row* was made from, once the clock exists."""
    return ClockForecast(
        row.clock,
        False,  # the row's node was chosen by it
        row.start_on,
        row.length,
        row.due_on,
        row.yellow_on,
        State(row.state),
        State(row.over_state) if row.over_state else None,
        Level(row.level),
        Level(row.over_level),
        row.exists_at,
        row.yellow_at,
        row.over_at,
        row.closed,
        row.used,
        row.counted_through,
        row.paused_from,
        row.stopped_on,
        row.paused_until,
    )


def reading_in(row: ClockRow, laws: Laws, t: datetime, known: datetime) -> Reading | None:
    """The row's clock at *t*; the calendar known at *known* is the one it was counted with.

    None where it has to be read from the events, or does not exist at *t*.
    """
    clock = usual_procedure(laws, row.law, row.mode).recall(forecast_in(row), t, known)
    if clock is None:
        return None
    return reading_of(
        clock,
        item=row.item,
        application=row.application,
        department=row.department,
        mode=row.mode,
        node=row.node,
        live=row.live,
        law=row.law,
    ).announced(row.announced_on)
