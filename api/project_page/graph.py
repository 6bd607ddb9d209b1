"""前置图 the graph of preconditions: a column a phase, an item after those that have to be granted first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from api.progress.view_models import DONE, state_of
from domain.project.state.project import Project
from projections.progress.fold import ProgressItem

NODE_WIDTH, NODE_HEIGHT = 148, 40  # pixels
GAP_X, GAP_Y, MARGIN, HEAD = 150, 8, 4, 22
BULGE, BULGE_A_ROW, BULGE_MAX = 16, 6, 64  # how far a line within a column leans out
NAME_CHARACTERS_MAX = 10  # wide ones; longer names end with "…", and are whole in the title
DIAMOND = 7  # half its width
MET, UNMET, HOLDS = "met", "unmet", "holds"


class GraphNode(Struct, frozen=True):
    """One item: its code, name and state, and where its box begins. *short* is the name as far as there is room."""

    item: str
    name: str
    short: str
    state: str
    x: int
    y: int


class GraphEdge(Struct, frozen=True):
    """A line from a precondition, or from the diamond of several of which any will do: *path* as SVG has it.

    *kind*: MET, UNMET, or HOLDS where the item waits for this one, on which a person can act now.
    """

    kind: str
    path: str
    said: str


class GraphPhase(Struct, frozen=True):
    """The head of the columns of one phase."""

    name: str
    x: int


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
    if not any(item.plan.needs for item in project.items.values()):
        return None
    places, heads = _places(project, phase_names)
    nodes = {
        row.item: GraphNode(
            row.item, names[row.item], _shortened(names[row.item]), state_of(row), *_corner(*places[row.item])
        )
        for row in items
        if row.item in places
    }
    edges, diamonds = _edges(project, nodes)
    rows = [
        GraphRow(
            row.item,
            names[row.item],
            phase_names.get(row.phase, row.phase),
            state_of(row),
            [[(code, code in project.granted) for code in group] for group in project.items[row.item].plan.needs],
        )
        for row in items
        if row.item in nodes
    ]
    return PreconditionGraph(
        width=max(node.x for node in nodes.values()) + NODE_WIDTH + MARGIN,
        height=max(node.y for node in nodes.values()) + NODE_HEIGHT + MARGIN,
        phases=[GraphPhase(name, _corner(column, 0)[0]) for name, column in heads],
        nodes=list(nodes.values()),
        edges=edges,
        diamonds=diamonds,
        rows=rows,
    )


def phase_names(project: Project) -> dict[str, str]:
    """What the phases of the project's flow are called, by code, in their order."""
    return {phase.code: phase.name or phase.code for phase in project.flow.phases} if project.flow else {}


def _places(
    project: Project, phase_names: Mapping[str, str]
) -> tuple[dict[str, tuple[int, int]], list[tuple[str, int]]]:
    """The column and row of each item, and the column of each phase."""
    by_phase: dict[str, list[str]] = {phase: [] for phase in phase_names}
    for code, item in project.items.items():
        by_phase.setdefault(item.plan.phase, []).append(code)
    places: dict[str, tuple[int, int]] = {}
    heads: list[tuple[str, int]] = []
    for phase, codes in by_phase.items():
        if not codes:
            continue
        ranks, column = _ranks(project, codes), len(heads)
        heads.append((phase_names.get(phase, phase), column))
        heights = {code: _height(project, code, places) for code in codes}
        in_order = sorted(codes, key=lambda code: (ranks[code], heights[code]))
        places |= {code: (column, row) for row, code in enumerate(in_order)}
    return places, heads


def _ranks(project: Project, codes: Sequence[str]) -> dict[str, int]:
    """How many items of the same phase come one after another before each; those of a circle are beside each other."""
    within = set(codes)
    ranks = dict.fromkeys(codes, 0)
    for _ in codes:  # no chain is longer than this
        moved = False
        for code in codes:
            before = [ranks[other] + 1 for other in project.items[code].plan.preconditions & within - {code}]
            rank = min(max(before, default=0), len(codes) - 1)
            moved |= rank != ranks[code]
            ranks[code] = rank
        if not moved:
            break
    else:
        return dict.fromkeys(codes, 0)
    return ranks


def _height(project: Project, code: str, places: Mapping[str, tuple[int, int]]) -> float:
    """The mean row of the preconditions that have a place, so that lines cross as little as may be."""
    rows = [places[other][1] for other in project.items[code].plan.preconditions if other in places]
    return sum(rows) / len(rows) if rows else float(len(places))


def _corner(column: int, row: int) -> tuple[int, int]:
    return MARGIN + BULGE_MAX + column * (NODE_WIDTH + GAP_X), HEAD + row * (NODE_HEIGHT + GAP_Y)


def _edges(project: Project, nodes: Mapping[str, GraphNode]) -> tuple[list[GraphEdge], list[tuple[int, int]]]:
    edges: list[GraphEdge] = []
    diamonds: list[tuple[int, int]] = []
    granted = project.granted
    free = {code for code in nodes if not project.blockers(code, granted)}
    for code, node in nodes.items():
        alternatives = 0
        for group in project.items[code].plan.needs:
            sources = [nodes[other] for other in group if other in nodes]
            is_met = any(other in granted for other in group)
            end = node.x, node.y + NODE_HEIGHT // 2
            if len(group) > 1:
                end = node.x - DIAMOND - 4, node.y + NODE_HEIGHT // 2 + alternatives * 2 * DIAMOND
                alternatives += 1
                diamonds.append(end)
            for source in sources:
                kind = _kind(source, granted, free, is_met=is_met)
                edges.append(GraphEdge(kind, _line(source, end), f"{source.name} → {node.name}"))
    return edges, diamonds


def _kind(source: GraphNode, granted: set[str], free: set[str], *, is_met: bool) -> str:
    if source.item in granted:
        return MET
    return HOLDS if not is_met and source.item in free and source.state != DONE else UNMET


def _line(source: GraphNode, end: tuple[int, int]) -> str:
    """From the right of *source* to *end*, in a later column; within a column from its left, leaning out."""
    y = source.y + NODE_HEIGHT // 2
    if end[0] <= source.x:
        rows = abs(end[1] - y) // (NODE_HEIGHT + GAP_Y)
        lean = max(source.x - min(BULGE + BULGE_A_ROW * rows, BULGE_MAX), 0)
        return f"M{source.x} {y}C{lean} {y} {lean} {end[1]} {end[0]} {end[1]}"
    x = source.x + NODE_WIDTH
    bend = (end[0] - x) // 2
    return f"M{x} {y}C{x + bend} {y} {end[0] - bend} {end[1]} {end[0]} {end[1]}"


def _shortened(name: str) -> str:
    """*name* as far as it fits into its box; a narrow character takes half the room of a wide one."""
    room, fitting = 2 * NAME_CHARACTERS_MAX, ""
    for character in name:
        room -= 1 if character.isascii() else 2
        if room < 0:
            return f"{fitting[:-1]}…"
        fitting += character
    return name
