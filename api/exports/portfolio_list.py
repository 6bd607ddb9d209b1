"""The export of a project manager's own list: what to key in and to verify, what is stuck, and all projects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Stream

from api.exports.download import EXPORTED, SHEET_FORMAT, Batches, Export, joined, without_tags
from api.html.page import EXPORTS
from api.portfolio.pages import PORTFOLIO_SOURCES, Group
from api.portfolio.view_models import KEY_IN, MINE, STUCK, VERIFY, Portfolio, PortfolioSources, portfolio_of
from api.project_page.waiting import applied_again
from api.route_access import ACCESS
from infrastructure.tables.table_file import Row
from projections.progress.rows import ProgressProject
from projections.snapshots import PagedReader


class PortfolioExports(Controller):
    """The same rows as on the page, of the project manager who reads it."""

    path = EXPORTS
    opt = {ACCESS: "read:external"}  # noqa: RUF012  litestar's own spelling
    dependencies = EXPORTED | PORTFOLIO_SOURCES

    @get(f"/my-projects{SHEET_FORMAT}")
    async def export_my_projects(
        self,
        export: NamedDependency[Export],
        portfolio_sources: NamedDependency[PortfolioSources],
        list_reader: NamedDependency[PagedReader],
        group: Group = "",
    ) -> Stream:
        """我的项目: every group, or one."""
        words = export.page.words
        columns = [
            *(words["export"]("part"), words["label"]("project"), words["label"]("item")),
            *(words["bureau"]("department"), words["export"]("happened"), words["export"]("since")),
            *map(words["export"], ("granted", "total", "project_id")),
        ]
        portfolio = await portfolio_of(portfolio_sources)
        rows = list(_rows(export, portfolio, group))
        title = words["own_projects"]("title")
        if not portfolio.whole:
            title += f" · {words['own_projects']('longer')}"
        return await export.file("my-projects", title, columns, _whole(rows), export.now, list_reader)


async def _whole(rows: Sequence[Row]) -> Batches:
    yield rows


def _rows(export: Export, portfolio: Portfolio, group: str) -> Iterator[Row]:
    """The rows of every group, or of *group* alone, in the order of the page."""
    of_groups = {
        KEY_IN: _to_key_in(export, portfolio),
        VERIFY: _to_verify(export, portfolio),
        STUCK: _stuck(export, portfolio),
        MINE: _all(export, portfolio),
    }
    for name, rows in of_groups.items():
        if group in ("", name):
            part = export.page.words["portfolio_group"](name)
            yield from ((part, *row) for row in rows)


def _to_key_in(export: Export, portfolio: Portfolio) -> Iterator[Row]:
    page = export.page
    for wait in portfolio.key_in:
        item = page.called(wait.name) or wait.item
        of_item = (portfolio.names.project(wait.project), item, page.office(wait.department))
        yield (*of_item, page.words["wait"](wait.kind), export.day(wait.since), None, None, str(wait.project))


def _to_verify(export: Export, portfolio: Portfolio) -> Iterator[Row]:
    page = export.page
    for row in portfolio.verify:
        item = page.called(row.name) or row.item
        result = (
            page.words["outcome"](row.outcome),
            page.words["own_projects"]("unverified").format(row.unverified_days),
        )
        of_item = (portfolio.names.project(row.project), item, page.office(row.department))
        yield (*of_item, joined(result), row.verified_on, None, None, str(row.project))


def _stuck(export: Export, portfolio: Portfolio) -> Iterator[Row]:
    page = export.page
    for row in portfolio.stuck:
        reasons = portfolio.reasons.get(row.project, [])
        items = joined(page.called(wait.name) or wait.item for wait in reasons)
        why = joined(without_tags(applied_again(page, wait.kind, wait.on, wait.since)) for wait in reasons)
        why = why or page.words["own_projects"]("nobody_acts")
        yield (_name(export, row), items, "", why, None, row.items_done, row.items_total, str(row.project))


def _all(export: Export, portfolio: Portfolio) -> Iterator[Row]:
    for row in portfolio.mine:
        phase = export.page.called(row.phase_name) or (export.page.words["sheet"]("all_granted") if row.phases else "")
        counts = (row.items_done, row.items_total)
        yield (_name(export, row), "", "", phase, export.day(row.changed_at), *counts, str(row.project))


def _name(export: Export, row: ProgressProject) -> str:
    return row.name or export.page.words["label"]("unnamed")
