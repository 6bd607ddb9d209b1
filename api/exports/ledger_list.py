"""The export of the ledgers that an auditor can read."""

from __future__ import annotations

from collections.abc import Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches
from api.html.page import EXPORTS
from api.progress.routes import Text
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.parameters import Paging
from projections.progress.query import ProgressKey, ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.scope import Scope
from projections.snapshots import PagedReader


class LedgerExports(Controller):
    """The same rows, filter and readers as on the page."""

    path = EXPORTS
    opt = {ACCESS: "read:history"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/ledgers{SHEET_FORMAT}")
    async def export_ledgers(
        self,
        *,
        export: NamedDependency[Export],
        progress: NamedDependency[ProgressList],
        list_scope: NamedDependency[Scope],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
        text: Text = "",
    ) -> Stream:
        """台账: the projects with the number of their entries, those changed last first."""
        say = export.page.words["export"]
        columns = [
            *(export.page.words["label"]("project"), export.page.words["of_person"]("code")),
            *map(say, ("entries", "changed", "changed_at", "project_id")),
        ]
        wanted = ProjectFilter(t=export.now, text=text, scope=list_scope, limit=paging.rows_read)
        rows = _ledger_rows(export, progress, wanted)
        return await export.file("ledgers", say("ledgers"), columns, rows, export.now, list_reader)


async def _ledger_rows(export: Export, progress: ProgressList, wanted: ProjectFilter) -> Batches:
    async def read(criteria: ProjectFilter) -> tuple[Sequence[ProgressProject], ProgressKey | None]:
        rows = await translate_too_much(progress.page(criteria))
        return followed(rows, criteria.limit, lambda row: (row.changed_at or criteria.t, row.project))

    fact = export.page.words["fact"]
    async for batch in in_batches(read, wanted):
        yield [
            (
                *(row.name or row.code, row.code, row.version, fact(row.last_fact)),
                *(export.instant(row.changed_at, row.law), str(row.project)),
            )
            for row in batch
        ]
