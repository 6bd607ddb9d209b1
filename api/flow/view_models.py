"""Steps of a flow that differ between two editions, in the words of a page."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from api.flow.graph import flow_picture
from api.flow.impact import StepDifference, step_differences
from api.flow.links import item_link
from api.flow.schemas import FlowGraph
from api.html.page import PageContext
from domain.flow.step import FlowEdition, FlowStep


class StepChangeRow(Struct, frozen=True):
    """A step that differs, in words: its name, what became of it, and each field before and after."""

    name: str
    change: str
    fields: list[tuple[str, str, str]]


def drawn(page: PageContext, graph: FlowGraph, edition: FlowEdition, before: FlowEdition | None) -> dict[str, Any]:
    """*edition* as a picture with its table, and the steps that differ from the edition *before*."""
    differences = step_differences(before, edition) if before else []
    return {
        "graph": flow_picture(page, graph, {difference.step for difference in differences}),
        "changes": step_changes(page, differences, graph),
        "item_link": item_link(page, edition.catalogue),
    }


def step_changes(page: PageContext, differences: list[StepDifference], graph: FlowGraph) -> list[StepChangeRow]:
    """*differences* in the words of *page*; *graph* has the names of the steps that are there."""
    is_english = page.language == "en"
    names = {step.step: (step.name_en if is_english else "") or step.name for step in graph.steps}
    label = page.words["flow_field"]

    def said(step: FlowStep | None, field: str) -> str:
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
                (label(field), said(difference.before, field), said(difference.after, field))
                for field in difference.fields
            ],
        )
        for difference in differences
    ]
