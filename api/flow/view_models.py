"""Steps of a flow that differ between two editions, in the words of a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from api.flow.graph import flow_picture
from api.flow.impact import StepDifference, step_differences
from api.flow.links import item_link
from api.flow.lookup import graph_as_of
from api.flow.schemas import FlowGraph
from api.html.page import PageContext
from api.web.as_of import Instants
from domain.flow.state import Flow
from domain.flow.step import FlowEdition, FlowStep
from infrastructure.ledger.approvals import Approvals


class StepChangeRow(Struct, frozen=True):
    """A step that differs, in words: its name, what became of it, and each field before and after."""

    name: str
    change: str
    fields: list[tuple[str, str, str]]


async def drawn(
    page: PageContext, approvals: Approvals, flow: Flow, edition: FlowEdition, kind: str, instants: Instants
) -> dict[str, Any]:
    """*edition* as a picture with its table, and the steps that differ from the edition before."""
    graph = await graph_as_of(approvals, flow.name, edition, kind, instants)
    before = flow.editions[edition.number - 2] if edition.number > 1 else None
    differences = step_differences(before, edition) if before else []
    earlier = await graph_as_of(approvals, flow.name, before, "", instants) if before else None
    names = {**(names_of(page, earlier) if earlier else {}), **names_of(page, graph)}
    return {
        "graph": flow_picture(page, graph, {difference.step for difference in differences}),
        "changes": step_changes(page, differences, names),
        "item_link": item_link(page, edition.catalogue),
    }


def names_of(page: PageContext, graph: FlowGraph) -> dict[str, str]:
    """What the steps of *graph* are called, by code."""
    is_english = page.language == "en"
    return {step.step: (step.name_en if is_english else "") or step.name for step in graph.steps}


def step_changes(page: PageContext, differences: list[StepDifference], names: Mapping[str, str]) -> list[StepChangeRow]:
    """*differences* in the words of *page*; *names* are those of the steps, removed ones included."""
    label = page.words["flow_field"]

    def in_words(step: FlowStep | None, field: str) -> str:
        value = getattr(step, field)
        if field in ("requires", "requires_any"):
            groups: list[tuple[str, ...]] = [group if isinstance(group, tuple) else (group,) for group in value]
            either = page.words["flow_page"]("or")
            return page.joined(either.join(names.get(code, code) for code in group) for group in groups) or "–"
        if isinstance(value, tuple):
            return page.joined(page.words["kind_of"](part) for part in value) or "–"
        if isinstance(value, bool):
            return page.words["catalogue_page"]("yes" if value else "no")
        return str(value) or "–"

    return [
        StepChangeRow(
            names.get(difference.step, difference.step),
            difference.change.value,
            [
                (label(field), in_words(difference.before, field), in_words(difference.after, field))
                for field in difference.fields
            ],
        )
        for difference in differences
    ]
