"""Export of the list of projects: the progress table."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.response import Stream
from msgspec import structs

from api.clocks.display import left_by
from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined
from api.html.clock_names import clock_name
from api.html.page import EXPORTS, PageContext
from api.progress.pages import picked
from api.progress.table import Picked
from api.progress.view_models import RowSources, ShownProject, clocks_by_project, running_clocks, shown_rows
from api.route_access import ACCESS
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import Paging
from infrastructure.law.lawbook import LawBook
from infrastructure.tables.table_file import Row
from projections.clocks.query import ClocksAt
from projections.progress.past import PastProgress
from projections.progress.query import ProgressKey, ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.snapshots import PagedReader


class ProjectExports(Controller):
    """The same rows, filters and readers as on the pages."""

    path = EXPORTS
    dependencies = EXPORTED

    @get(
        f"/progress{SHEET_FORMAT}",
        opt={ACCESS: "read:progress"},
        dependencies={"picked": Provide(picked, sync_to_thread=False)},
    )
    async def export_progress(
        self,
        export: NamedDependency[Export],
        picked: NamedDependency[Picked],
        progress: NamedDependency[ProgressList],
        clocks: NamedDependency[ClocksAt],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
        laws: NamedDependency[LawBook],
        instants: NamedDependency[Instants],
    ) -> Stream:
        """项目进度表: one row per project, with the clock that ends first; now, or as of a past instant."""
        page, wanted = export.page, structs.replace(picked.wanted, limit=paging.rows_read)
        past = PastProgress(list_reader, laws, instants.past) if instants.past else None
        rows = _progress_rows(export, wanted, past or progress, clocks)
        title = page.words["label"]("progress")
        return await export.file("progress", title, _progress_columns(page), rows, wanted.t, list_reader)


def _progress_columns(page: PageContext) -> list[str]:
    label, sheet, say = page.words["label"], page.words["sheet"], page.words["export"]
    return [
        page.words["of_person"]("code"),
        *(label("project"), label("enterprise"), label("manager"), sheet("kind")),
        *(say("step"), say("steps"), sheet("phase"), label("done_of"), say("total"), sheet("stuck")),
        *(sheet("now"), page.words["bureau"]("clock"), label("department"), page.words["bureau"]("due")),
        *(sheet("left"), say("unit"), label("holder"), say("changed"), say("changed_at"), say("project_id")),
    ]


async def _progress_rows(
    export: Export, wanted: ProjectFilter, progress: ProgressList | PastProgress, clocks: ClocksAt
) -> Batches:
    async def read(criteria: ProjectFilter) -> tuple[Sequence[ProgressProject], ProgressKey | None]:
        rows = await translate_too_much(progress.page(criteria))
        return followed(rows, criteria.limit, lambda row: (row.changed_at or criteria.t, row.project))

    async for rows in in_batches(read, wanted):
        ids = [row.project for row in rows]
        running = clocks_by_project(await running_clocks(clocks, ids) or ())
        sources = RowSources(await progress.items(ids), running, wanted.t)
        shown = shown_rows(export.page, rows, sources)
        yield [_progress_row(export, row, sources) for row in shown]


def _progress_row(export: Export, shown: ShownProject, sources: RowSources) -> Row:
    page, project, first = export.page, shown.project, shown.first
    clock: Row = ("", "", "", None, None, "")
    if first:
        say, (left, unit) = clock_name(page), left_by(first, sources.t)
        names = {item.item: page.called(item.name) for item in sources.items.get(project.project, [])}
        clock = (
            *(names.get(first.item) or first.item, say(first.clock), page.office(first.department), first.due_on),
            *(left, page.words["unit_of"](unit)),
        )
    return (
        *(project.code, project.name, project.enterprise, project.manager, page.words["kind_of"](project.kind)),
        *(project.phase_nth, project.phases, page.called(project.phase_name)),
        *(project.items_done, project.items_total, export.yes(project.stuck), *clock),
        joined(map(page.who, project.holders)),
        *(page.words["fact"](project.last_fact), export.instant(project.changed_at, project.law)),
        str(project.project),
    )
