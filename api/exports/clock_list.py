"""The export of the list of clocks."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.clocks.display import left_by
from api.clocks.routes import CLOCK_FILTER
from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches
from api.html.clock_names import clock_name
from api.html.page import EXPORTS
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from projections.clocks.list import ClockFilter, ListedClock
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of_items
from projections.snapshots import PagedReader


class ClockExports(Controller):
    """The same rows, filters and readers as on the page and in `GET /v1/clocks`."""

    path = EXPORTS
    opt = {ACCESS: "read:clocks"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/clocks{SHEET_FORMAT}", dependencies=CLOCK_FILTER)
    async def export_clocks(
        self,
        export: NamedDependency[Export],
        clocks: NamedDependency[ClocksAt],
        clock_filter: NamedDependency[ClockFilter],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """时钟: those that are over first."""
        bureau, say = export.page.words["bureau"], export.page.words["export"]
        columns = [
            *map(bureau, ("project", "item")),
            *(say("application"), *map(bureau, ("department", "clock", "state", "level", "started", "due", "left"))),
            *(say("unit"), *map(bureau, ("provisional", "article"))),
            say("project_id"),
        ]
        rows = _clock_rows(export, clocks, clock_filter, list_reader)
        return await export.file("clocks", bureau("clocks"), columns, rows, clocks.t, list_reader)


async def _clock_rows(export: Export, clocks: ClocksAt, wanted: ClockFilter, reader: PagedReader) -> Batches:
    async def read(criteria: ClockFilter) -> tuple[Sequence[ListedClock], object]:
        return followed(await translate_too_much(clocks.listed(criteria)), criteria.limit, lambda listed: listed.place)

    words, page, name = export.page.words, export.page, clock_name(export.page)
    async for batch in in_batches(read, wanted):
        names = await names_of_items(reader, [(listed.project, listed.reading.item) for listed in batch])
        yield [
            (
                *(names.project(project), page.called(names.item(project, clock.item)), clock.application),
                *(page.office(clock.department), name(clock.clock), words["clock_state"](clock.state.value)),
                *(words["colour_of"](clock.level.value), clock.start_on, clock.due_on),
                *(left, words["unit_of"](unit), export.yes(clock.provisional), clock.article),
                str(project),
            )
            for project, clock in ((listed.project, listed.reading) for listed in batch)
            for left, unit in [left_by(clock, clocks.t)]
        ]
