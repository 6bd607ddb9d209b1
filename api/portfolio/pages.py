"""我的项目 the pages of a project manager: what to key in, to verify and to push, and results pasted in many rows."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal
from uuid import uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from api.commands.page_sender import PageSender, page_sender
from api.html.page import PageContext
from api.portfolio.pasting import Pasting, pasted_rows, summary_of
from api.portfolio.view_models import GROUPS, PAGE_MAX, PortfolioSources, portfolio_of, shown_part
from api.project_page.waiting import applied_again
from api.route_access import ACCESS, COMMANDS
from api.web.form_fields import FormFields, form_fields
from api.web.parameters import Offset
from domain.access.principal import Caller
from infrastructure.settings import Settings
from projections.external.query import ExternalResults
from projections.progress.query import ProgressList
from projections.progress.titles import names_of
from projections.scope import Scope
from projections.snapshots import PagedReader
from projections.waiting.query import WaitingRows

MINE, RESULTS = "/pages/my-projects", "/pages/results"
Group = Annotated[
    Literal["", "key_in", "verify", "stuck", "mine"],
    QueryParameter(description="One group alone, with all its rows; empty: the beginning of each."),
]


def portfolio_sources(
    *,
    list_reader: NamedDependency[PagedReader],
    progress: NamedDependency[ProgressList],
    waiting: NamedDependency[WaitingRows],
    external: NamedDependency[ExternalResults],
    list_scope: NamedDependency[Scope],
    caller: NamedDependency[Caller],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> PortfolioSources:
    """What the page is read from."""
    return PortfolioSources(list_reader, progress, waiting, external, list_scope, caller, settings, now)


PORTFOLIO_SOURCES = {"portfolio_sources": Provide(portfolio_sources, sync_to_thread=False)}


async def portfolio_page(
    page: PageContext, sources: PortfolioSources, group: str = "", offset: int = 0
) -> Response[str]:
    """The page of the project manager who reads it."""
    portfolio = await portfolio_of(sources)
    first = offset if group else 0
    return page.render(
        "portfolio.html",
        list_path=MINE,
        as_of=sources.now,
        portfolio=portfolio,
        groups=[group] if group else GROUPS,
        group=group,
        part=shown_part(portfolio, group, offset),
        group_link=lambda name: page.link(MINE, group=name) if name else page.link("/"),
        stale_days=sources.settings.stale_days,
        applied_again=partial(applied_again, page),
        **page.paging_links(first, PAGE_MAX, more=bool(group) and portfolio.counts[group] > first + PAGE_MAX),
    )


class PortfolioPages(Controller):
    """Its beginning is what a project manager sees at `/`."""

    opt = {ACCESS: "read:external"}  # noqa: RUF012  litestar's own spelling

    @get(MINE, dependencies=PORTFOLIO_SOURCES)
    async def my_projects(
        self,
        page: NamedDependency[PageContext],
        portfolio_sources: NamedDependency[PortfolioSources],
        group: Group = "",
        offset: Offset = 0,
    ) -> Response[str]:
        """One group with all its rows, or the beginning of each."""
        return await portfolio_page(page, portfolio_sources, group, offset)

    @get(RESULTS)
    async def paste_results(self, page: NamedDependency[PageContext]) -> Response[str]:
        """The form into which rows of results are pasted."""
        return page.render("results.html", rows=[], key=uuid4(), text="", counts={}, checked="", address=RESULTS)

    @post(
        RESULTS,
        status_code=200,
        opt={ACCESS: COMMANDS},
        dependencies={"fields": Provide(form_fields), "page_sender": Provide(page_sender, sync_to_thread=False)},
    )
    async def check_or_record_results(
        self,
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        page_sender: NamedDependency[PageSender],
        progress: NamedDependency[ProgressList],
        list_scope: NamedDependency[Scope],
        list_reader: NamedDependency[PagedReader],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """What each row would do; and once that has been seen, record those that can be. No row is lost."""
        key, pasting = fields.key(), Pasting(page, progress, list_scope, page_sender, now)
        checked = "" if fields.text("again") else fields.text("checked")
        rows = await pasted_rows(pasting, fields.text("rows"), checked, key)
        names = await names_of(list_reader, [row.project.project for row in rows if row.project])
        content = summary_of(rows, fields.text("rows"))
        return page.render("results.html", key=key, address=RESULTS, names=names, **content)
