"""效能 how late acts were recorded, and which clocks were suspended unusually often: a page of the bureau."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.html.links import BOARD
from api.html.page import PageContext, see_other
from api.html.past import past_content
from api.route_access import ACCESS
from api.supervision.timeliness import TIMELINESS
from api.web.as_of import Instants, On, translate_too_much
from api.web.zones import home_zone
from domain.law.calendar.period import Period
from domain.law.licensing.review import DECISION
from domain.law.timeliness import LAG_TARGET_DAYS
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.progress.titles import names_of_items
from projections.supervision.timeliness_query import OftenStopped, TimelinessOf

TIMELINESS_PAGE = "/pages/supervision/timeliness"
SHOWN_MAX = 200  # of the applications stopped most often


class TimelinessPages(Controller):
    """For the bureau, without any script."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling

    @get(TIMELINESS_PAGE, dependencies=TIMELINESS)
    async def timeliness_page(
        self,
        page: NamedDependency[PageContext],
        period: NamedDependency[Period],
        timeliness: NamedDependency[TimelinessOf],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        instants: NamedDependency[Instants],
        on: On = "",
    ) -> Response[str]:
        """补录时差与反复中止: lags by department, and the applications whose clocks are suspended repeatedly."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        stopped = (await translate_too_much(timeliness.often_stopped(period, home_zone(laws))))[:SHOWN_MAX]
        return page.render(
            "conduct.html",
            period=period,
            target=LAG_TARGET_DAYS,
            lines=await translate_too_much(timeliness.lags(period)),
            stopped=stopped,
            names=await names_of_items(approvals.store, [(clock.project, clock.item) for clock in stopped]),
            evidence=lambda clock: evidence(page, clock),
            back=page.link(BOARD),
            as_of=instants.at,
            **past_content(page, instants, approvals.clock()),
        )


def evidence(page: PageContext, clock: OftenStopped) -> str:
    """The page that explains the decision *clock* day by day."""
    query = {"item": clock.item, "clock": DECISION.name, "application": str(clock.application)}
    return page.link(f"/pages/projects/{clock.project}/clock", **query)
