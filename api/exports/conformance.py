"""The export of conformance: the table of the page, one row per step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.conformance.choice import CONFORMANCE_REQUEST, ConformanceRequest
from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export
from api.html.page import EXPORTS, PageContext
from api.route_access import ACCESS
from domain.project.flow.conformance import Deviation
from projections.flow.conformance_query import ConformanceStep
from projections.snapshots import PagedReader


class ConformanceExports(Controller):
    """The same figures, for the same readers, as on the page."""

    path = EXPORTS
    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED | CONFORMANCE_REQUEST

    @get(f"/conformance{SHEET_FORMAT}")
    async def export_conformance(
        self,
        export: NamedDependency[Export],
        conformance_request: NamedDependency[ConformanceRequest],
        list_reader: NamedDependency[PagedReader],
        now: NamedDependency[datetime],
    ) -> Stream:
        """流程符合性, in the order of the flow."""
        say, kinds = export.page.words["conformance"], export.page.words["deviation"]
        bars = (f"{say('chain_days')}: {say(bar)}" for bar in ("bar_wait", "bar_handling"))
        columns = [
            *(say("item"), export.page.words["overview"]("department"), say("projects"), say("begun"), say("granted")),
            *(say("wait"), say("handling"), say("chains"), *bars, say("supplements")),
            *(kinds(deviation.value) for deviation in Deviation),
        ]
        steps = await conformance_request.of.steps() if conformance_request.of else []
        rows = _rows(export.page, steps)
        return await export.file("conformance", say("title"), columns, rows, now, list_reader)


async def _rows(page: PageContext, steps: Sequence[ConformanceStep]) -> Batches:
    yield [
        (
            *(page.called(step.name) or step.item, page.office(step.department), step.projects, step.begun),
            *(step.granted, _days(step.wait_median), _days(step.handling_median), step.chains),
            *(_days(step.chain_wait), _days(step.chain_handling), step.supplements),
            *(step.deviations.get(deviation, 0) for deviation in Deviation),
        )
        for step in steps
    ]


def _days(days: float | None) -> float | None:
    return None if days is None else round(days, 2)
