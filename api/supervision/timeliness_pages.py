"""效能 the bureau's page beside the board: how late acts were recorded, and clocks that were stopped oddly often."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException

from api.html.frame import Lang, apologize, page, reader_of
from api.html.links import BOARD
from api.html.page import PageContext, paper_of
from api.supervision.timeliness import conduct_of
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.period import First, Last, zone_of
from api.web.scope import InRegister
from domain.law.licensing.review import DECISION
from domain.law.timeliness import LAG_TARGET_DAYS
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.progress.titles import names_of
from projections.supervision.timeliness_query import OftenStopped

CONDUCT = "/pages/supervision/conduct"
SHOWN_MAX = 200  # of the applications stopped most often


class ConductPages(Controller):
    """For the bureau, without any script."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(CONDUCT)
    async def conduct(
        self,
        request: AnyRequest,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        first: First = None,
        last: Last = None,
    ) -> Response[str]:
        """补录时差与反复中止: lags by department, and the applications whose clocks stand still again and again."""
        reader_of(request)
        asked, period = await conduct_of(request, first, last)
        stopped = (await asked.often_stopped(period, zone_of(await laws_of(request))))[:SHOWN_MAX]
        paper = await paper_of(request, DEFAULT_LAW)
        body = paper.print(
            "conduct.html",
            period=period,
            target=LAG_TARGET_DAYS,
            lines=await asked.lags(period),
            stopped=stopped,
            names=await names_of(parts_of(request).approvals.store, [one.project for one in stopped]),
            evidence=lambda one: evidence(paper, one),
            back=paper.link(BOARD),
        )
        return page(body)


def evidence(paper: PageContext, one: OftenStopped) -> str:
    """The page that tells the decision clock of *one* day by day."""
    asked = {"item": one.item, "clock": DECISION.name, "application": str(one.application)}
    return paper.link(f"/pages/projects/{one.project}/clock", **asked)
