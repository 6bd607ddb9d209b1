"""GET /supervision/...: what the bureau looks at, for a period, as known at any instant; each figure with its list."""

from __future__ import annotations

import asyncio
from uuid import UUID

from litestar import Controller, get
from litestar.params import FromPath

from api.supervision.schemas import (
    Board,
    CardFigure,
    CardId,
    CardList,
    CardsAsked,
    DecidedAsked,
    DecidedFigure,
    DecidedList,
    OrderList,
    ProjectDays,
    ShownCard,
    Unanswered,
    card_shown,
    compared,
    linked,
    list_asked,
)
from api.web.as_of import AsOf, KnownAt, instant_in, readable
from api.web.dependencies import AnyRequest, laws_of, parts_of
from api.web.entries import entries_of
from api.web.identity import actor_of, headers_of
from api.web.parameters import PAGE_ROWS, After, Department, Limit, Offset, caught_up
from api.web.period import First, Last, period_of, supervision_at
from api.web.scope import InRegister
from projections.clocks.attribution import attribution


class SupervisionTables(Controller):
    """The bureau's tables. What was shown stays provable: the same question of the same instant has one answer."""

    tags = ("supervision",)

    @get("/supervision/board", operation_id="get_board", summary="Departments by warnings, cards and decisions")
    async def get_board(
        self,
        request: AnyRequest,
        after: After = 0,
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
    ) -> Board:
        """Counted for one period and compared with two others; every figure with the list that it is the length of."""
        _, position = await caught_up(request, after)
        asked = await supervision_at(request, as_of)
        period = period_of(first, last, asked)
        total, *departments = await readable(asked.board(period))
        before, year_before = await asyncio.gather(
            compared(asked, period.before()), compared(asked, period.year_before())
        )
        return Board(
            asked.as_of,
            period.first,
            period.last,
            linked(total, period, asked),
            [linked(line, period, asked) for line in departments],
            before,
            year_before,
            position,
        )

    @get("/supervision/cards", operation_id="list_cards", summary="Warnings, cards and effects of silence of a period")
    async def list_cards(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        department: Department = "",
        figure: CardsAsked = CardFigure.ALL,
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> CardList:
        """By the instant at which each truly happened; the state is that at `as_of`."""
        _, position = await caught_up(request, after)
        asked = await supervision_at(request, as_of)
        part = list_asked(asked, first, last, department=department, figure=figure, limit=limit, offset=offset)
        page = await readable(asked.signal_page(part))
        return CardList(asked.as_of, page.count, page.rows, part.following(page.count), position)

    @get("/supervision/decisions", operation_id="list_decided", summary="Applications decided in a period")
    async def list_decided(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        department: Department = "",
        figure: DecidedAsked = DecidedFigure.DECIDED,
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> DecidedList:
        """Whether within the statutory limit and the promise, and after how many of the days that count."""
        _, position = await caught_up(request, after)
        asked = await supervision_at(request, as_of)
        part = list_asked(asked, first, last, department=department, figure=figure, limit=limit, offset=offset)
        page = await readable(asked.decided_page(part))
        return DecidedList(asked.as_of, page.count, page.rows, part.following(page.count), position)

    @get("/supervision/orders", operation_id="list_orders", summary="Orders of the bureau, and what was reported")
    async def list_orders(
        self,
        request: AnyRequest,
        *,
        after: After = 0,
        as_of: AsOf = None,
        department: Department = "",
        unanswered: Unanswered = False,
        register: InRegister = "",  # noqa: ARG002  checked here, used by supervision_at
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> OrderList:
        """To one department or all, those whose day comes first at the top."""
        _, position = await caught_up(request, after)
        asked = await supervision_at(request, as_of)
        rows = await asked.orders(department, unanswered=unanswered, limit=limit + 1, offset=offset)
        return OrderList(asked.as_of, rows[:limit], offset + limit if len(rows) > limit else None, position)

    @get("/projects/{project_id:uuid}/card", operation_id="get_card", summary="One card with all it rests on")
    async def get_card(
        self, request: AnyRequest, project_id: FromPath[UUID], card: CardId, as_of: AsOf = None
    ) -> ShownCard:
        """What fired, its proof day by day, the entries it was read from, and what was said about it since."""
        return await card_shown(request, project_id, card, as_of, to=actor_of(headers_of(request.scope)))

    @get(
        "/projects/{project_id:uuid}/attribution", operation_id="get_attribution", summary="Who had a case, day by day"
    )
    async def get_attribution(
        self, request: AnyRequest, project_id: FromPath[UUID], as_of: AsOf = None, known_at: KnownAt = None
    ) -> ProjectDays:
        """The department, the applicant, another department, one outside the system, or time the law leaves out."""
        actor_of(headers_of(request.scope))
        t = instant_in("as_of", as_of) or parts_of(request).approvals.clock()
        known = instant_in("known_at", known_at) or t
        entries = await entries_of(request, project_id)
        return ProjectDays(t, known, attribution(entries, await laws_of(request), t, known))
