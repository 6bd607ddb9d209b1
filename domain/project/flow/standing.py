"""The state of each step of a project's flow: done, open, startable, or blocked, and by what."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from domain.core.graph import Groups
from domain.core.types import OPEN_STAGES, Outcome
from domain.project.state.project import Item, Project


class StepState(StrEnum):
    """The state of a step."""

    DONE = "done"  # granted
    OPEN = "open"  # applied for and not decided
    STARTABLE = "startable"  # may be applied for, also again
    BLOCKED = "blocked"  # waits for other items


class StepStanding(Struct, frozen=True):
    """One step with its state. *blocked_by*: unmet groups, of each of which one item has to be granted first."""

    item: str
    name: str
    department: str
    phase: str
    milestone: bool
    state: StepState
    blocked_by: Groups


def standing(project: Project) -> list[StepStanding]:
    """Every item of *project*, in its own order."""
    return [_of(project, code, item) for code, item in project.items.items()]


def _of(project: Project, code: str, item: Item) -> StepStanding:
    blockers = () if item.outcome is Outcome.GRANTED else project.blockers(code)
    return StepStanding(
        item=code,
        name=item.plan.name,
        department=item.department,
        phase=item.plan.phase,
        milestone=item.plan.milestone,
        state=_state(item, blockers),
        blocked_by=blockers,
    )


def _state(item: Item, blockers: Groups) -> StepState:
    if item.outcome is Outcome.GRANTED:
        return StepState.DONE
    if item.stage in OPEN_STAGES:
        return StepState.OPEN
    return StepState.BLOCKED if blockers else StepState.STARTABLE
