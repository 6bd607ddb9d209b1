"""Exports of conformance: the table of the page, one row per step, and the items behind its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Struct

from api.conformance.choice import CONFORMANCE_REQUEST, ConformanceRequest
from api.conformance.pages import OfDeviation, OfItem
from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, by_number, joined
from api.html.page import EXPORTS, PageContext
from api.route_access import ACCESS
from api.web.parameters import Paging
from domain.project.flow.conformance import Deviation
from projections.flow.conformance_query import ConformanceStep, DeviatingItem
from projections.snapshots import PagedReader, settled_snapshot

VIEWS = ("conformance", "progress")  # which the items are read from


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

    @get(f"/conformance-items{SHEET_FORMAT}")
    async def export_items(
        self,
        *,
        export: NamedDependency[Export],
        conformance_request: NamedDependency[ConformanceRequest],
        list_reader: NamedDependency[PagedReader],
        paging: NamedDependency[Paging],
        item: OfItem = "",
        deviation: OfDeviation = Deviation.EARLY,
    ) -> Stream:
        """偏离: the items that depart in one way, those of the newest projects first."""
        say, overview = export.page.words["conformance"], export.page.words["overview"]
        columns = [
            *(say("item"), overview("project"), overview("department"), say("begun"), say("granted")),
            *(say("deviations"), export.page.words["export"]("project_id")),
        ]
        rows = _item_rows(export, conformance_request, Departing(deviation, item, paging.rows_read), list_reader)
        title = f"{say('deviations')} {export.page.words['deviation'](deviation.value)}"
        return await export.file("conformance-items", title, columns, rows, export.now, list_reader)


class Departing(Struct, frozen=True):
    """Items that depart in one way; of one *item* alone, if it is named."""

    deviation: Deviation
    item: str
    limit: int


async def _item_rows(export: Export, of_flow: ConformanceRequest, wanted: Departing, reader: PagedReader) -> Batches:
    async with settled_snapshot(reader, VIEWS) as settled:
        kind = export.page.words["deviation"]

        async def read(offset: int) -> Sequence[DeviatingItem]:
            if of_flow.of is None:
                return []
            return await of_flow.of.within(settled).listed(wanted.deviation, wanted.item, wanted.limit, offset)

        async for batch in by_number(read, wanted.limit):
            yield [
                (
                    *(export.page.called(row.item_name) or row.item, row.project_name or row.code),
                    *(export.page.office(row.department), export.day(row.begun_at), export.day(row.granted_at)),
                    *(joined(map(kind, row.deviations)), str(row.project)),
                )
                for row in batch
            ]


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
