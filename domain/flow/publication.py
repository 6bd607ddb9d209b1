"""发布流程 publication: a flow is checked against the catalogue and against itself, and becomes the next edition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from domain.catalogue.state import KEEPERS
from domain.catalogue.state import Edition as CatalogueEdition
from domain.core.context import Context, edition_in_force
from domain.core.graph import circle, reached, spelt
from domain.core.ledger import Command, Fact, Refused
from domain.core.plan import Phase
from domain.core.rules import require_role
from domain.core.types import Code, Line
from domain.flow.state import AnyState, Flow, stream_of
from domain.flow.step import FlowEdition, FlowStep, Kinds, Phases, Steps, needs_for


class PublishFlow(Command, frozen=True, tag="publish_flow"):
    """Publish the next edition of a flow. Projects that run keep the edition they have.

    *kinds* are the kinds of projects it is for, *phases* its stages in their order. Refused where a step names an
    item that the catalogue does not have, can't be reached by any project, or waits for itself in a circle.
    """

    flow: Code
    catalogue: Code
    kinds: Kinds
    phases: Phases
    steps: Steps
    note: Line = ""

    needs_shelf: ClassVar[bool] = True

    def decide(self, flow: Flow, context: Context) -> tuple[Fact, ...]:
        if stream_of(self.flow) != flow.id:
            raise Refused("wrong-flow", f"this is not the flow {self.flow}", remedy="send it to its own address")
        require_role(context.by, "publish a flow", *KEEPERS)
        items = edition_in_force(self.catalogue, context)
        require_one_each("kind", self.kinds)
        require_one_each("phase", (phase.code for phase in self.phases))
        require_one_each("step", (step.step for step in self.steps))
        require_known_names(self, items)
        require_reachable(self)
        require_order(self.phases, self.steps)
        published = FlowPublished(
            flow=self.flow,
            edition=len(flow.editions) + 1,
            catalogue=self.catalogue,
            catalogue_edition=items.number,
            kinds=self.kinds,
            phases=self.phases,
            steps=self.steps,
            note=self.note,
        )
        if flow.editions and published.same_as(flow.editions[-1]):
            raise Refused(
                "nothing-to-publish",
                f"edition {flow.editions[-1].number} of {self.flow} says exactly this",
                remedy="there is nothing to do",
            )
        return (published,)


class FlowPublished(Fact, frozen=True, tag="flow_published"):
    """A further edition of the flow. Projects may adopt it, or be moved to it."""

    flow: str
    edition: int
    catalogue: str
    catalogue_edition: int
    kinds: tuple[str, ...]
    phases: tuple[Phase, ...]
    steps: tuple[FlowStep, ...]
    note: str = ""

    def same_as(self, other: FlowEdition) -> bool:
        """Whether *other* tells projects to do exactly what this does."""
        mine = (self.catalogue, self.kinds, self.phases, self.steps)
        return mine == (other.catalogue, other.kinds, other.phases, other.steps)

    def apply(self, flow: AnyState) -> None:
        flow.name = self.flow
        flow.editions.append(
            FlowEdition(
                self.edition, self.catalogue, self.catalogue_edition, self.kinds, self.phases, self.steps, self.note
            )
        )


def require_one_each(what: str, codes: Iterable[str]) -> None:
    """Refuse a code given twice."""
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise Refused("step-repeated", f"the {what} {code} is there twice", remedy=f"give each {what} its own code")
        seen.add(code)


def require_known_names(flow: PublishFlow, items: CatalogueEdition) -> None:
    """Refuse steps that name an item, a phase, a kind or another step that does not exist."""
    steps, phases = {step.step for step in flow.steps}, {phase.code for phase in flow.phases}
    unknown = [step for step in flow.steps if step.item not in items.items]
    if unknown:
        listed = "; ".join(f"{step.step} names {step.item}" for step in unknown)
        raise Refused(
            "unknown-service-item",
            f"edition {items.number} of the catalogue {flow.catalogue} does not have these items: {listed}",
            remedy="define the items and publish the catalogue first, or correct their codes",
            items=[step.item for step in unknown],
        )
    for step in flow.steps:
        if step.phase not in phases:
            raise Refused("unknown-phase", f"{step.step} stands in a phase {step.phase}", remedy=_known(phases))
        for kind in step.kinds:
            if kind not in flow.kinds:
                raise Refused(
                    "step-unreachable",
                    f"{step.step} is for projects of the kind {kind}, which the flow does not know",
                    remedy=_known(flow.kinds),
                    steps=[step.step],
                )
        for code in (code for group in step.needs for code in group):
            if code not in steps:
                raise Refused(
                    "precondition-unknown", f"{step.step} requires {code}, which is no step", remedy=_known(steps)
                )


def require_reachable(flow: PublishFlow) -> None:
    """Refuse steps that some project needs and could never do: in a circle, or behind one."""
    for step in flow.steps:
        _require_together(flow, step)
    for kind in flow.kinds:
        needs = needs_for(kind, flow.steps)
        stuck = [code for code in needs if code not in reached(needs)]
        if stuck:
            path = circle(needs)
            behind = [code for code in stuck if code not in path]
            also = f"; {', '.join(behind)} can't be reached because of it" if behind else ""
            raise Refused(
                "precondition-circle",
                f"{spelt(path)}: a circle, for projects of the kind {kind}{also}",
                remedy="drop one of these preconditions, or let it be one of several",
                circle=path,
                unreachable=behind,
                kind=kind,
            )


def _require_together(flow: PublishFlow, step: FlowStep) -> None:
    """Refuse a step that requires steps none of which any project needs that needs it."""
    by_code = {other.step: other for other in flow.steps}
    kinds = [kind for kind in flow.kinds if step.is_for(kind)]
    for group in step.needs:
        if not any(by_code[code].is_for(kind) for code in group for kind in kinds):
            raise Refused(
                "step-unreachable",
                f"{step.step} waits for {' or '.join(group)}, which no project needs that needs {step.step}",
                remedy="drop the precondition, or let both be for the same kinds of projects",
                steps=[step.step],
            )


def require_order(phases: tuple[Phase, ...], steps: tuple[FlowStep, ...]) -> None:
    """Refuse a step that has to wait for a later phase than its own."""
    place = {phase.code: nth for nth, phase in enumerate(phases)}
    of_step = {step.step: place[step.phase] for step in steps}
    for step in steps:
        for group in step.needs:
            if all(of_step[code] > of_step[step.step] for code in group):
                raise Refused(
                    "phase-order",
                    f"{step.step} stands in the phase {step.phase} and requires {' or '.join(group)} of a later one",
                    remedy="move one of them to another phase",
                )


def _known(codes: Iterable[str]) -> str:
    return f"there are: {', '.join(sorted(codes))}"
