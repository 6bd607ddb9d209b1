"""流程 flow: its steps, the kinds of projects it is for, and the items it plans for one kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

from domain.catalogue.item import ServiceItem, TaskCode
from domain.core.graph import Groups, groups_of
from domain.core.plan import Phase, PlannedItem
from domain.core.types import ITEMS_MAX, LINE_CHARACTERS_MAX, Alternatives, Code, Codes, Line, Mode

PHASES_MAX = 20  # the usual flow has four
KINDS_MAX = 50


class FlowStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One step: a service item of the catalogue in a flow. Stored in facts: limits may be widened, never narrowed.

    Without *kinds* every project needs it. Preconditions that a project's kind does not need are ignored.
    """

    step: Code  # the code of the item in a project; one catalogue item may be used by several steps
    item: TaskCode
    phase: Code
    name: Line = ""  # empty: the catalogue's
    requires: Codes = ()  # all of these first
    requires_any: Alternatives = ()  # of each group one of these first
    kinds: Codes = ()
    milestone: bool = False
    name_en: Line = ""  # in English, where it has a name of its own

    @property
    def needs(self) -> Groups:
        """Groups of preconditions: one step of each has to be granted first."""
        return groups_of(self.requires, self.requires_any)

    def is_for(self, kind: str) -> bool:
        """Whether a project of this kind needs the step."""
        return not self.kinds or kind in self.kinds


Steps = Annotated[tuple[FlowStep, ...], Meta(min_length=1, max_length=ITEMS_MAX)]
Phases = Annotated[tuple[Phase, ...], Meta(min_length=1, max_length=PHASES_MAX)]
Kinds = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=KINDS_MAX)]


class FlowEdition(Struct, frozen=True):
    """A published edition of a flow, checked against one edition of its catalogue."""

    number: int
    catalogue: str
    catalogue_edition: int
    kinds: tuple[str, ...]
    phases: tuple[Phase, ...]
    steps: tuple[FlowStep, ...]
    note: str = ""


def needs_for(kind: str, steps: Iterable[FlowStep]) -> dict[str, Groups]:
    """The steps that a project of *kind* needs, each with the preconditions that apply to it."""
    needed = {step.step: step for step in steps if step.is_for(kind)}
    return {code: _applying(step.needs, needed) for code, step in needed.items()}


def _applying(groups: Groups, needed: Mapping[str, FlowStep]) -> Groups:
    applicable = (tuple(code for code in group if code in needed) for group in groups)
    return tuple(group for group in applicable if group)


def planned(flow: FlowEdition, kind: str, items: Mapping[str, ServiceItem]) -> tuple[PlannedItem, ...]:
    """The items planned for a project of *kind*, in the flow's order; *items* are those of the catalogue."""
    needs = needs_for(kind, flow.steps)
    return tuple(_plan(flow, step, needs[step.step], items[step.item]) for step in flow.steps if step.step in needs)


def _plan(flow: FlowEdition, step: FlowStep, needs: Groups, service: ServiceItem) -> PlannedItem:
    singles = tuple(group[0] for group in needs if len(group) == 1)
    return PlannedItem(
        item=step.step,
        department=service.dept_code,
        name=(step.name or service.task_name)[:LINE_CHARACTERS_MAX],
        requires=tuple(dict.fromkeys(singles)),
        requires_any=tuple(group for group in needs if len(group) > 1),
        mode=service.mode,
        promise_days=service.promise_day,  # until it is applied for: then the edition in force decides
        live=service.live,
        special=service.special,
        phase=step.phase,
        milestone=step.milestone,
        service=service.task_code,
        catalogue=flow.catalogue,
        participants=service.other_dept if service.mode == Mode.JOINT else (),
        joint_form=service.joint_form,
        by_undertaking=service.by_undertaking,
        calendar=service.calendar,
    )
