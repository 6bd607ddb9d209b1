"""办事指南 the window's first page, the search among service items, and the guide to one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.identity.dependencies import plain_page
from api.route_access import ACCESS
from api.web.dependencies import ReadDependency
from api.web.parameters import WITHOUT_NUL, Paging
from api.web.problems import Problem
from api.web.zones import home_zone
from api.window.guides import guide_of, items_in_force, matching
from api.window.share import WindowShareMiddleware
from api.window.visitor import framed
from infrastructure.ledger.approvals import Approvals

ITEMS = "/window/items"

Words = Annotated[
    str, QueryParameter(max_length=200, pattern=WITHOUT_NUL, description="Parts of a name, code, department or law.")
]


class GuidePages(Controller):
    """What can be applied for, by which applicants, with what papers, in how many days; no read model is needed."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    dependencies = {"plain_page": ReadDependency(plain_page)}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get("/window")
    async def home(self, plain_page: NamedDependency[PageContext]) -> Response[str]:
        """What the window is for: find an item, track a case, apply."""
        return plain_page.render("window.html", **framed(plain_page), items=plain_page.link(ITEMS))

    @get(ITEMS)
    async def items(
        self,
        plain_page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
        paging: NamedDependency[Paging],
        q: Words = "",
    ) -> Response[str]:
        """The items in force that have all the words."""
        known = await items_in_force(approvals, now, home_zone(approvals.laws))
        matches = matching(known, q, plain_page)
        shown = matches[paging.offset : paging.offset + paging.rows_read]
        return plain_page.render(
            "guides.html",
            **framed(plain_page),
            q=q,
            known=len(known),
            count=len(matches),
            items=paging.shown(shown),
            **plain_page.paging_links(paging.offset, paging.limit, more=paging.has_more(shown)),
        )

    @get(f"{ITEMS}/{{code:str}}")
    async def guide(
        self,
        code: FromPath[str],
        plain_page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """The guide to one item."""
        known = await items_in_force(approvals, now, home_zone(approvals.laws))
        item = next((item for item in known if item.service.task_code == code), None)
        if item is None:
            raise Problem("not-found", f"no item in force has the code {code[:64]}", remedy=f"search at {ITEMS}")
        return plain_page.render(
            "guide.html",
            **framed(plain_page),
            guide=guide_of(approvals, known, item, now),
            service=item.service,
            clock_name=clock_name(plain_page),
            items=plain_page.link(ITEMS),
        )
