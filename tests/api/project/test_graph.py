"""The graph of preconditions: items to the right of what comes before them, lines by what is met and what holds."""

from __future__ import annotations

from uuid import UUID

from api.project_page.graph import PreconditionGraph, precondition_graph
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.project.application.completion import ItemCompleted
from domain.project.application.registration import Enterprise, ProjectRegistered
from domain.project.state.project import Project
from projections.progress.fold import Progress
from projections.progress.rows import ProgressItem

PHASES = {"land": "用地", "build": "施工"}


def planned(item: str, *requires: str, phase: str = "", either: tuple[str, ...] = ()) -> PlannedItem:
    groups = (either,) if either else ()
    return PlannedItem(item=item, department="land", requires=requires, requires_any=groups, phase=phase)


def graph_of(*items: PlannedItem, granted: tuple[str, ...] = ()) -> PreconditionGraph | None:
    """The graph of a project with *items*, of which some are *granted*."""
    project = Project(UUID(int=7))
    enterprise = Enterprise("Hengxin")
    registered = ProjectRegistered(
        name="A", enterprise=enterprise, manager="wang", code="", law="cn-licensing", items=items
    )
    registered.apply(project)
    for code in granted:
        ItemCompleted(item=code, outcome=Outcome.GRANTED).apply(project)
    fold = Progress()
    rows = [ProgressItem(*row) for row in fold.rows(fold.start(), project)["item"]]
    return precondition_graph(project, rows, {item.item: f"{item.item} 的很长很长很长的名称" for item in items}, PHASES)


def columns(graph: PreconditionGraph) -> dict[str, int]:
    """The columns of the items, counted from 0."""
    places = sorted({node.x for node in graph.nodes})
    return {node.item: places.index(node.x) for node in graph.nodes}


def test_without_preconditions_there_is_no_graph() -> None:
    assert graph_of(planned("a"), planned("b")) is None


def test_a_phase_is_a_column_in_which_an_item_is_below_what_comes_before_it() -> None:
    graph = graph_of(
        planned("c", "b", phase="build"),
        planned("b", "a", phase="build"),
        planned("a", phase="land"),
        planned("d", phase="land"),
    )
    assert graph is not None
    assert columns(graph) == {"a": 0, "d": 0, "b": 1, "c": 1}
    heights = {node.item: node.y for node in graph.nodes}
    assert heights["b"] < heights["c"]
    assert [phase.name for phase in graph.phases] == ["用地", "施工"]
    assert len({(node.x, node.y) for node in graph.nodes}) == 4
    assert all(node.x + 148 <= graph.width and node.y + 40 <= graph.height for node in graph.nodes)
    assert len({edge.path for edge in graph.edges}) == 2
    assert all(node.short.endswith("…") and len(node.short) < len(node.name) for node in graph.nodes)


def test_a_line_says_whether_it_is_met_and_what_is_waited_for_now() -> None:
    graph = graph_of(planned("a"), planned("b", "a"), planned("c", "b"), planned("d", "a"), granted=("a",))
    assert graph is not None
    kinds = {edge.label[0] + edge.label.partition(" → ")[2][0]: edge.kind for edge in graph.edges}
    assert kinds == {"ab": "met", "ad": "met", "bc": "holds"}
    before = graph_of(planned("a"), planned("b", "a"), planned("c", "b"))
    assert before is not None
    assert [edge.kind for edge in before.edges] == ["holds", "unmet"], "b itself waits for a"


def test_alternatives_meet_in_a_diamond_and_none_is_waited_for_once_one_is_granted() -> None:
    graph = graph_of(planned("a"), planned("b"), planned("c", either=("a", "b")), granted=("a",))
    assert graph is not None
    assert len(graph.diamonds) == 1
    assert [edge.kind for edge in graph.edges] == ["met", "unmet"]
    (row,) = [row for row in graph.rows if row.item == "c"]
    assert row.needs == [[("a", True), ("b", False)]]


def test_a_circle_is_drawn_side_by_side() -> None:
    graph = graph_of(planned("a", "b"), planned("b", "a"), planned("c", "a"))
    assert graph is not None
    assert columns(graph) == {"a": 0, "b": 0, "c": 0}
    assert len(graph.edges) == 3
