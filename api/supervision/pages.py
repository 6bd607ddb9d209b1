"""电子监察 the bureau's pages: the board, the lists behind its figures, and a card with all that it rests on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from api.clocks.display import telling
from api.html.clock_names import clock_name
from api.html.frame import Lang, apologize, page, reader_of
from api.html.links import BOARD, CARDS, DECISIONS, card_link
from api.html.page import paper_of
from api.html.sentences import SentenceContext, Sentences
from api.supervision.schemas import CardFigure, CardId, CardsAsked, DecidedAsked, DecidedFigure, card_shown, list_asked
from api.supervision.view_models import FIGURES_SHOWN, Links, chips, due_list, held, matrix, percent, tiles
from api.web.as_of import AsOf, On, end_of, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.entries import entries_of, shown
from api.web.parameters import PAGE_ROWS, Department, Limit, Offset
from api.web.period import First, Last, period_of, supervision_at
from api.web.scope import InRegister
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.progress.titles import names_of
from projections.supervision.list import ListFilter, ListPage
from projections.supervision.query import SupervisionAt

ORDERS_SHOWN_MAX = 20


class SupervisionPages(Controller):
    """For the bureau, without any script. The period and the instant stand in every address."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(BOARD)
    async def board(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        on: On = "",
    ) -> Response[str]:
        """电子监察: the period in a few numbers, department by department, and what is due."""
        reader_of(request)
        asked = await supervision_at(request, as_of or end_of(request, on, DEFAULT_LAW))
        period = period_of(first, last, asked)
        lines = await readable(asked.board(period))
        compared = [await readable(asked.total(other)) for other in (period.before(), period.year_before())]
        due = await due_list(request, asked)
        orders = await asked.orders(unanswered=True, limit=ORDERS_SHOWN_MAX)
        names = await names_of(parts_of(request).approvals.store, [one.project for one in (*(due or ()), *orders)])
        paper = await paper_of(request, DEFAULT_LAW)
        links = Links(paper, period, asked.as_of)
        body = paper.print(
            "supervision.html",
            period=period,
            as_of=asked.as_of,
            on=on,
            chips=chips(paper, asked),
            tiles=tiles(lines[0], compared[0], compared[1], links),
            columns=FIGURES_SHOWN,
            lines=lines,
            links=links,
            due=due,
            **await matrix(request, asked),
            orders=orders,
            names=names,
            percent=percent,
            **telling(paper, asked.as_of),
        )
        return page(body)

    @get(CARDS)
    async def cards(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        department: Department = "",
        figure: CardsAsked = CardFigure.ALL,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """The list behind a figure of cards."""
        reader_of(request)
        asked = await supervision_at(request, as_of)
        part = list_asked(asked, first, last, department=department, figure=figure, limit=limit, offset=offset)
        return await _list(request, "cards.html", asked, await readable(asked.signal_page(part)), part)

    @get(DECISIONS)
    async def decisions(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        first: First = None,
        last: Last = None,
        as_of: AsOf = None,
        department: Department = "",
        figure: DecidedAsked = DecidedFigure.DECIDED,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """The list behind a figure of decisions."""
        reader_of(request)
        asked = await supervision_at(request, as_of)
        part = list_asked(asked, first, last, department=department, figure=figure, limit=limit, offset=offset)
        return await _list(request, "decisions.html", asked, await readable(asked.decided_page(part)), part)

    @get("/pages/projects/{project_id:uuid}/card")
    async def card(
        self,
        request: AnyRequest,
        project_id: FromPath[UUID],
        card: CardId,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        as_of: AsOf = None,
    ) -> Response[str]:
        """One card: what fired, its proof, its days, whose they were, what it rests on, what was said."""
        reader, entries = reader_of(request), await entries_of(request, project_id)
        file = await card_shown(request, project_id, card, as_of, reader)
        paper = await paper_of(request, file.proof.rule if file.proof else DEFAULT_LAW)
        names = await names_of(parts_of(request).approvals.store, [project_id])
        body = paper.print(
            "card.html",
            file=file,
            unit=file.unit,
            names=names,
            held=await held(request, file),
            clock_name=clock_name(paper),
            told=Sentences(
                paper, project_id, SentenceContext.of(shown(entries, reader)), names.of(project_id, paper.called)
            ),
            board=paper.link(BOARD),
        )
        return page(body)


async def _list(
    request: AnyRequest, template: str, asked: SupervisionAt, found: ListPage[Any], part: ListFilter
) -> Response[str]:
    """The page that was *found* of the list of one figure."""
    paper, following = await paper_of(request, DEFAULT_LAW), part.following(found.count)
    body = paper.print(
        template,
        figure=part.figure,
        department=part.department,
        period=part.period,
        as_of=asked.as_of,
        count=found.count,
        rows=found.rows,
        names=await names_of(parts_of(request).approvals.store, (row.project for row in found.rows)),
        back=Links(paper, part.period, asked.as_of).to(BOARD),
        card_link=card_link(paper),
        clock_name=clock_name(paper),
        previous=paper.here(offset=max(part.offset - (part.limit or 0), 0)) if part.offset else "",
        next=paper.here(offset=following) if following else "",
    )
    return page(body)
