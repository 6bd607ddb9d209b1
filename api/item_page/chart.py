"""时限图 the chart of one application: whose each day was, and each clock from its start to its last day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

from api.html.time_axis import Run, TimeAxis, fitted
from domain.law.attribution import HeldDay
from domain.law.licensing.explain import DayPhase, DayReason, ExplainedDay, Explanation
from projections.clocks.reading import Reading

LABELS_PX, WIDTH_PX, DAY_PX_MAX = 120, 740, 20
ROW_PX, HEAD_PX = 26, 22
USED, SUSPENDED, AHEAD, OVER = "used", "legal_suspension", "rest", "over"


class ClockBar(Struct, frozen=True):
    """One clock on the axis: its *runs*, and where its last day ends, None where that is not known yet."""

    clock: Reading
    y: int
    runs: list[Run]
    due_x: float | None


class ItemChart(Struct, frozen=True):
    """Everything drawn, in pixels. *holders*: the runs of days by who had the case."""

    axis: TimeAxis
    height: int
    today_x: float | None
    holders: list[Run]
    bars: list[ClockBar]


class CountedClock(Struct, frozen=True):
    """A clock with its days; None where they are not listed one by one, as those of hours."""

    reading: Reading
    explained: Explanation | None


def item_chart(clocks: Sequence[CountedClock], held: Sequence[HeldDay], today: date) -> ItemChart | None:
    """The chart of *clocks* and of the days that were *held*, as it is *today*; None where no clock has days."""
    drawn = [clock for clock in clocks if clock.explained and clock.explained.days]
    if not drawn:
        return None
    ends = [clock.explained.days[-1].day for clock in drawn if clock.explained] + [day.day for day in held[-1:]]
    ends += [due for clock in drawn if (due := clock.reading.due_on or clock.reading.earliest_due_on)]
    if not all(clock.reading.closed for clock in clocks):
        ends.append(today)
    axis = fitted(min(clock.reading.start_on for clock in drawn), max(ends), LABELS_PX, WIDTH_PX, DAY_PX_MAX)
    bars = [
        ClockBar(
            clock.reading,
            HEAD_PX + (nth + 1) * ROW_PX,
            axis.runs(_kinds(clock.explained.days, clock.explained.stopped_on, today)),
            _end(axis, clock.reading.due_on or clock.reading.earliest_due_on),
        )
        for nth, clock in enumerate(drawn)
        if clock.explained
    ]
    holders = axis.runs((day.day, day.holder.value) for day in held)
    return ItemChart(
        axis, HEAD_PX + (len(bars) + 1) * ROW_PX + 8, axis.x(today) if today <= axis.last else None, holders, bars
    )


def _end(axis: TimeAxis, due: date | None) -> float | None:
    return None if due is None else axis.x(due) + axis.scale


def _kinds(days: Iterable[ExplainedDay], stopped: date | None, today: date) -> Iterator[tuple[date, str]]:
    """Each day with what it is drawn as: a day of rest as the day before it, and after the end nothing."""
    before = ""
    for day in days:
        if stopped is not None and day.day > stopped:
            return
        match day:
            case ExplainedDay(reason=DayReason.SUSPENDED):
                before = SUSPENDED
            case ExplainedDay(phase=DayPhase.AFTER_DUE):
                before = OVER
            case ExplainedDay(reason=DayReason.START):
                before = USED
            case ExplainedDay(number=int()):
                before = AHEAD if day.day > today or (day.projected and not day.counted) else USED
        yield day.day, before
