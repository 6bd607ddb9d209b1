"""发布流程 publication: a flow is checked for consistency and against the catalogue, and becomes the next edition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from domain.catalogue.published import edition_in_force
from domain.catalogue.state import KEEPERS
from domain.catalogue.state import Edition as CatalogueEdition
from domain.core.context import Context
from domain.core.graph import circle, reached, spelt
from domain.core.ledger import Command, Fact, Refused
from domain.core.plan import Phase
from domain.core.rules import require_role
from domain.core.types import Code, Line
from domain.flow.state import AnyState, Flow, stream_of
from domain.flow.step import FlowEdition, FlowStep, Kinds, Phases, Steps, needs_for


class PublishFlow(Command, frozen=True, tag="publish_flow"):
    """Publish the next edition of a flow. Running projects keep their edition.

    *kinds* are the kinds of projects it is for, *phases* its stages in order. Refused if a step names an item that the
    catalogue does not have, can't be reached by any project, or is part of a cycle.
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
            raise Refused(
                "wrong-flow", f"this is not the flow {self.flow}", remedy="send the command to that flow's address"
            )
        require_role(context.by, "publish a flow", *KEEPERS)
        items = edition_in_force(self.catalogue, context)
        require_unique("kind", self.kinds)
        require_unique("phase", (phase.code for phase in self.phases))
        require_unique("step", (step.step for step in self.steps))
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
                f"edition {flow.editions[-1].number} of {self.flow} is identical",
                remedy="nothing needs to be done",
            )
        return (published,)


class FlowPublished(Fact, frozen=True, tag="flow_published"):
    """The next edition of the flow. Projects may adopt it, or be moved to it."""

    flow: str
    edition: int
    catalogue: str
    catalogue_edition: int
    kinds: tuple[str, ...]
    phases: tuple[Phase, ...]
    steps: tuple[FlowStep, ...]
    note: str = ""

    def same_as(self, other: FlowEdition) -> bool:
        """Whether *other* has the same content, its number apart."""
        own = (self.catalogue, self.kinds, self.phases, self.steps)
        return own == (other.catalogue, other.kinds, other.phases, other.steps)

    def apply(self, flow: AnyState) -> None:
        flow.name = self.flow
        flow.editions.append(
            FlowEdition(
                self.edition, self.catalogue, self.catalogue_edition, self.kinds, self.phases, self.steps, self.note
            )
        )


def require_unique(what: str, codes: Iterable[str]) -> None:
    """Refuse a code given twice."""
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise Refused(
                "step-repeated", f"the {what} {code} is listed twice", remedy=f"give each {what} its own code"
            )
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
            raise Refused("unknown-phase", f"{step.step} names an unknown phase {step.phase}", remedy=_known(phases))
        for kind in step.kinds:
            if kind not in flow.kinds:
                raise Refused(
                    "step-unreachable",
                    f"{step.step} is for projects of the kind {kind}, which the flow does not list",
                    remedy=_known(flow.kinds),
                    steps=[step.step],
                )
        for code in (code for group in step.needs for code in group):
            if code not in steps:
                raise Refused(
                    "precondition-unknown", f"{step.step} requires {code}, which is not a step", remedy=_known(steps)
                )


def require_reachable(flow: PublishFlow) -> None:
    """Refuse steps that a project needs but could never do: in a cycle, or behind one."""
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
                f"the preconditions form a cycle for projects of the kind {kind}: {spelt(path)}{also}",
                remedy="drop one of these preconditions, or make it one of several alternatives",
                circle=path,
                unreachable=behind,
                kind=kind,
            )


def _require_together(flow: PublishFlow, step: FlowStep) -> None:
    """Refuse a precondition that no project with this step could meet, since it needs none of the steps named."""
    by_code = {other.step: other for other in flow.steps}
    kinds = [kind for kind in flow.kinds if step.is_for(kind)]
    for group in step.needs:
        if not any(by_code[code].is_for(kind) for code in group for kind in kinds):
            raise Refused(
                "step-unreachable",
                f"{step.step} requires {' or '.join(group)}, but no kind of project has both",
                remedy="drop the precondition, or list both steps for a common kind of project",
                steps=[step.step],
            )


def require_order(phases: tuple[Phase, ...], steps: tuple[FlowStep, ...]) -> None:
    """Refuse a step that requires a step of a later phase."""
    place = {phase.code: nth for nth, phase in enumerate(phases)}
    of_step = {step.step: place[step.phase] for step in steps}
    for step in steps:
        for group in step.needs:
            if all(of_step[code] > of_step[step.step] for code in group):
                raise Refused(
                    "phase-order",
                    f"{step.step} is in the phase {step.phase} but requires {' or '.join(group)} of a later phase",
                    remedy="move one of them to another phase",
                )


def _known(codes: Iterable[str]) -> str:
    return f"choose one of: {', '.join(sorted(codes))}"
