"""甘特图 the Gantt chart of a project: phase by phase, item by item, whose each day was, and what is still to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.html.time_axis import Run, TimeAxis, fitted
from api.progress.view_models import DONE, state_of
from api.project_page.arrows import Arrow, Bar, arrows_of
from api.project_page.waiting import ShownWaiting
from api.web.zones import zone_of
from domain.core.graph import Groups
from domain.law.attribution import HeldDay
from domain.law.calendar.moment import local_day
from domain.law.licensing.review import COMMITMENT, DECISION
from domain.messages import Entry
from domain.project.state.project import Project
from infrastructure.law.lawbook import LawBook
from projections.clocks.attribution import attribution
from projections.clocks.project_time import TimedPhase
from projections.clocks.reading import ItemReading, Reading
from projections.progress.rows import ProgressItem

WIDTH_PX, MARGIN_PX, DAY_PX_MAX = 850, 4, 8
ROW_PX, HEAD_PX = 26, 20
MIDDLE_PX = 12.5  # of a bar, below the top of its row
ZOOMS = (1, 3, 6)  # pixels a day
OVER = "over"


class DrawnEstimate(Struct, frozen=True):
    """When an item is expected to be handled, and where its end may lie: from *low_x* to *high_x*."""

    run: Run
    low_x: float
    high_x: float


class GanttRow(Struct, frozen=True):
    """One row: of a phase, where *item* is empty, or of an item, whose *state* is a glyph's.

    *runs*: whose days they were; of a phase one, from its beginning to its end. *over*: days beyond the last one of the
    law. *due_x* is where that one ends, *promise_x* where the promised one does. *spot*: the day of the
    decision, where no day was counted against anyone. *needs*: groups of preconditions.
    """

    item: str
    name: str
    state: str
    y: int
    runs: list[Run]
    spot: Run | None = None
    over: Run | None = None
    due_x: float | None = None
    promise_x: float | None = None
    estimate: DrawnEstimate | None = None
    critical: bool = False
    note: str = ""
    needs: Groups = ()

    @property
    def bar(self) -> Bar | None:
        """Where the row's bar begins and ends, with what is still expected; None where there is none."""
        expected = self.estimate.run if self.estimate else None
        runs = [*self.runs, *(run for run in (self.spot, expected) if run is not None)]
        if not self.item or not runs:
            return None
        return Bar(runs[0].x, runs[-1].x + runs[-1].width, self.y + MIDDLE_PX, self.critical)


class Gantt(Struct, frozen=True):
    """The whole chart, in pixels. *holders* are those that it shows, for the legend."""

    axis: TimeAxis
    height: int
    today_x: float | None
    rows: list[GanttRow]
    holders: list[str]
    arrows: list[Arrow]

    def arrows_at(self, item: str) -> list[Arrow]:
        """The arrows that lead to *item*; and those that leave it, but for the ones that are seen all the time."""
        return [arrow for arrow in self.arrows if item in (arrow.target, "" if arrow.decides else arrow.source)]


class GanttSources(Struct, frozen=True):
    """What the chart is drawn from, as it was at the instant *at*."""

    project: Project
    entries: Sequence[Entry]
    items: Sequence[ProgressItem]
    phases: Sequence[TimedPhase]
    readings: Sequence[ItemReading]
    waiting: ShownWaiting
    laws: LawBook
    at: datetime


class _Bars(Struct, frozen=True):
    """What rows are drawn from, by item: held days, limits, and what is expected."""

    axis: TimeAxis
    zone: ZoneInfo
    today: date
    held: Mapping[str, list[HeldDay]]
    limits: Mapping[str, Mapping[str, Reading]]
    waiting: ShownWaiting
    needs: Mapping[str, Groups]


def gantt(sources: GanttSources, names: Mapping[str, str], scale: int = 0) -> Gantt | None:
    """The chart at *scale* pixels a day (0: as wide as the page). None where nothing has begun."""
    zone = zone_of(sources.project.law)
    today = local_day(sources.at, zone.key)
    held: dict[str, list[HeldDay]] = {}
    for application in attribution(sources.entries, sources.laws, sources.at):
        held.setdefault(application.item, []).extend(application.days)
    begun = [days[0].day for days in held.values() if days]
    if not begun:
        return None
    first, last = min(begun), _last_day(sources, held, today)
    fitting = fitted(first, last, MARGIN_PX, WIDTH_PX, DAY_PX_MAX)
    axis = TimeAxis(first, last, MARGIN_PX, scale) if scale else fitting
    needs = {code: item.plan.needs for code, item in sources.project.items.items()}
    bars = _Bars(axis, zone, today, held, _limits(sources), sources.waiting, needs)
    rows = _rows(sources, bars, names)
    holders = {day.holder.value: None for days in held.values() for day in days}
    return Gantt(
        axis,
        HEAD_PX + len(rows) * ROW_PX + 4,
        axis.x(today) if today <= last else None,
        rows,
        list(holders),
        arrows_of(
            sources.project,
            {row.item: row.state for row in rows if row.item},
            {row.item: row.bar for row in rows if row.bar},
        ),
    )


def _last_day(sources: GanttSources, held: Mapping[str, list[HeldDay]], today: date) -> date:
    ends = [days[-1].day for days in held.values() if days]
    is_open = any(state_of(item) != DONE for item in sources.items)
    expected = [item.path.finishes.high_on for item in sources.waiting.items if item.path]
    finish = [sources.waiting.finish.high_on] if sources.waiting.finish else []
    return max([*ends, *expected, *finish, *([today] if is_open else [])])


def _limits(sources: GanttSources) -> dict[str, dict[str, Reading]]:
    """By item, its current application's clocks of the decision and of what was promised."""
    limits: dict[str, dict[str, Reading]] = {}
    for read in sources.readings:
        item = sources.project.items.get(read.item)
        if item is not None and item.application == read.application:
            wanted = (clock for clock in read.clocks if clock.clock in (DECISION.name, COMMITMENT.name))
            limits[read.item] = {clock.clock: clock for clock in wanted}
    return limits


def _rows(sources: GanttSources, bars: _Bars, names: Mapping[str, str]) -> list[GanttRow]:
    rows: list[GanttRow] = []
    by_phase: dict[str, list[ProgressItem]] = {}
    for row in sources.items:
        by_phase.setdefault(sources.project.items[row.item].plan.phase, []).append(row)
    known = [phase.code for phase in sources.phases]
    for phase in sources.phases:
        rows.append(_phase_row(phase, bars, _y(rows)))
        for item in by_phase.get(phase.code, []):
            rows.append(_item_row(item, bars, names, _y(rows)))
    for code, items in by_phase.items():
        if code not in known:
            for item in items:
                rows.append(_item_row(item, bars, names, _y(rows)))
    return rows


def _y(rows: Sequence[GanttRow]) -> int:
    return HEAD_PX + len(rows) * ROW_PX


def _phase_row(phase: TimedPhase, bars: _Bars, y: int) -> GanttRow:
    runs = []
    if phase.begun_at:
        end = local_day(phase.ended_at, bars.zone.key) if phase.ended_at else bars.today
        kind = "whole done" if phase.ended_at else "whole"
        runs = [bars.axis.run(kind, local_day(phase.begun_at, bars.zone.key), end)]
    return GanttRow("", phase.name or phase.code, phase.state.value, y, runs, note=f"{phase.done}/{phase.steps}")


def _item_row(row: ProgressItem, bars: _Bars, names: Mapping[str, str], y: int) -> GanttRow:
    axis, days = bars.axis, bars.held.get(row.item, [])
    limits = bars.limits.get(row.item, {})
    decision, promise = limits.get(DECISION.name), limits.get(COMMITMENT.name)
    waited = next((item for item in bars.waiting.items if item.item == row.item), None)
    path = waited.path if waited else None
    decided_on = local_day(row.decided_at, bars.zone.key) if row.decided_at else None
    return GanttRow(
        item=row.item,
        name=names.get(row.item, row.item),
        state=state_of(row),
        y=y,
        runs=axis.runs((day.day, day.holder.value) for day in days),
        spot=axis.run("spot", decided_on, decided_on) if decided_on and not days else None,
        over=_over(axis, decision, days),
        due_x=_end(axis, decision),
        promise_x=_end(axis, promise),
        estimate=DrawnEstimate(
            axis.run("ahead", max(path.starts.median_on, bars.today), max(path.finishes.median_on, bars.today)),
            axis.x(path.finishes.low_on),
            axis.x(path.finishes.high_on),
        )
        if path and not path.remaining.overrun
        else None,
        critical=bool(path and path.critical),
        needs=bars.needs[row.item],
    )


def _end(axis: TimeAxis, clock: Reading | None) -> float | None:
    """Where the last day of *clock* ends; None where it has none yet, or one beyond the axis."""
    due = clock and (clock.due_on or clock.earliest_due_on)
    return axis.x(due) + axis.scale if due and axis.first <= due <= axis.last else None


def _over(axis: TimeAxis, decision: Reading | None, days: Sequence[HeldDay]) -> Run | None:
    """The days beyond the last one of the law, as far as the application was still open."""
    late = [
        day.day for day in days if decision and decision.overdue_days and decision.due_on and day.day > decision.due_on
    ]
    return axis.run(OVER, late[0], late[-1]) if late else None
