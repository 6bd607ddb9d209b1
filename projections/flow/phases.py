"""阶段 phases of a project's flow: when each began and ended, and the use of its time limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, field

from domain.core.plan import Phase
from domain.core.types import Outcome
from domain.law.generic.period import CountedPeriod, is_over
from domain.law.generic.rule import GeneralRule
from domain.messages import Entry
from domain.project.flow.move import begun
from domain.project.state.project import Project


class PhaseState(StrEnum):
    """The state of a phase."""

    NOT_BEGUN = "not_begun"
    RUNNING = "running"  # an item was applied for, but not all are granted
    DONE = "done"  # all items are granted


class ProjectCourse(Struct):
    """A project, with the time of the first application for each item and of its present grant."""

    project: Project
    begun_at: dict[str, datetime] = field(default_factory=dict)
    granted_at: dict[str, datetime] = field(default_factory=dict)


class PhaseStanding(Struct, frozen=True):
    """One phase. It begins with the first application in it and ends when all its steps are granted.

    *limit_days* are in *unit*, the law's own, and *due_on* is the last of them; *used_days* and *remaining_days*
    (negative: overdue) are counting days, up to the end or the given instant. All null if there is no limit or the
    phase has not begun. *provisional*: *due_on* lies beyond the published calendar.
    """

    code: str
    name: str
    name_en: str
    state: PhaseState
    steps: int
    done: int
    begun_at: datetime | None
    ended_at: datetime | None
    limit_days: int | None
    unit: str
    due_on: date | None
    used_days: int | None
    remaining_days: int | None
    late: bool
    provisional: bool


def course(project_id: UUID, entries: Sequence[Entry]) -> ProjectCourse:
    """The course of a project, folded from *entries* in version order, with corrections applied."""
    progress = ProjectCourse(Project(project_id))
    for entry in entries:
        entry.fact.apply(progress.project)
        progress.project.version = entry.version
        code = getattr(entry.fact, "item", "")
        item = progress.project.items.get(code) if isinstance(code, str) else None
        if item is None:
            continue
        if begun(item):
            progress.begun_at.setdefault(code, entry.occurred_at)
        if item.outcome is Outcome.GRANTED:
            progress.granted_at.setdefault(code, entry.occurred_at)
        else:
            progress.granted_at.pop(code, None)
    return progress


def phases_at(progress: ProjectCourse, rule: GeneralRule | None, t: datetime) -> list[PhaseStanding]:
    """The phases of the project's flow with steps, at *t*. *rule* counts their days; None: no days are counted."""
    flow = progress.project.flow
    shown = (_standing(phase, progress, rule, t) for phase in (flow.phases if flow else ()))
    return [phase for phase in shown if phase.steps]


def _standing(phase: Phase, progress: ProjectCourse, rule: GeneralRule | None, t: datetime) -> PhaseStanding:
    items = [code for code, item in progress.project.items.items() if item.plan.phase == phase.code]
    begun_at = min((progress.begun_at[code] for code in items if code in progress.begun_at), default=None)
    granted = [progress.granted_at[code] for code in items if code in progress.granted_at]
    done = bool(items) and len(granted) == len(items)
    ended_at = max(granted) if done else None
    days = _days(phase, rule, begun_at, ended_at or t)
    state = PhaseState.DONE if done else PhaseState.RUNNING if begun_at else PhaseState.NOT_BEGUN
    return PhaseStanding(
        code=phase.code,
        name=phase.name,
        name_en=phase.name_en,
        state=state,
        steps=len(items),
        done=len(granted),
        begun_at=begun_at,
        ended_at=ended_at,
        limit_days=phase.limit_days,
        unit=rule.unit if rule else "",
        due_on=days.due_on,
        used_days=days.used,
        remaining_days=days.remaining,
        late=days.late,
        provisional=days.provisional,
    )


class _Days(Struct, frozen=True):
    due_on: date | None = None
    used: int | None = None
    remaining: int | None = None
    late: bool = False
    provisional: bool = False


def _days(phase: Phase, rule: GeneralRule | None, begun_at: datetime | None, until: datetime) -> _Days:
    if phase.limit_days is None or rule is None or begun_at is None:
        return _Days()
    period = CountedPeriod(rule, begun_at, phase.limit_days)
    end = period.end()
    if end is None:
        return _Days()
    due_on = end.date() if isinstance(end, datetime) else end
    used = period.used_days(rule.local_day(until))
    return _Days(
        due_on=due_on,
        used=used,
        remaining=period.used_days(due_on) - used,
        late=is_over(end, until, rule),
        provisional=rule.calendar.provisional(due_on),
    )
