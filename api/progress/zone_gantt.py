"""甘特 the progress table as a chart: one bar per project, from its first application on, with its first last day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from api.html.time_axis import Run, TimeAxis, fitted
from api.progress.view_models import DONE, first_awaited, state_of
from domain.law.calendar.moment import local_day
from domain.law.licensing.clock import State
from projections.clocks.reading import Reading
from projections.progress.rows import ProgressItem, ProgressProject

WIDTH_PX, MARGIN_PX, DAY_PX_MAX = 850, 4, 8
ROW_PX, HEAD_PX = 26, 20
GOING_ON, BETWEEN, OVER = "whole", "rest", "over"


class ZoneBar(Struct, frozen=True):
    """One project: the days on which an application was before a department, those between, those beyond a last day.

    *due_x* is where the last day of its first clock ends; None where that is unknown or off the axis.
    """

    project: ProgressProject
    y: int
    runs: list[Run]
    over: Run | None
    due_x: float | None


class ZoneGantt(Struct, frozen=True):
    """The chart, in pixels; one row per project, also where none of its items has begun."""

    axis: TimeAxis
    height: int
    today_x: float
    rows: list[ZoneBar]


def zone_gantt(
    projects: Sequence[ProgressProject],
    items: Mapping[UUID, list[ProgressItem]],
    clocks: Mapping[UUID, list[Reading]],
    t: datetime,
    zone: ZoneInfo,
) -> ZoneGantt | None:
    """The chart of *projects* at *t*; None where nothing has begun."""
    today = local_day(t, zone.key)
    spans = {project.project: _spans(items.get(project.project, []), today, zone) for project in projects}
    begun = [span[0] for of_project in spans.values() for span in of_project]
    if not begun:
        return None
    first_clocks = {project: first_awaited(of_project) for project, of_project in clocks.items()}
    dues = [clock.due_on for clock in first_clocks.values() if clock and clock.due_on]
    axis = fitted(min(begun), max([today, *dues]), MARGIN_PX, WIDTH_PX, DAY_PX_MAX)
    rows = [
        _bar(axis, project, HEAD_PX + nth * ROW_PX, spans[project.project], first_clocks.get(project.project), today)
        for nth, project in enumerate(projects)
    ]
    return ZoneGantt(axis, HEAD_PX + len(rows) * ROW_PX + 4, axis.x(today), rows)


def _bar(
    axis: TimeAxis,
    project: ProgressProject,
    y: int,
    spans: Sequence[tuple[date, date]],
    clock: Reading | None,
    today: date,
) -> ZoneBar:
    runs = []
    for nth, (first, last) in enumerate(spans):
        if nth and spans[nth - 1][1] < first:
            runs.append(axis.run(BETWEEN, spans[nth - 1][1], first))
        runs.append(axis.run(f"{GOING_ON} done" if last < today else GOING_ON, first, last))
    is_over = clock is not None and clock.state is State.OVERDUE and clock.due_on is not None
    over = axis.run(OVER, clock.due_on, today) if is_over and clock and clock.due_on else None
    due = clock.due_on if clock else None
    return ZoneBar(project, y, runs, over, axis.x(due) + axis.scale if due and due >= axis.first else None)


def _spans(items: Sequence[ProgressItem], today: date, zone: ZoneInfo) -> list[tuple[date, date]]:
    """The days on which at least one application was before a department, as spans that do not touch."""
    merged: list[tuple[date, date]] = []
    for first, last in sorted(_of_items(items, today, zone)):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def _of_items(items: Sequence[ProgressItem], today: date, zone: ZoneInfo) -> Iterator[tuple[date, date]]:
    for item in items:
        if item.submitted_at is None:
            continue
        ended = item.decided_at or (item.changed_at if state_of(item) == DONE else None)
        first = local_day(item.submitted_at, zone.key)
        last = local_day(ended, zone.key) if ended else today
        yield first, max(first, last)
