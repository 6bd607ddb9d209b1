"""The page of conformance: one bar per step, drawn to one scale, and links to the items behind numbers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from api.html.page import PageContext
from domain.project.flow.conformance import Deviation
from projections.flow.conformance_query import ConformanceStep, FlowChoice

CONFORMANCE, DEVIATING = "/pages/conformance", "/pages/conformance/items"
BAR_WIDTH_PX = 300


class DeviationCount(Struct, frozen=True):
    """How often a step departs in one way, with the list behind the number."""

    deviation: Deviation
    count: int
    href: str


class StepRow(Struct, frozen=True):
    """One step: its figures, the widths of its bar in pixels, its share of all days, and its deviations.

    *is_bottleneck*: more days went into it than into any other.
    """

    step: ConformanceStep
    name: str
    wait_width: float
    handling_width: float
    share: float
    is_bottleneck: bool
    deviations: list[DeviationCount]


def step_rows(page: PageContext, choice: FlowChoice, steps: Sequence[ConformanceStep]) -> list[StepRow]:
    """The rows of *steps*, in their order."""
    longest = max((step.chain_days for step in steps), default=0.0)
    whole = sum(step.chain_days for step in steps)
    scale = BAR_WIDTH_PX / longest if longest else 0.0
    return [
        StepRow(
            step,
            page.called(step.name) or step.item,
            round(step.chain_wait * scale, 1),
            round(step.chain_handling * scale, 1),
            step.chain_days / whole if whole else 0.0,
            bool(longest) and step.chain_days == longest,
            [
                DeviationCount(deviation, count, page.link(DEVIATING, **_address(choice, deviation, step.item)))
                for deviation in Deviation
                if (count := step.deviations.get(deviation, 0))
            ],
        )
        for step in steps
    ]


def totals(page: PageContext, choice: FlowChoice, steps: Sequence[ConformanceStep]) -> list[DeviationCount]:
    """How often the flow is left in each way, over all steps."""
    counts = {deviation: sum(step.deviations.get(deviation, 0) for step in steps) for deviation in Deviation}
    return [
        DeviationCount(deviation, count, page.link(DEVIATING, **_address(choice, deviation)))
        for deviation, count in counts.items()
    ]


def choice_links(page: PageContext, choices: Sequence[FlowChoice]) -> list[tuple[FlowChoice, str]]:
    """Every edition that projects follow, with its address."""
    return [(choice, page.link(CONFORMANCE, flow=choice.flow, edition=str(choice.edition))) for choice in choices]


def _address(choice: FlowChoice, deviation: Deviation, item: str = "") -> dict[str, str]:
    named = {"flow": choice.flow, "edition": str(choice.edition or ""), "item": item, "deviation": deviation.value}
    return {name: value for name, value in named.items() if value}
