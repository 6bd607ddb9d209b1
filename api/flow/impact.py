"""What a command on a flow would do: steps that differ from the edition before, and projects that keep theirs."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from api.commands.aggregates import AggregateEffect, expected
from domain.access.principal import Caller
from domain.flow.state import Flow, stream_of
from domain.flow.step import FlowEdition, FlowStep
from domain.streams import replay
from infrastructure.ledger.approvals import CommandPreview
from projections.flow.query import RunningCount, RunningProjects
from projections.scope import Scope


class StepChange(StrEnum):
    """What an edition did to a step."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class StepDifference(Struct, frozen=True):
    """One step that differs between two editions; *fields* are those that do."""

    step: str
    change: StepChange
    fields: tuple[str, ...]
    before: FlowStep | None
    after: FlowStep | None


class FlowEffect(AggregateEffect, frozen=True, kw_only=True):
    """*steps* differ from the newest edition. *running*: projects that keep the edition they run by, until moved."""

    steps: list[StepDifference]
    running: list[RunningCount]


async def flow_effect(running: RunningProjects, caller: Caller, name: str, seen: CommandPreview) -> FlowEffect:
    """The effect of the command of *seen* on the flow *name*."""
    common = expected(seen)
    counts = await running.counted(name, common["at"], Scope.of_any_register(caller))
    return FlowEffect(name=name, steps=steps_of(name, seen), running=counts, **common)


def steps_of(name: str, seen: CommandPreview) -> list[StepDifference]:
    """The steps in which the edition that *seen* publishes differs from the one before."""
    state = replay(stream_of(name), [*seen.before, *seen.added])
    if not isinstance(state, Flow):
        return []
    *_, newest = state.editions
    return step_differences(state.editions[-2] if len(state.editions) > 1 else None, newest)


def step_differences(before: FlowEdition | None, after: FlowEdition) -> list[StepDifference]:
    """The steps that differ, those of *after* in their order, then removed ones."""
    earlier = {step.step: step for step in before.steps} if before else {}
    later = {step.step: step for step in after.steps}
    return [
        _difference(code, earlier.get(code), later.get(code))
        for code in {**later, **earlier}
        if earlier.get(code) != later.get(code)
    ]


def _difference(code: str, before: FlowStep | None, after: FlowStep | None) -> StepDifference:
    if before is None or after is None:
        return StepDifference(code, StepChange.REMOVED if after is None else StepChange.ADDED, (), before, after)
    fields = tuple(name for name in FlowStep.__struct_fields__ if getattr(before, name) != getattr(after, name))
    return StepDifference(code, StepChange.CHANGED, fields, before, after)
