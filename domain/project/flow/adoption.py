"""启用流程 adoption: a project adopts a published flow, and may later move to another edition of it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from domain.catalogue.item import ServiceItem
from domain.catalogue.published import edition_in_force
from domain.core.context import Context
from domain.core.ledger import Command, Fact, Refused, Role
from domain.core.plan import Phase, PlannedItem
from domain.core.rules import require_role
from domain.core.types import Code, Name
from domain.flow.step import FlowEdition, planned
from domain.project.application.registration import (
    ItemPlanned,
    require_known,
    require_lawful,
    require_new,
    require_no_circle,
)
from domain.project.flow.move import Move, move_to
from domain.project.state.project import AdoptedFlow, Item, Project
from domain.reference_data import published_flow

EditionNumber = Annotated[int, Meta(ge=0, le=1_000_000)]


class StartFlow(Command, frozen=True, tag="start_flow"):
    """Plan every item that a project of this kind needs, by an edition of a flow (0: the newest)."""

    flow: Code
    kind: Code
    edition: EditionNumber = 0

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "start a flow", Role.PROJECT_MANAGER, Role.SYSTEM)
        if project.flow is not None:
            raise Refused(
                "flow-adopted",
                f"the project already follows edition {project.flow.edition} of {project.flow.flow}",
                remedy="move it to another edition with move_flow",
            )
        edition = published_flow(self.flow, context).edition(self.edition)
        plans = plans_of(edition, self.kind, context)
        together: dict[str, PlannedItem] = {code: item.plan for code, item in project.items.items()}
        for plan in plans:
            require_new(plan.item, together)
            require_lawful(plan, context)
            together[plan.item] = plan
        for plan in plans:
            require_known(plan, together)
        require_no_circle({code: plan.needs for code, plan in together.items()})
        adopted = FlowAdopted(
            flow=self.flow,
            edition=edition.number,
            kind=self.kind,
            phases=edition.phases,
            steps=tuple(plan.item for plan in plans),
        )
        return (*(ItemPlanned(item=plan.item, plan=plan) for plan in plans), adopted)


class FlowAdopted(Fact, frozen=True, tag="flow_adopted"):
    """The project follows this edition of the flow; the facts before this one plan its *steps* as items."""

    flow: str
    edition: int
    kind: str
    phases: tuple[Phase, ...]
    steps: tuple[str, ...]

    def apply(self, project: Project) -> None:
        project.flow = AdoptedFlow(self.flow, self.edition, self.kind, self.phases, self.steps)


class MoveFlow(Command, frozen=True, tag="move_flow"):
    """Move to another edition of the project's flow (0: the newest), or to another kind of project.

    Items under way are unchanged except for their preconditions. Refused if one of them would be dropped; the preview
    shows this in advance.
    """

    edition: EditionNumber = 0
    kind: Name = ""

    needs_shelf: ClassVar[bool] = True

    def decide(self, project: Project, context: Context) -> tuple[Fact, ...]:
        require_role(context.by, "move a project to another edition of its flow", Role.PROJECT_MANAGER, Role.SYSTEM)
        edition, kind, move = moved(project, self.edition, self.kind, context)
        flow = adopted_flow(project)
        if (edition.number, kind) == (flow.edition, flow.kind):
            raise Refused(
                "flow-unmoved",
                f"the project already follows edition {flow.edition} of {flow.flow}, for the kind {flow.kind}",
                remedy="name another edition or another kind",
            )
        require_possible(move)
        for plan in (*move.changed, *move.added):
            require_lawful(plan, context)
        return (
            *(ItemReplanned(item=plan.item, plan=plan) for plan in move.changed),
            *(ItemDropped(item=code) for code in move.dropped),
            *(ItemPlanned(item=plan.item, plan=plan) for plan in move.added),
            FlowMoved(
                flow=flow.flow,
                edition=edition.number,
                kind=kind,
                phases=edition.phases,
                steps=move.steps,
            ),
        )


class FlowMoved(Fact, frozen=True, tag="flow_moved"):
    """The project follows this edition from now on; the facts before this one record what changed."""

    flow: str
    edition: int
    kind: str
    phases: tuple[Phase, ...]
    steps: tuple[str, ...]

    def apply(self, project: Project) -> None:
        project.flow = AdoptedFlow(self.flow, self.edition, self.kind, self.phases, self.steps)


class ItemReplanned(Fact, frozen=True, tag="item_replanned"):
    """The plan of the item changed: its preconditions or its terms."""

    item: str
    plan: PlannedItem

    def apply(self, project: Project) -> None:
        if self.item in project.items:
            project.items[self.item].plan = self.plan
        else:
            project.items[self.item] = Item(self.plan)


class ItemDropped(Fact, frozen=True, tag="item_dropped"):
    """The item was dropped from the plan; it had not been begun."""

    item: str

    def apply(self, project: Project) -> None:
        project.items.pop(self.item, None)


def adopted_flow(project: Project) -> AdoptedFlow:
    """The flow the project follows; refused if there is none."""
    if project.flow is None:
        raise Refused("no-flow", "the project follows no flow", remedy="adopt one with start_flow first")
    return project.flow


def moved(project: Project, number: int, kind: str, context: Context) -> tuple[FlowEdition, str, Move]:
    """The requested edition and kind of the project's flow, and the effects of moving there."""
    flow = adopted_flow(project)
    edition = published_flow(flow.flow, context).edition(number)
    return edition, kind or flow.kind, move_to(project, plans_of(edition, kind or flow.kind, context))


def plans_of(flow: FlowEdition, kind: str, context: Context) -> tuple[PlannedItem, ...]:
    """The items *flow* plans for a project of *kind*, by the catalogue in force; refused if the two do not match."""
    if kind not in flow.kinds:
        raise Refused(
            "unknown-kind",
            f"the flow is not for projects of the kind {kind}",
            remedy=f"choose one of: {', '.join(flow.kinds)}",
        )
    catalogue = edition_in_force(flow.catalogue, context)
    missing = [step.item for step in flow.steps if step.is_for(kind) and step.item not in catalogue.items]
    if missing:
        raise Refused(
            "unknown-service-item",
            f"edition {catalogue.number} of the catalogue {flow.catalogue} no longer has: {', '.join(missing)}",
            remedy="publish an edition of the flow that matches the catalogue",
            items=missing,
        )
    foreign = [step.item for step in flow.steps if step.is_for(kind) and not under(catalogue.items[step.item], context)]
    if foreign:
        raise Refused(
            "other-law",
            f"the catalogue {flow.catalogue} lists these under another law than {context.law.id}: {', '.join(foreign)}",
            remedy="register the project under that law, or list the items for this one",
            items=foreign,
        )
    return planned(flow, kind, catalogue.items)


def under(service: ServiceItem, context: Context) -> bool:
    """Whether *service* is handled under the law of the command; without a law of its own it is."""
    return service.law in ("", context.law.id)


def require_possible(move: Move) -> None:
    """Refuse a move that would drop items under way, or leave others in a deadlock."""
    if move.lost:
        raise Refused(
            "flow-move-loses",
            f"these items are under way but are not steps of the other edition: {', '.join(move.lost)}",
            remedy="stay with the current edition, or publish one that has these steps",
            items=list(move.lost),
        )
    if move.stranded:
        raise Refused(
            "precondition-unknown",
            f"these items require one that would be dropped: {', '.join(move.stranded)}",
            remedy="change their preconditions first",
            items=list(move.stranded),
        )
    if move.circle:
        raise Refused(
            "precondition-circle",
            f"the preconditions would form a cycle: {move.circle}",
            remedy="drop one of these preconditions",
        )
