"""运行中的时钟 the list behind each number of the table of modes and key nodes, and of all that waits for an act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from litestar import Controller, Response, get
from litestar.exceptions import HTTPException

from api.clocks.display import telling
from api.clocks.routes import AtLevel, AtNode, Awaited, DueAfter, InState, OfMode
from api.html.frame import Lang, apologize, page, reader_of
from api.html.links import BOARD, CLOCKS
from api.html.page import PageContext, paper_of
from api.web.as_of import AsOf, readable
from api.web.dependencies import AnyRequest, parts_of
from api.web.parameters import PAGE_ROWS, Department, Limit, Offset
from api.web.period import clocks_then, supervision_at
from api.web.scope import InRegister
from domain.law.licensing.clock import State
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import DEFAULT_LAW
from projections.clocks.list import NODELESS, ClockFilter
from projections.clocks.nodes import NODES, modes_with
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of


class ClockListPages(Controller):
    """For the bureau, without any script. The instant and what was chosen stand in the address."""

    include_in_schema = False
    exception_handlers = {Exception: apologize, HTTPException: apologize}  # noqa: RUF012  litestar's own spelling

    @get(CLOCKS)
    async def clocks(
        self,
        request: AnyRequest,
        *,
        lang: Lang = "",  # noqa: ARG002  checked here, used by Paper
        register: InRegister = "",  # noqa: ARG002  checked here, used by scope_of
        as_of: AsOf = None,
        department: Department = "",
        mode: OfMode = None,
        node: AtNode = "",
        level: AtLevel = None,
        in_state: InState = None,
        due_after: DueAfter = None,
        awaited: Awaited = False,
        limit: Limit = PAGE_ROWS,
        offset: Offset = 0,
    ) -> Response[str]:
        """Those that are over first, then those that will be; a page at a time."""
        reader_of(request)
        wanted = ClockFilter(
            department=department,
            mode=mode or "",
            node=node,
            level=level,
            state=in_state,
            due_after=due_after,
            awaited=awaited,
            limit=limit + 1,
            offset=offset,
        )
        return page(await printed(request, await clocks_then(request, await supervision_at(request, as_of)), wanted))


async def printed(request: AnyRequest, asked: ClocksAt, wanted: ClockFilter) -> str:
    """The page of *wanted*, which asks for one clock more than it has, to see whether there are more."""
    found = await readable(asked.listed(wanted))
    shown = found[: wanted.limit - 1]
    paper = await paper_of(request, DEFAULT_LAW)
    return paper.print(
        "clocks.html",
        as_of=asked.t,
        rows=shown,
        chosen_by=list(chosen(paper, wanted)),
        names=await names_of(parts_of(request).approvals.store, [one.project for one in shown]),
        **around(paper, asked.t, wanted, more=len(found) > len(shown)),
        **telling(paper, asked.t),
    )


def around(paper: PageContext, t: datetime, asked: ClockFilter, *, more: bool) -> dict[str, str]:
    """The addresses of the board and of the pages before and after this one, at the same instant."""
    size = asked.limit - 1  # one more was asked for, to see whether there are more
    before, after = max(asked.offset - size, 0), asked.offset + size
    return {
        "back": paper.link(BOARD),
        "previous": paper.here(offset=before, as_of=t.isoformat()) if asked.offset else "",
        "next": paper.here(offset=after, as_of=t.isoformat()) if more else "",
    }


def chosen(paper: PageContext, asked: ClockFilter) -> Iterator[str]:
    """What the list was narrowed to, in words."""
    pairs = {
        one.key: (one.title_zh, one.title) for one in modes_with([asked.mode] if asked.mode else [], law_book().packs)
    } | {one.key: (one.title_zh, one.title) for one in NODES}
    titles = {key: zh if paper.language == "zh" else en for key, (zh, en) in pairs.items()}
    titles |= {NODELESS: paper.words["bureau"]("nodeless")}
    yield from (titles.get(key, key) for key in (asked.mode, asked.node) if key)
    if asked.department:
        yield paper.office(asked.department)
    if asked.due_after is not None:
        yield f"{paper.words['bureau']('due')} > {asked.due_after}"
    if asked.level is not None:
        yield paper.words["colour_of"](asked.level.value)
    elif asked.state is State.UNCONFIRMED:
        yield paper.words["clock_state"](asked.state.value)
    elif asked.awaited:
        yield paper.words["bureau"]("due_all")
