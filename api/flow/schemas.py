"""Approval flows as they are shown: editions, and one of them as a graph of steps with their names and departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from api.web.entries import Instant
from domain.catalogue.item import ServiceItem
from domain.core.graph import Groups
from domain.core.ledger import Actor
from domain.core.plan import Phase
from domain.flow.state import Flow
from domain.flow.step import FlowEdition, FlowStep, needs_for
from domain.messages import Entry


class ShownFlowEdition(Struct, frozen=True):
    """One edition of a flow, checked against edition *catalogue_edition* of the catalogue it names."""

    edition: int
    catalogue: str
    catalogue_edition: int
    kinds: tuple[str, ...]
    phases: int
    steps: int
    note: str
    published_at: Instant
    recorded_at: Instant
    by: Actor


class ListedFlow(Struct, frozen=True):
    """One flow of the list, by its newest edition."""

    name: str
    editions: int
    catalogue: str
    kinds: tuple[str, ...]
    phases: int
    steps: int


class FlowList(Struct, frozen=True):
    """Every flow, by name."""

    flows: list[ListedFlow]


class ShownFlow(Struct, frozen=True):
    """One flow and its editions, the oldest first."""

    name: str
    editions: list[ShownFlowEdition]


class ShownPhase(Struct, frozen=True):
    """One phase: in how many days of the law's unit it is to be over, and its steps."""

    code: str
    name: str
    name_en: str
    limit_days: int | None
    steps: tuple[str, ...]


class ShownStep(Struct, frozen=True):
    """One step, with what the catalogue says of its item.

    *requires*: all of these first; *requires_any*: of each group one; for projects of the kind asked for alone, where
    one was. *listed* is false where the edition of the catalogue in force no longer has the item: then it is shown as
    it was when the flow was published, and no project can be planned by it.
    """

    step: str
    item: str
    name: str
    name_en: str
    department: str
    department_name: str
    department_name_en: str
    phase: str
    kinds: tuple[str, ...]
    milestone: bool
    requires: tuple[str, ...]
    requires_any: Groups
    mode: str
    anticipate_day: int | None
    promise_day: int | None
    other_dept: tuple[str, ...]
    live: bool
    online: bool
    listed: bool


class Edge(Struct, frozen=True):
    """*step* waits for *before*. Of edges to a step with one *any_of* one is enough; null: it has to be granted."""

    before: str
    step: str
    any_of: int | None


class FlowGraph(Struct, frozen=True):
    """One edition of a flow as a graph. *resolved_by*: the edition of the catalogue in force on the day of *as_of*."""

    name: str
    edition: int
    catalogue: str
    catalogue_edition: int
    resolved_by: int | None
    as_of: datetime
    kind: str
    kinds: tuple[str, ...]
    note: str
    phases: list[ShownPhase]
    steps: list[ShownStep]
    edges: list[Edge]


class Services(Struct, frozen=True):
    """The items that steps name: those *in_force*, those of the edition the flow was *published* against."""

    number: int | None
    in_force: Mapping[str, ServiceItem]
    published: Mapping[str, ServiceItem]
    online: Mapping[str, bool]  # what departments decided by then

    def of(self, code: str) -> ServiceItem:
        """The item *code*, as in force, else as it was published: there it is, or the flow would not be."""
        return self.in_force.get(code) or self.published[code]


def shown_flow(flow: Flow, published: Sequence[Entry]) -> ShownFlow:
    """*flow*, with the entries that *published* its editions, in order."""
    pairs = zip(flow.editions, published, strict=False)  # one published this moment has to wait for its entry
    return ShownFlow(flow.name, [_edition(edition, entry) for edition, entry in pairs])


def _edition(edition: FlowEdition, entry: Entry) -> ShownFlowEdition:
    return ShownFlowEdition(
        edition=edition.number,
        catalogue=edition.catalogue,
        catalogue_edition=edition.catalogue_edition,
        kinds=edition.kinds,
        phases=len(edition.phases),
        steps=len(edition.steps),
        note=edition.note,
        published_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        by=entry.recorded.by,
    )


def listed_flow(flow: Flow) -> ListedFlow:
    """*flow* as a row of the list."""
    newest = flow.editions[-1]
    return ListedFlow(
        name=flow.name,
        editions=len(flow.editions),
        catalogue=newest.catalogue,
        kinds=newest.kinds,
        phases=len(newest.phases),
        steps=len(newest.steps),
    )


def graph_of(name: str, edition: FlowEdition, kind: str, services: Services, as_of: datetime) -> FlowGraph:
    """*edition* of the flow *name* for projects of *kind*; for all of them where it is empty."""
    needs = needs_for(kind, edition.steps) if kind else {step.step: step.needs for step in edition.steps}
    steps = [step for step in edition.steps if step.step in needs]
    return FlowGraph(
        name=name,
        edition=edition.number,
        catalogue=edition.catalogue,
        catalogue_edition=edition.catalogue_edition,
        resolved_by=services.number,
        as_of=as_of,
        kind=kind,
        kinds=edition.kinds,
        note=edition.note,
        phases=[_phase(phase, steps) for phase in edition.phases],
        steps=[_step(step, needs[step.step], services) for step in steps],
        edges=[edge for step in steps for edge in _edges(step.step, needs[step.step])],
    )


def _phase(phase: Phase, steps: Sequence[FlowStep]) -> ShownPhase:
    inside = tuple(step.step for step in steps if step.phase == phase.code)
    return ShownPhase(phase.code, phase.name, phase.name_en, phase.limit_days, inside)


def _step(step: FlowStep, needs: Groups, services: Services) -> ShownStep:
    service = services.of(step.item)
    return ShownStep(
        step=step.step,
        item=step.item,
        name=step.name or service.task_name,
        name_en=step.name_en if step.name else service.task_name_en,
        department=service.dept_code,
        department_name=service.dept_name,
        department_name_en=service.dept_name_en,
        phase=step.phase,
        kinds=step.kinds,
        milestone=step.milestone,
        requires=tuple(dict.fromkeys(group[0] for group in needs if len(group) == 1)),
        requires_any=tuple(group for group in needs if len(group) > 1),
        mode=service.mode,
        anticipate_day=service.anticipate_day,
        promise_day=service.promise_day,
        other_dept=service.other_dept,
        live=service.live,
        online=services.online.get(step.item, service.is_online),
        listed=step.item in services.in_force,
    )


def _edges(step: str, needs: Groups) -> list[Edge]:
    return [
        Edge(before, step, number if len(group) > 1 else None)
        for number, group in enumerate(needs, start=1)
        for before in group
    ]
