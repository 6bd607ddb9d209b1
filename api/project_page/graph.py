"""前置图 the graph of a project's preconditions: one column per phase, an item after those to be granted first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from api.html.graph_layout import GraphEdge, GraphNode, GraphPhase, GraphStep, edges_of, node_at, places_of, size_of
from api.progress.view_models import DONE, state_of
from domain.project.state.project import Project
from projections.progress.rows import ProgressItem

MET, UNMET, HOLDS = "met", "unmet", "holds"  # HOLDS: the item waits for this one, on which a person can act now


class EdgeKinds(Struct, frozen=True):
    """What lines from preconditions say: which items are *granted*, and on which a person can act now."""

    granted: frozenset[str]
    to_act_on: frozenset[str]

    @classmethod
    def of(cls, project: Project, states: Mapping[str, str]) -> EdgeKinds:
        """Those of *project*, whose items have these *states*, as glyphs do."""
        granted = project.granted
        free = (code for code, state in states.items() if state != DONE and not project.blockers(code, granted))
        return cls(frozenset(granted), frozenset(free))

    def kind(self, source: str, group: tuple[str, ...]) -> str:
        """The kind of the line from *source*, which is of a *group* of preconditions, any of which will do."""
        if source in self.granted:
            return MET
        is_met = any(other in self.granted for other in group)
        return HOLDS if not is_met and source in self.to_act_on else UNMET


class GraphRow(Struct, frozen=True):
    """A row of the table: an item, its phase, and the groups of preconditions, each with those that are granted."""

    item: str
    name: str
    phase: str
    state: str
    needs: list[list[tuple[str, bool]]]


class PreconditionGraph(Struct, frozen=True):
    """Everything drawn, in pixels, and the same as a table."""

    width: int
    height: int
    phases: list[GraphPhase]
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    diamonds: list[tuple[int, int]]
    rows: list[GraphRow]


def precondition_graph(
    project: Project, items: Sequence[ProgressItem], names: Mapping[str, str], phase_names: Mapping[str, str]
) -> PreconditionGraph | None:
    """The graph of *project*; None where no item has a precondition."""
    steps = {code: GraphStep(item.plan.phase, item.plan.needs) for code, item in project.items.items()}
    if not any(step.needs for step in steps.values()):
        return None
    places, phases = places_of(steps, phase_names)
    nodes = {
        row.item: node_at(places[row.item], row.item, names[row.item], state_of(row))
        for row in items
        if row.item in places
    }
    edges, diamonds = _edges(project, steps, nodes)
    rows = [
        GraphRow(
            row.item,
            names[row.item],
            phase_names.get(row.phase, row.phase),
            state_of(row),
            [[(code, code in project.granted) for code in group] for group in steps[row.item].needs],
        )
        for row in items
        if row.item in nodes
    ]
    width, height = size_of(nodes.values())
    return PreconditionGraph(width, height, phases, list(nodes.values()), edges, diamonds, rows)


def phase_names(project: Project) -> dict[str, str]:
    """What the phases of the project's flow are called, by code, in their order."""
    return {phase.code: phase.name or phase.code for phase in project.flow.phases} if project.flow else {}


def _edges(
    project: Project, steps: Mapping[str, GraphStep], nodes: Mapping[str, GraphNode]
) -> tuple[list[GraphEdge], list[tuple[int, int]]]:
    kinds = EdgeKinds.of(project, {code: node.state for code, node in nodes.items()})
    return edges_of(steps, nodes, lambda source, group: kinds.kind(source.item, group))
