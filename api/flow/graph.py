"""An edition of a flow, drawn: one column per phase, lines from what a step waits for, and the same as a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from api.flow.schemas import FlowGraph, ShownStep
from api.html.graph_layout import GraphEdge, GraphNode, GraphPhase, GraphStep, edges_of, node_at, places_of, size_of
from api.html.page import PageContext
from domain.core.graph import Groups, groups_of

CHANGED, PLAIN, MILESTONE = "open", "unstarted", "done"  # classes of boxes: those that differ, the others, 里程碑


class FlowRow(Struct, frozen=True):
    """A row of the table: a step, and the groups of steps it waits for, by their names."""

    step: ShownStep
    name: str
    phase: str
    needs: list[list[str]]


class FlowPicture(Struct, frozen=True):
    """Everything drawn, in pixels, and the same as a table."""

    width: int
    height: int
    phases: list[GraphPhase]
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    diamonds: list[tuple[int, int]]
    rows: list[FlowRow]


def flow_picture(page: PageContext, graph: FlowGraph, changed: Collection[str] = ()) -> FlowPicture:
    """The picture of *graph*, in which the steps *changed* stand out."""
    is_english = page.language == "en"
    names = {step.step: (step.name_en if is_english else "") or step.name for step in graph.steps}
    phases = {phase.code: (phase.name_en if is_english else "") or phase.name or phase.code for phase in graph.phases}
    steps = {step.step: GraphStep(step.phase, needs_of(step)) for step in graph.steps}
    places, heads = places_of(steps, phases)
    nodes = {
        step.step: node_at(places[step.step], step.step, names[step.step], _state(step, changed))
        for step in graph.steps
    }
    edges, diamonds = edges_of(steps, nodes, lambda _source, _group: "met")
    rows = [FlowRow(step, names[step.step], phases[step.phase], _named(step, names)) for step in graph.steps]
    return FlowPicture(*size_of(nodes.values()), heads, list(nodes.values()), edges, diamonds, rows)


def needs_of(step: ShownStep) -> Groups:
    """The groups of steps that come before."""
    return groups_of(step.requires, step.requires_any)


def _state(step: ShownStep, changed: Collection[str]) -> str:
    if step.step in changed:
        return CHANGED
    return MILESTONE if step.milestone else PLAIN


def _named(step: ShownStep, names: Mapping[str, str]) -> list[list[str]]:
    return [[names[code] for code in group] for group in needs_of(step)]
