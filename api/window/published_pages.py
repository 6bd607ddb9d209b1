"""公示 what is published: each department's share in time and median time, and the dates that were missed."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.period import First, Last, period_of
from api.web.zones import home_zone
from api.window.guides import published_names
from api.window.missed import MISSED_MAX, PublicNames, late_in, of_clock, of_decision
from api.window.share import WindowShareMiddleware
from api.window.visitor import framed
from domain.law.licensing.clock import State
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of
from projections.snapshots import PagedReader
from projections.supervision.query import SupervisionAt
from projections.window.query import WindowCases


class PublishedPages(Controller):
    """Without names of enterprises or people, for the public."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get("/window/published")
    async def published(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        laws: NamedDependency[LawBook],
        now: NamedDependency[datetime],
        first: First = None,
        last: Last = None,
    ) -> Response[str]:
        """The figures of the year so far, or of another period, and the missed dates of both kinds."""
        reader, zone = PagedReader(approvals.store), home_zone(laws)
        supervision = SupervisionAt(reader, laws, now, zone)
        today = now.astimezone(ZoneInfo(zone)).date()
        period = period_of(first or date(today.year, 1, 1), last or today if first is None else last, supervision)
        lines = await translate_too_much(supervision.board(period))
        late = await translate_too_much(supervision.decided_page(late_in(period)))
        clocks = ClocksAt(reader, laws, now, now)
        running = await translate_too_much(
            clocks.listed(ClockFilter(state=State.OVERDUE, awaited=True, limit=MISSED_MAX))
        )
        projects = [clock.project for clock in running] + [case.project for case in late.rows]
        await approvals.shelves.refresh()
        names = PublicNames(await names_of(approvals.store, projects), published_names(approvals))
        awaited = await WindowCases(approvals.store).awaited([clock.project for clock in running])
        return page.render(
            "published.html",
            **framed(page),
            period=period,
            as_of=now,
            total=lines[0],
            lines=[line for line in lines[1:] if line.decided],
            open_missed=[of_clock(clock, names, awaited) for clock in running],
            decided_missed=[of_decision(case, names) for case in late.rows],
            clock_name=clock_name(page),
            offices=lambda codes: page.words["window"]("comma").join(map(page.office, codes)),
            percent=lambda rate: "–" if rate is None else f"{rate:.1%}",
        )
