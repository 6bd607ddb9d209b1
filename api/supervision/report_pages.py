"""监察月报 the bureau's monthly report, for the screen and for paper."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.clocks.display import drawing
from api.cursors import mark_of
from api.html.links import card_link
from api.html.page import PageContext
from api.route_access import ACCESS
from api.supervision.report import ROWS_MAX, MonthlyReport, report_of
from api.supervision.report_requests import REPORT_SOURCES, ReportSources
from api.supervision.view_models import FIGURES_SHOWN, partly, percent
from domain.law.calendar.moment import local_day
from infrastructure.ledger.approvals import Approvals
from projections.progress.titles import names_of

REPORT = "/supervision/report"


def report_mark(page: PageContext, report: MonthlyReport) -> str:
    """What tells reports apart: equal for the same month, instant and register, at whatever address."""
    return mark_of(
        REPORT, [("as_of", report.as_of.isoformat()), ("month", str(report.period.first)), ("register", page.register)]
    ).hex()


class ReportPages(Controller):
    """The month and the instant are in the address."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling

    @get(REPORT, dependencies=REPORT_SOURCES)
    async def report(
        self,
        page: NamedDependency[PageContext],
        report_sources: NamedDependency[ReportSources],
        approvals: NamedDependency[Approvals],
    ) -> Response[str]:
        """One month: departments, cards, appeals, orders, clocks, complaints and evaluations, and the method."""
        report = await report_of(page, report_sources)
        listed = (report.cards.rows, report.appealed.rows, report.orders, report.complaints)
        month = report.period
        today = local_day(report.as_of, report_sources.supervision.zone)
        return page.render(
            "report.html",
            report=report,
            month=f"{month.first:%Y-%m}",
            before=page.here(month=f"{month.before().first:%Y-%m}"),
            after=page.here(month=f"{month.after().first:%Y-%m}") if month.last < today else "",
            itself=page.here(month=f"{month.first:%Y-%m}", as_of=report.as_of.isoformat()),
            mark=report_mark(page, report),
            is_running=month.last >= today,
            partly=partly(report_sources.supervision, month),
            columns=FIGURES_SHOWN,
            rows_max=ROWS_MAX,
            percent=percent,
            names=await names_of(approvals.store, [row.project for rows in listed for row in rows]),
            card_link=card_link(page),
            **drawing(page),
        )
