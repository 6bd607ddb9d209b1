"""GET /v1/supervision/...: the figures of the bureau, for a period; each with its list."""

from __future__ import annotations

import asyncio
from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency

from api.cursors import PAGED, ListPaging
from api.guard.judging import ProjectAccess
from api.route_access import ACCESS
from api.supervision.card_file import CLOCK_SOURCE, ClockSource, ShownCard, card_shown
from api.supervision.requests import CARD_FILTER, DECISION_FILTER, CardId, DueBy, SortOfOrders, Unanswered
from api.supervision.schemas import Board, CardList, DecidedList, OrderList, ProjectDays, compared, linked
from api.web.as_of import Instants, translate_too_much
from api.web.parameters import Department
from domain.law.calendar.period import Period
from domain.messages import Entry
from infrastructure.law.lawbook import LawBook
from projections.clocks.attribution import attribution
from projections.supervision.list import ListFilter, case_key, signal_key
from projections.supervision.orders import KEYS, OrderSort, order_place
from projections.supervision.query import SupervisionAt


class SupervisionRoutes(Controller):
    """The bureau's tables. What was shown stays provable: the same question of the same instant has one answer."""

    opt = {ACCESS: "read:supervision"}  # noqa: RUF012  litestar's own spelling
    tags = ("supervision",)

    @get("/supervision/board", operation_id="get_board", summary="Departments by warnings, cards and decisions")
    async def get_board(
        self,
        position: NamedDependency[int],
        period: NamedDependency[Period],
        supervision: NamedDependency[SupervisionAt],
    ) -> Board:
        """Counted for one period and compared with two others; every figure with the list that it is the length of.

        While the period runs, the others are cut to as many days as have passed of it.
        """
        total, *departments = await translate_too_much(supervision.board(period))
        before, year_before = await asyncio.gather(
            *(compared(supervision, other) for other in supervision.compared(period))
        )
        return Board(
            supervision.as_of,
            period.first,
            period.last,
            linked(total, period, supervision),
            [linked(line, period, supervision) for line in departments],
            before,
            year_before,
            position,
        )

    @get(
        "/supervision/cards",
        operation_id="list_cards",
        summary="Warnings, cards and effects of silence of a period",
        dependencies=PAGED | CARD_FILTER,
    )
    async def list_cards(
        self,
        position: NamedDependency[int],
        card_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        paging: NamedDependency[ListPaging],
    ) -> CardList:
        """By the instant at which each truly happened; the state is that at `as_of`."""
        cards = await translate_too_much(supervision.signal_page(card_filter))
        following = paging.after(signal_key(cards.rows[-1])) if cards.more else None
        return CardList(supervision.as_of, cards.count, cards.rows, following, position)

    @get(
        "/supervision/decisions",
        operation_id="list_decided",
        summary="Applications decided in a period",
        dependencies=PAGED | DECISION_FILTER,
    )
    async def list_decided(
        self,
        position: NamedDependency[int],
        decision_filter: NamedDependency[ListFilter],
        supervision: NamedDependency[SupervisionAt],
        paging: NamedDependency[ListPaging],
    ) -> DecidedList:
        """Whether within the statutory limit and the promise, and after how many of the days that count."""
        decided = await translate_too_much(supervision.decided_page(decision_filter))
        following = paging.after(case_key(decided.rows[-1])) if decided.more else None
        return DecidedList(supervision.as_of, decided.count, decided.rows, following, position)

    @get(
        "/supervision/orders",
        operation_id="list_orders",
        summary="Orders of the bureau, and what was reported",
        dependencies=PAGED,
    )
    async def list_orders(
        self,
        *,
        position: NamedDependency[int],
        supervision: NamedDependency[SupervisionAt],
        department: Department = "",
        unanswered: Unanswered = False,
        due_by: DueBy = None,
        sort: SortOfOrders = OrderSort.FEEDBACK,
        paging: NamedDependency[ListPaging],
    ) -> OrderList:
        """To one department or all, those whose day comes first at the top, or the newest."""
        rows = await supervision.orders(
            department,
            unanswered=unanswered,
            due_by=due_by,
            sort=sort,
            limit=paging.rows_read,
            last=paging.last(KEYS[sort]),
        )
        following = paging.next_of(rows, lambda row: order_place(row, sort))
        return OrderList(supervision.as_of, paging.shown(rows), following, position)

    @get(
        "/projects/{project_id:uuid}/card",
        operation_id="get_card",
        summary="One card with all it rests on",
        dependencies=CLOCK_SOURCE,
    )
    async def get_card(
        self,
        card: CardId,
        entries: NamedDependency[list[Entry]],
        instant: NamedDependency[datetime],
        clock_source: NamedDependency[ClockSource],
        project_access: NamedDependency[ProjectAccess],
    ) -> ShownCard:
        """What fired, its proof day by day, the entries it was read from, and what was said about it since."""
        return await card_shown(clock_source, entries, card, instant, project_access)

    @get(
        "/projects/{project_id:uuid}/attribution",
        operation_id="get_attribution",
        summary="Who had a case, day by day",
        opt={ACCESS: "read:clocks"},
    )
    async def get_attribution(
        self,
        entries: NamedDependency[list[Entry]],
        instants: NamedDependency[Instants],
        laws: NamedDependency[LawBook],
    ) -> ProjectDays:
        """The department, the applicant, another department, one outside the system, or time the law leaves out."""
        applications = attribution(entries, laws, instants.at, instants.known)
        return ProjectDays(instants.at, instants.known, applications)
