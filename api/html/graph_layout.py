"""Where the boxes and lines of a graph of preconditions go: one column per phase, a step after those it waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from domain.core.graph import Groups

NODE_WIDTH, NODE_HEIGHT = 148, 40  # pixels
GAP_X, GAP_Y, MARGIN, HEAD = 150, 8, 4, 22
BULGE, BULGE_A_ROW, BULGE_MAX = 16, 6, 64  # how far a line within a column leans out
NAME_CHARACTERS_MAX = 10  # wide ones; longer names end with "…", and are whole in the title
DIAMOND = 7  # half its width


class GraphStep(Struct, frozen=True):
    """A step of the graph: its *phase*, and groups of preconditions, of each of which one has to be met."""

    phase: str
    needs: Groups

    @property
    def preconditions(self) -> frozenset[str]:
        """Every step named in a precondition."""
        return frozenset(code for group in self.needs for code in group)


class GraphNode(Struct, frozen=True):
    """One step: its code, name and state, and where its box begins. *short* is the name as far as there is room."""

    item: str
    name: str
    short: str
    state: str
    x: int
    y: int


class GraphEdge(Struct, frozen=True):
    """A line from a precondition, or from the diamond of several of which any will do: *path* as SVG has it."""

    kind: str
    path: str
    label: str


class GraphPhase(Struct, frozen=True):
    """The head of the columns of one phase."""

    name: str
    x: int


Steps = Mapping[str, GraphStep]
Places = Mapping[str, tuple[int, int]]  # the column and row of each step
KindOf = Callable[[GraphNode, tuple[str, ...]], str]  # of the line from a node of a group of preconditions


def places_of(steps: Steps, phase_names: Mapping[str, str]) -> tuple[dict[str, tuple[int, int]], list[GraphPhase]]:
    """The column and row of each step, and the head of each phase, those of *phase_names* first."""
    by_phase: dict[str, list[str]] = {phase: [] for phase in phase_names}
    for code, step in steps.items():
        by_phase.setdefault(step.phase, []).append(code)
    places: dict[str, tuple[int, int]] = {}
    heads: list[GraphPhase] = []
    for phase, codes in by_phase.items():
        if not codes:
            continue
        ranks, column = _ranks(steps, codes), len(heads)
        heads.append(GraphPhase(phase_names.get(phase, phase), corner(column, 0)[0]))
        heights = {code: _height(steps[code], places) for code in codes}
        in_order = sorted(codes, key=lambda code: (ranks[code], heights[code]))
        places |= {code: (column, row) for row, code in enumerate(in_order)}
    return places, heads


def _ranks(steps: Steps, codes: Sequence[str]) -> dict[str, int]:
    """How many steps of the same phase come one after another before each; those of a circle are beside each other."""
    within = set(codes)
    ranks = dict.fromkeys(codes, 0)
    for _ in codes:  # no chain is longer than this
        moved = False
        for code in codes:
            before = [ranks[other] + 1 for other in steps[code].preconditions & within - {code}]
            rank = min(max(before, default=0), len(codes) - 1)
            moved |= rank != ranks[code]
            ranks[code] = rank
        if not moved:
            break
    else:
        return dict.fromkeys(codes, 0)
    return ranks


def _height(step: GraphStep, places: Places) -> float:
    """The mean row of the preconditions that have a place, so that lines cross as little as may be."""
    rows = [places[other][1] for other in step.preconditions if other in places]
    return sum(rows) / len(rows) if rows else float(len(places))


def corner(column: int, row: int) -> tuple[int, int]:
    """Where the box at this column and row begins, in pixels."""
    return MARGIN + BULGE_MAX + column * (NODE_WIDTH + GAP_X), HEAD + row * (NODE_HEIGHT + GAP_Y)


def node_at(place: tuple[int, int], code: str, name: str, state: str) -> GraphNode:
    """The box of a step at its column and row."""
    return GraphNode(code, name, _shortened(name), state, *corner(*place))


def size_of(nodes: Iterable[GraphNode]) -> tuple[int, int]:
    """The width and height of a picture of *nodes*, in pixels."""
    corners = [(node.x, node.y) for node in nodes]
    return (
        max(x for x, _ in corners) + NODE_WIDTH + MARGIN,
        max(y for _, y in corners) + NODE_HEIGHT + MARGIN,
    )


def edges_of(
    steps: Steps, nodes: Mapping[str, GraphNode], kind_of: KindOf
) -> tuple[list[GraphEdge], list[tuple[int, int]]]:
    """The lines between *nodes*, and the diamonds in front of those that wait for any of several."""
    edges: list[GraphEdge] = []
    diamonds: list[tuple[int, int]] = []
    for code, node in nodes.items():
        alternatives = 0
        for group in steps[code].needs:
            end = node.x, node.y + NODE_HEIGHT // 2
            if len(group) > 1:
                end = node.x - DIAMOND - 4, node.y + NODE_HEIGHT // 2 + alternatives * 2 * DIAMOND
                alternatives += 1
                diamonds.append(end)
            sources = [nodes[other] for other in group if other in nodes]
            edges += [
                GraphEdge(kind_of(source, group), _line(source, end), f"{source.name} → {node.name}")
                for source in sources
            ]
    return edges, diamonds


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
