"""运行中的时钟 the list behind each number of the table of modes and key nodes, and of all that waits for an act."""

from __future__ import annotations

from collections.abc import Iterator

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.clocks.display import clock_functions
from api.clocks.routes import CLOCK_FILTER
from api.html.links import BOARD, CLOCKS
from api.html.page import PageContext, see_other
from api.route_access import ACCESS
from api.web.as_of import On, translate_too_much
from api.web.parameters import Paging
from domain.law.licensing.clock import State
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from projections.clocks.list import NODELESS, ClockFilter
from projections.clocks.nodes import NODES, modes_with
from projections.clocks.query import ClocksAt
from projections.progress.titles import names_of_items


class ClockListPages(Controller):
    """For the bureau, without any script. The instant and the filters are in the address."""

    opt = {ACCESS: "read:clocks"}  # noqa: RUF012  litestar's own spelling

    @get(CLOCKS, dependencies=CLOCK_FILTER)
    async def clock_list(
        self,
        page: NamedDependency[PageContext],
        clocks: NamedDependency[ClocksAt],
        clock_filter: NamedDependency[ClockFilter],
        paging: NamedDependency[Paging],
        approvals: NamedDependency[Approvals],
        on: On = "",
    ) -> Response[str]:
        """Those that are over first, then those that will be; a page at a time."""
        if on:
            return see_other(page.at_end_of(on, approvals.clock()))
        rows = await translate_too_much(clocks.listed(clock_filter))
        shown = paging.shown(rows)
        return page.render(
            "clocks.html",
            as_of=clocks.t,
            on=page.chosen_day(clocks.t),
            rows=shown,
            chosen_by=list(chosen(page, clock_filter)),
            names=await names_of_items(approvals.store, [(row.project, row.reading.item) for row in shown]),
            back=page.link(BOARD),
            **page.paging_links(paging.offset, paging.limit, more=paging.has_more(rows), as_of=clocks.t.isoformat()),
            **clock_functions(page, clocks.t),
        )


def chosen(page: PageContext, wanted: ClockFilter) -> Iterator[str]:
    """What the list was narrowed to, in words."""
    pairs = {
        mode.key: (mode.title_zh, mode.title)
        for mode in modes_with([wanted.mode] if wanted.mode else [], law_book().packs)
    } | {node.key: (node.title_zh, node.title) for node in NODES}
    titles = {key: zh if page.language == "zh" else en for key, (zh, en) in pairs.items()}
    titles |= {NODELESS: page.words["bureau"]("nodeless")}
    yield from (titles.get(key, key) for key in (wanted.mode, wanted.node) if key)
    if wanted.department:
        yield page.office(wanted.department)
    if wanted.due_after is not None:
        yield f"{page.words['bureau']('due')} > {wanted.due_after}"
    if wanted.level is not None:
        yield page.words["colour_of"](wanted.level.value)
    elif wanted.state is State.UNCONFIRMED:
        yield page.words["clock_state"](wanted.state.value)
    elif wanted.awaited:
        yield page.words["bureau"]("due_all")
