"""预计办结 what is left of a project as tasks: how long each item may still take, and on whom it waits."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from domain.flow.durations import Estimate, Likeness, Past, estimate
from domain.flow.path import Days, Task, optional
from domain.flow.waiting import blockers, spare
from domain.project.state import Outcome, PlannedItem, Project


class Forecast(Struct, frozen=True):
    """What is left of a project: its items that are not granted, and what each estimate rests on."""

    tasks: dict[str, Task]
    estimates: dict[str, Estimate]


def forecast(project: Project, past: Past, allowed: Mapping[str, Days], elapsed: Mapping[str, int]) -> Forecast:
    """What is left of *project*, judged by the *past*.

    *allowed*: the working days that the law gives each item; *elapsed*: those over since each open application came in.
    Items that are blocked count as still to come: their own time begins when what they wait for is granted.
    """
    open_groups, unneeded = blockers(project), spare(project)
    beside = optional({code: item.plan.needs for code, item in project.items.items()})
    tasks: dict[str, Task] = {}
    estimates: dict[str, Estimate] = {}
    for code, item in project.items.items():
        if item.outcome is Outcome.GRANTED or code in unneeded:
            continue
        over = 0 if open_groups[code] or item.outcome else elapsed.get(code, 0)
        found = estimate(past, likeness(item.plan), allowed[code], over)
        estimates[code] = found
        tasks[code] = Task(open_groups[code], found.days, code in beside)
    return Forecast(tasks, estimates)


def likeness(plan: PlannedItem) -> Likeness:
    """What makes applications alike."""
    return Likeness(plan.service or plan.item, plan.special, plan.department, plan.mode.value)
