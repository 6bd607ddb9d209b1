"""The export of what is waited for, over all projects."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency, Provide
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined, without_tags
from api.html.page import EXPORTS
from api.project_page.waiting import applied_again, waited_on
from api.route_access import ACCESS
from api.waiting.routes import waiting_filter
from api.web.as_of import Instants, translate_too_much
from domain.project.waiting.wait import HeldBy
from infrastructure.tables.table_file import Row
from projections.progress.titles import ProjectTitles, names_of
from projections.snapshots import PagedReader
from projections.waiting.query import ListedWaiting, WaitingFilter, WaitingRows


class WaitingExports(Controller):
    """The same rows, filters and readers as in `GET /v1/waiting`."""

    path = EXPORTS
    opt = {ACCESS: "read:waiting"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED | {"waiting_filter": Provide(waiting_filter, sync_to_thread=False)}

    @get(f"/waiting{SHEET_FORMAT}")
    async def export_waiting(
        self,
        export: NamedDependency[Export],
        waiting_filter: NamedDependency[WaitingFilter],
        waiting: NamedDependency[WaitingRows],
        instants: NamedDependency[Instants],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """当前责任方: who has to act on what, the longest wait first."""
        bureau, say = export.page.words["bureau"], export.page.words["export"]
        columns = [
            *map(bureau, ("project", "item", "department")),
            *map(say, ("waits_for", "happened", "holder_kind")),
            export.page.words["overview"]("holder"),
            *map(say, ("since", "chain", "project_id")),
        ]
        rows = _waiting_rows(export, waiting_filter, waiting, instants, list_reader)
        return await export.file("waiting", say("waiting"), columns, rows, instants.at, list_reader)


async def _waiting_rows(
    export: Export, wanted: WaitingFilter, waiting: WaitingRows, instants: Instants, reader: PagedReader
) -> Batches:
    async def read(criteria: WaitingFilter) -> tuple[Sequence[ListedWaiting], object]:
        rows = await translate_too_much(waiting.listed(criteria, instants.past))
        return followed(rows, criteria.limit, lambda row: (row.since, row.project, row.nth, row.kind, row.ref))

    async for batch in in_batches(read, wanted):
        names = await names_of(reader, [row.project for row in batch])  # a chain names other items of its project
        yield [_waiting_row(export, row, names) for row in batch]


def _waiting_row(export: Export, row: ListedWaiting, names: ProjectTitles) -> Row:
    page, words = export.page, export.page.words
    again = without_tags(applied_again(page, row.kind, row.on, row.since))
    of_kind = row.holder in ("", row.held_by)  # no one, or the applicant
    return (
        *(row.project_name or row.project_code, page.called(row.name) or row.item, page.office(row.department)),
        *(words["wait"](row.kind), again or joined(waited_on(page, row.kind, row.on))),
        words["turn"](row.held_by),
        "" if of_kind else page.office(row.holder) if row.held_by == HeldBy.DEPARTMENT else row.holder,
        *(export.instant(row.since), joined(page.called(names.item(row.project, item)) for item in row.chain)),
        str(row.project),
    )
