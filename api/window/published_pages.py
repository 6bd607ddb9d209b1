"""公示 what is published: each department's share in time and median time, and the dates that were missed."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide

from api.html.clock_names import clock_name
from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.as_of import translate_too_much
from api.web.period import First, Last, period_of
from api.web.zones import home_zone
from api.window.guides import published_names
from api.window.missed import MISSED_MAX, MissedDate, PublicNames, late_in, of_clock, of_decision
from api.window.share import WindowShareMiddleware
from api.window.visitor import framed
from domain.law.licensing.clock import State
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import ClockFilter
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of_items
from projections.snapshots import PagedReader
from projections.supervision.figures import Figures
from projections.supervision.query import SupervisionAt
from projections.window.query import WindowCases


class PublishedFigures:
    """What is published of a period: figures of departments, and the dates that were missed."""

    def __init__(
        self,
        approvals: Approvals,
        reader: PagedReader,
        laws: LawBook,
        now: datetime,
        first: date | None,
        last: date | None,
    ) -> None:
        self._approvals = approvals
        zone = home_zone(laws)
        self._supervision = SupervisionAt(reader, laws, now, zone)
        self._clocks = ClocksAt(reader, laws, now, now)
        today = now.astimezone(ZoneInfo(zone)).date()
        self.period = period_of(
            first or date(today.year, 1, 1), last or today if first is None else last, self._supervision
        )

    async def lines(self) -> list[Figures]:
        """All departments together, then each that decided something."""
        total, *lines = await translate_too_much(self._supervision.board(self.period))
        return [total, *(line for line in lines if line.decided)]

    async def missed(self, limit: int = MISSED_MAX) -> tuple[list[MissedDate], list[MissedDate]]:
        """Missed dates of what is open, then of what was decided; at most *limit* of each."""
        late = await translate_too_much(self._supervision.decided_page(late_in(self.period, limit)))
        running = await translate_too_much(
            self._clocks.listed(ClockFilter(state=State.OVERDUE, awaited=True, limit=limit))
        )
        open_items = [(clock.project, clock.reading.item) for clock in running]
        items = [*open_items, *((case.project, case.item) for case in late.rows)]
        await self._approvals.shelves.refresh()
        names = PublicNames(await names_of_items(self._approvals.store, items), published_names(self._approvals))
        awaited = await WindowCases(self._approvals.store).awaited(open_items)
        return (
            [of_clock(clock, names, awaited) for clock in running],
            [of_decision(case, names) for case in late.rows],
        )


def published_figures(
    approvals: NamedDependency[Approvals],
    list_reader: NamedDependency[PagedReader],
    laws: NamedDependency[LawBook],
    now: NamedDependency[datetime],
    first: First = None,
    last: Last = None,
) -> PublishedFigures:
    """Of the year so far, or of another period."""
    return PublishedFigures(approvals, list_reader, laws, now, first, last)


PUBLISHED = {"published_figures": Provide(published_figures, sync_to_thread=False)}


class PublishedPages(Controller):
    """Without names of enterprises or people, for the public."""

    opt = {ACCESS: "read:window"}  # noqa: RUF012  litestar's own spelling
    middleware = (WindowShareMiddleware,)

    @get("/window/published", dependencies=PUBLISHED)
    async def published(
        self,
        page: NamedDependency[PageContext],
        published_figures: NamedDependency[PublishedFigures],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """The figures, and the missed dates of both kinds."""
        total, *lines = await published_figures.lines()
        open_missed, decided_missed = await published_figures.missed()
        return page.render(
            "published.html",
            **framed(page),
            period=published_figures.period,
            as_of=now,
            total=total,
            lines=lines,
            open_missed=open_missed,
            decided_missed=decided_missed,
            clock_name=clock_name(page),
            why_late=lambda missed: why_late(page, missed),
            percent=lambda rate: "–" if rate is None else f"{rate:.1%}",
        )


def why_late(page: PageContext, missed: MissedDate) -> str:
    """Why an act is still awaited after its last day."""
    others = page.words["window"]("comma").join(map(page.office, missed.awaiting))
    return page.words["window_late"](missed.reason).format(department=page.office(missed.department), others=others)
