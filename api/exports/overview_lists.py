"""Exports of the leader's lists: what needs attention, and the applications at a step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Struct

from api.exports.download import BATCH_ROWS, EXPORTED, SHEET_FORMAT, Batches, Export, by_number, without_tags
from api.html.page import EXPORTS
from api.overview.pages import OVERVIEW_SOURCES, OfStep, OnlyLate, OverviewSources
from api.overview.view_models import attention_rows
from api.progress.view_models import running_clocks
from api.route_access import ACCESS
from api.web.parameters import Paging
from domain.project.state.step import CaseStep
from projections.clocks.query import ClocksAt
from projections.overview.attention import obstacles
from projections.overview.steps import StepCase, step_cases, step_count
from projections.scope import Scope
from projections.snapshots import PagedReader, settled_snapshot

OF_CASES, OF_ATTENTION = ("progress", "clocks"), ("progress", "clocks", "waiting")  # the views that each is read from


class ChosenCases(Struct, frozen=True):
    """The applications at *step* at *t*, or the *late* ones alone."""

    t: datetime
    step: CaseStep
    late: bool
    scope: Scope
    limit: int


class OverviewExports(Controller):
    """The same rows and readers as on the pages; both show the present alone."""

    path = EXPORTS
    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED

    @get(f"/cases{SHEET_FORMAT}")
    async def export_cases(
        self,
        *,
        export: NamedDependency[Export],
        list_reader: NamedDependency[PagedReader],
        list_scope: NamedDependency[Scope],
        paging: NamedDependency[Paging],
        step: OfStep = CaseStep.ACCEPTANCE,
        late: OnlyLate = "",
    ) -> Stream:
        """在办件: the applications behind a number of a step, late ones first."""
        words, of_step = export.page.words, ChosenCases(export.now, step, late == "true", list_scope, paging.rows_read)
        heads = map(words["overview"], ("item", "project", "department", "since"))
        columns = [*heads, words["export"]("overdue"), words["export"]("project_id")]
        title = f"{words['overview']('cases')} {words['overview_step'](step.value)}"
        rows = _case_rows(export, of_step, list_reader)
        return await export.file("cases", title, columns, rows, export.now, list_reader)

    @get(f"/attention{SHEET_FORMAT}", dependencies=OVERVIEW_SOURCES)
    async def export_attention(
        self, export: NamedDependency[Export], overview_sources: NamedDependency[OverviewSources]
    ) -> Stream:
        """需要关注: every project that is stuck or late, not only those that the first screen holds."""
        words, reader = export.page.words, overview_sources.store
        heads = (words["overview"]("project"), words["overview"]("holder"), words["export"]("obstacle"))
        columns = [*heads, words["export"]("behind"), words["export"]("project_id")]
        rows = _attention_rows(export, overview_sources)
        return await export.file("attention", words["overview"]("attention"), columns, rows, export.now, reader)


async def _case_rows(export: Export, wanted: ChosenCases, reader: PagedReader) -> Batches:
    async with settled_snapshot(reader, OF_CASES) as settled:
        t, scope, late, limit = wanted.t, wanted.scope, wanted.late, wanted.limit
        count = await step_count(settled, t, scope, wanted.step)

        async def read(offset: int) -> Sequence[StepCase]:
            return await step_cases(settled, t, scope, count, late=late, limit=limit, offset=offset)

        async for batch in by_number(read, wanted.limit):
            yield [
                (
                    *(export.page.called(case.item_name) or case.item, case.project_name or case.code),
                    *(export.page.office(case.department), export.day(case.since), export.yes(case.is_late)),
                    str(case.project),
                )
                for case in batch
            ]


async def _attention_rows(export: Export, sources: OverviewSources) -> Batches:
    async with settled_snapshot(sources.store, OF_ATTENTION) as settled:
        t, scope = sources.now, sources.scope
        clocks = ClocksAt(settled, sources.laws, t, t, scope=scope)
        stuck_or_late = await obstacles(settled, t, scope, None)
        for first in range(0, len(stuck_or_late), BATCH_ROWS):
            batch = stuck_or_late[first : first + BATCH_ROWS]
            running = await running_clocks(clocks, [obstacle.project for obstacle in batch])
            shown = attention_rows(export.page, batch, running or (), t)
            yield [
                (row.name, row.holder, without_tags(row.sentence), obstacle.behind, str(row.project))
                for row, obstacle in zip(shown, batch, strict=True)
            ]
