"""预计办结 forecast: the remaining items of a project as tasks, each with an estimate and its preconditions."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from domain.core.types import Outcome
from domain.project.flow.durations import Estimate, KnownDurations, Likeness, Measure, estimate
from domain.project.flow.path import Days, PathTask, optional
from domain.project.state.project import Item, Project
from domain.project.waiting.chain import blockers, spare
from domain.project.waiting.wait import is_needed


class Forecast(Struct, frozen=True):
    """The remaining items of a project, and the estimate of each."""

    tasks: dict[str, PathTask]
    estimates: dict[str, Estimate]


class Elapsed(Struct, frozen=True):
    """Working days elapsed, by item: since its submission, and since it was no longer blocked."""

    submitted: dict[str, int]
    free: dict[str, int]


def forecast(project: Project, known: KnownDurations, allowed: Mapping[str, Days], elapsed: Elapsed) -> Forecast:
    """The forecast of *project* by the durations *known*.

    *allowed*: the statutory working days of each item. Blocked items count as not begun: their time starts when their
    preconditions are granted.
    """
    open_groups, unneeded = blockers(project), spare(project)
    beside = optional({code: item.plan.needs for code, item in project.items.items()})
    tasks: dict[str, PathTask] = {}
    estimates: dict[str, Estimate] = {}
    for code, item in project.items.items():
        ended = item.outcome is Outcome.TERMINATED and not is_needed(project, item)  # no further application
        if item.outcome is Outcome.GRANTED or code in unneeded or ended:
            continue
        like, may = likeness(item), allowed[code]
        if code in elapsed.submitted and not open_groups[code]:
            remaining = estimate(known.handling, like, may, elapsed.submitted[code])
        else:
            over = 0 if open_groups[code] else elapsed.free.get(code, 0)
            remaining = structs.replace(estimate(known.whole, like, may, over), measure=Measure.WHOLE)
        estimates[code] = remaining
        tasks[code] = PathTask(open_groups[code], remaining.days, code in beside)
    return Forecast(tasks, estimates)


def likeness(item: Item) -> Likeness:
    """The criteria by which *item* is compared with past applications."""
    plan = item.plan
    return Likeness(plan.service or plan.item, plan.special, plan.department, item.mode)
