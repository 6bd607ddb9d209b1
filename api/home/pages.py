"""首页 the page at `/`: what the reader's role has to do first."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.response import Redirect

from api.guard.judging import require_somewhere
from api.html.page import PageContext
from api.overview.pages import OVERVIEW_SOURCES, OverviewSources, overview_page
from api.people.pages import PEOPLE
from api.portfolio.pages import PORTFOLIO_SOURCES, portfolio_page
from api.portfolio.view_models import PortfolioSources
from api.progress.pages import TABLE_DEPENDENCIES
from api.progress.table import ProgressTable
from api.route_access import ACCESS, ITSELF
from domain.access.principal import Caller
from domain.core.ledger import Role

FIRST = {Role.OFFICER: "/desk", Role.SUPERVISOR: "/supervision", Role.AUDITOR: "/audit", Role.APPLICANT: "/my"}


class HomePages(Controller):
    """Where the brand and every way back lead to."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling

    @get("/", dependencies=TABLE_DEPENDENCIES | PORTFOLIO_SOURCES | OVERVIEW_SOURCES)
    async def home(
        self,
        page: NamedDependency[PageContext],
        caller: NamedDependency[Caller],
        progress_table: NamedDependency[ProgressTable],
        portfolio_sources: NamedDependency[PortfolioSources],
        overview_sources: NamedDependency[OverviewSources],
    ) -> Response[str] | Redirect:
        """What the reader has to see to first; the progress table where filters are in the address."""
        if caller.role is Role.ADMINISTRATOR:
            return Redirect(page.link(PEOPLE), status_code=303)
        require_somewhere(caller, "read:progress")
        if caller.role is Role.PROJECT_MANAGER and progress_table.picked.is_bare:
            return await portfolio_page(page, portfolio_sources)
        if caller.role in FIRST and progress_table.picked.is_bare:
            return Redirect(page.link(FIRST[caller.role]), status_code=303)
        if caller.role is Role.LEADER and progress_table.picked.is_bare:
            return await overview_page(page, overview_sources)
        return await progress_table.response()
