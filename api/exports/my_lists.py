"""The exports of an enterprise's own page: what it has to do, and its cases with their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, followed, in_batches, joined
from api.html.page import EXPORTS
from api.my.pages import OWN, todo_filter
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.parameters import Paging
from api.window.tracking import state_of
from domain.access.principal import Caller
from infrastructure.tables.table_file import Row
from projections.progress.query import ProgressKey, ProgressList, ProjectFilter
from projections.progress.rows import ProgressProject
from projections.progress.titles import ProjectTitles, names_of
from projections.scope import Scope
from projections.snapshots import PagedReader
from projections.waiting.query import ListedWaiting, WaitingFilter, WaitingRows
from projections.window.query import WindowCase, WindowCases


class MyExports(Controller):
    """The same rows as on the page, of the enterprise for which its reader acts, without the codes of its cases."""

    path = EXPORTS
    opt = {ACCESS: OWN}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/my-tasks{SHEET_FORMAT}")
    async def export_my_tasks(
        self,
        export: NamedDependency[Export],
        caller: NamedDependency[Caller],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
    ) -> Stream:
        """需要企业先做的: what can be applied for and what a department waits for, the longest wait first."""
        words = export.page.words
        columns = [
            *(words["my"]("project"), words["window"]("item"), words["bureau"]("department")),
            *map(words["export"], ("waits_for", "papers", "since", "project_id")),
        ]
        rows = _task_rows(export, todo_filter(Scope(caller=caller), paging.rows_read), list_reader)
        return await export.file("my-tasks", words["my"]("first"), columns, rows, export.now, list_reader)

    @get(f"/my-cases{SHEET_FORMAT}")
    async def export_my_cases(
        self,
        export: NamedDependency[Export],
        caller: NamedDependency[Caller],
        paging: NamedDependency[Paging],
        list_reader: NamedDependency[PagedReader],
        now: NamedDependency[datetime],
    ) -> Stream:
        """办件: every application of the enterprise, those of the project that changed last first."""
        words = export.page.words
        columns = [
            *(words["window"]("case_number"), words["window"]("item"), words["my"]("project")),
            *(words["bureau"]("department"), words["my"]("state")),
            *map(words["export"], ("submitted_at", "decided_at", "project_id")),
        ]
        wanted = ProjectFilter(t=now, scope=Scope(caller=caller), limit=paging.rows_read)
        rows = _case_rows(export, wanted, list_reader)
        return await export.file("my-cases", words["my"]("cases"), columns, rows, export.now, list_reader)


async def _task_rows(export: Export, wanted: WaitingFilter, reader: PagedReader) -> Batches:
    async def read(criteria: WaitingFilter) -> tuple[Sequence[ListedWaiting], object]:
        rows = await translate_too_much(WaitingRows(reader).listed(criteria))
        return followed(rows, criteria.limit, lambda row: (row.since, row.project, row.nth, row.kind, row.ref))

    async for batch in in_batches(read, wanted):
        current = await WindowCases(reader).current({(row.project, row.item) for row in batch})
        names = await names_of(reader, list({row.project for row in batch}))
        yield [_task_row(export, row, names, current.get((row.project, row.item))) for row in batch]


def _task_row(export: Export, row: ListedWaiting, names: ProjectTitles, case: WindowCase | None) -> Row:
    page = export.page
    papers = case.missing if case else []
    return (
        *(names.project(row.project), page.called(names.item(row.project, row.item)), page.office(row.department)),
        *(page.words["wait"](row.kind), joined(papers), export.day(row.since), str(row.project)),
    )


async def _case_rows(export: Export, wanted: ProjectFilter, reader: PagedReader) -> Batches:
    async def read(criteria: ProjectFilter) -> tuple[Sequence[ProgressProject], ProgressKey | None]:
        rows = await translate_too_much(ProgressList(reader).page(criteria))
        return followed(rows, criteria.limit, lambda row: (row.changed_at or criteria.t, row.project))

    async for projects in in_batches(read, wanted):
        order = {row.project: nth for nth, row in enumerate(projects)}
        names = await names_of(reader, list(order))
        cases = await WindowCases(reader).of_projects(list(order), limit=None)
        cases.sort(key=lambda case: order[case.project])  # within a project they stay as they come
        yield [_case_row(export, case, names) for case in cases]


def _case_row(export: Export, case: WindowCase, names: ProjectTitles) -> Row:
    page = export.page
    return (
        *(case.case_number, page.called(case.name) or case.item),
        *(names.project(case.project), page.office(case.department), state_of(page.under(case.law), case)),
        *(export.instant(case.submitted_at, case.law), export.instant(case.decided_at, case.law), str(case.project)),
    )
