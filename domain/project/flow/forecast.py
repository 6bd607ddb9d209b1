"""预计办结 what is left of a project as tasks: how long each item may still take, and on whom it waits."""

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
    """What is left of a project: its items that are not granted, and what each estimate rests on."""

    tasks: dict[str, PathTask]
    estimates: dict[str, Estimate]


class Elapsed(Struct, frozen=True):
    """Working days that are over, by item: since its application came in, and since nothing blocks it any more."""

    submitted: dict[str, int]
    free: dict[str, int]


def forecast(project: Project, known: KnownDurations, allowed: Mapping[str, Days], elapsed: Elapsed) -> Forecast:
    """What is left of *project*, judged by the durations *known*.

    *allowed*: the working days that the law gives each item. Items that are blocked count as still to come: their own
    time begins when what they wait for is granted.
    """
    open_groups, unneeded = blockers(project), spare(project)
    beside = optional({code: item.plan.needs for code, item in project.items.items()})
    tasks: dict[str, PathTask] = {}
    estimates: dict[str, Estimate] = {}
    for code, item in project.items.items():
        ended = item.outcome is Outcome.TERMINATED and not is_needed(project, item)  # nobody applies for it again
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
    """What makes applications alike."""
    plan = item.plan
    return Likeness(plan.service or plan.item, plan.special, plan.department, item.mode)
