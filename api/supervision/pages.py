"""电子监察 the bureau's pages: the board, and the lists behind its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.clocks.display import clock_functions, drawing
from api.html.links import BOARD, CARDS, DECISIONS, card_link
from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.supervision.board_sources import BOARD_DEPENDENCIES
from api.supervision.matrix import matrix
from api.supervision.requests import (
    CARD_FILTER,
    DECISION_FILTER,
    CardFigure,
    DueBy,
    ListSort,
    Ranking,
    SortOfOrders,
    Unanswered,
)
from api.supervision.trends import trends_of
from api.supervision.view_models import (
    FIGURES_SHOWN,
    Links,
    chips,
    due_list,
    partly,
    percent,
    ranked,
    since_yesterday,
    tiles,
)
from api.web.as_of import On, translate_too_much
from domain.law.calendar.moment import local_day
from domain.law.calendar.period import Period
from infrastructure.law.lawbook import LawBook
from infrastructure.ledger.approvals import Approvals
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of_items
from projections.supervision.figures import Figures
from projections.supervision.list import ListFilter, ListPage
from projections.supervision.orders import OrderSort
from projections.supervision.query import SupervisionAt

ORDERS_SHOWN_MAX, ORDERS_READ_MAX = 50, 500  # the ones to be answered first; all are on a page of their own
APPEAL_YEARS = 2  # an appeal is against a card of this year or the two before


class SupervisionPages(Controller):
    """For the bureau, without any script. The period and the instant are in every address."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling

    @get(BOARD, dependencies=BOARD_DEPENDENCIES)
    async def board(
        self,
        page: NamedDependency[PageContext],
        period: NamedDependency[Period],
        supervision: NamedDependency[SupervisionAt],
        board_clocks: NamedDependency[ClocksAt],
        laws: NamedDependency[LawBook],
        approvals: NamedDependency[Approvals],
        on: On = "",
        order: Ranking = "",
    ) -> Response[str]:
        """电子监察: the period in a few numbers, department by department, and what is due."""
        lines = await translate_too_much(supervision.board(period))
        due = await due_list(board_clocks)
        waiting = await supervision.orders(unanswered=True, limit=ORDERS_READ_MAX)
        news = await translate_too_much(since_yesterday(page, supervision, waiting))
        orders = waiting[:ORDERS_SHOWN_MAX]
        cases = [*((row.project, row.reading.item) for row in due or ()), *((row.project, "") for row in orders)]
        links = Links(page, period, supervision.as_of)
        return page.render(
            "supervision.html",
            period=period,
            as_of=supervision.as_of,
            on=on,
            chips=chips(page, supervision),
            news=news,
            **await _compared(lines[0], period, supervision, links),
            columns=FIGURES_SHOWN,
            **_ranking(page, lines, order),
            links=links,
            due=due,
            trends=await translate_too_much(trends_of(page, supervision)),
            **await matrix(board_clocks, laws),
            orders=orders,
            card_link=card_link(page),
            names=await names_of_items(approvals.store, cases),
            percent=percent,
            **clock_functions(page, supervision.as_of),
        )

    @get("/supervision/appeals", sync_to_thread=False)
    def appeals(self, page: NamedDependency[PageContext], supervision: NamedDependency[SupervisionAt]) -> Response[str]:
        """申诉: the cards under appeal, whose list has its period in the address."""
        today = local_day(supervision.as_of, supervision.zone)
        first = today.replace(year=today.year - APPEAL_YEARS, month=1, day=1)
        return see_other(
            page.link(CARDS, figure=CardFigure.APPEALED.value, first=first.isoformat(), last=today.isoformat())
        )

    @get("/supervision/orders")
    async def orders(
        self,
        page: NamedDependency[PageContext],
        supervision: NamedDependency[SupervisionAt],
        approvals: NamedDependency[Approvals],
        *,
        unanswered: Unanswered = False,
        due_by: DueBy = None,
        sort: SortOfOrders = OrderSort.FEEDBACK,
        on: On = "",
    ) -> Response[str]:
        """督办: the orders with the reports to them, those to be answered first at the top, or the newest."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        rows = await supervision.orders(unanswered=unanswered, due_by=due_by, sort=sort, limit=ORDERS_READ_MAX + 1)
        return page.render(
            "orders.html",
            as_of=supervision.as_of,
            on=page.chosen_day(supervision.as_of),
            unanswered=unanswered,
            due_by=due_by,
            sort=sort.value,
            sorted_by=lambda name: page.here(sort=name),
            orders=rows[:ORDERS_READ_MAX],
            is_cut=len(rows) > ORDERS_READ_MAX,
            card_link=card_link(page),
            names=await names_of_items(approvals.store, [(row.project, "") for row in rows]),
        )

    @get(CARDS, dependencies=CARD_FILTER)
    async def cards(
        self,
        page: NamedDependency[PageContext],
        card_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        approvals: NamedDependency[Approvals],
        on: On = "",
    ) -> Response[str]:
        """The list behind a figure of cards."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        matches = await translate_too_much(supervision.signal_page(card_filter))
        return await _list(page, approvals, "cards.html", matches, card_filter, supervision.as_of)

    @get(DECISIONS, dependencies=DECISION_FILTER)
    async def decisions(
        self,
        page: NamedDependency[PageContext],
        decision_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        approvals: NamedDependency[Approvals],
        on: On = "",
    ) -> Response[str]:
        """The list behind a figure of decisions."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        matches = await translate_too_much(supervision.decided_page(decision_filter))
        return await _list(page, approvals, "decisions.html", matches, decision_filter, supervision.as_of)


async def _list(
    page: PageContext, approvals: Approvals, template: str, matches: ListPage[Any], part: ListFilter, as_of: datetime
) -> Response[str]:
    """The page with the *matches* of the list of one figure."""
    return page.render(
        template,
        figure=part.figure,
        department=part.department,
        period=part.period,
        as_of=as_of,
        on=page.chosen_day(as_of),
        count=matches.count,
        rows=matches.rows,
        names=await names_of_items(approvals.store, [(row.project, row.item) for row in matches.rows]),
        oldest_first=part.oldest_first,
        other_way=page.here(sort="" if part.oldest_first else ListSort.OLDEST.value, offset=""),
        back=Links(page, part.period, as_of).to(BOARD),
        card_link=card_link(page),
        **drawing(page),
        **page.paging_links(part.offset, part.limit or 0, more=part.following(matches.count) is not None),
    )


async def _compared(total: Figures, period: Period, supervision: SupervisionAt, links: Links) -> dict[str, Any]:
    """The tiles of all departments together, compared with 环比 and 同比. Raises Problem."""
    before, year_before = [await translate_too_much(supervision.total(other)) for other in supervision.compared(period)]
    return {"tiles": tiles(total, before, year_before, links), "partly": partly(supervision, period)}


def _ranking(page: PageContext, lines: Sequence[Figures], order: str) -> dict[str, Any]:
    """The lines of departments in *order*, and the links of the heads that sort them."""
    return {
        "lines": ranked(lines, order),
        "order": order,
        "ranked_by": lambda name: page.here(order=name if order != name else ""),
    }
