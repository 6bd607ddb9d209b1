"""流程符合性: the page for leaders, and the items behind its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.conformance.choice import CONFORMANCE_REQUEST, ConformanceRequest
from api.conformance.view_models import BAR_WIDTH_PX, CONFORMANCE, DEVIATING, choice_links, step_rows, totals
from api.html.page import PageContext
from api.route_access import ACCESS
from api.web.parameters import PAGE_ROWS, Paging, code
from domain.project.flow.conformance import Deviation

OfItem = Annotated[str, code("Of this item alone.")]
OfDeviation = Annotated[Deviation, QueryParameter(description="How the items depart from the flow.")]


class ConformancePages(Controller):
    """Projects against the edition of the flow that each of them follows, as is known now."""

    opt = {ACCESS: "read:figures"}  # noqa: RUF012  litestar's own spelling
    dependencies = CONFORMANCE_REQUEST

    @get(CONFORMANCE)
    async def conformance(
        self,
        page: NamedDependency[PageContext],
        conformance_request: NamedDependency[ConformanceRequest],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Step by step: where projects leave the flow, what takes how long, and which step is the bottleneck."""
        wanted = conformance_request
        steps = await wanted.of.steps() if wanted.of else []
        rows = step_rows(page, wanted.choice, steps)
        return page.render(
            "conformance.html",
            as_of=now,
            choice=wanted.choice,
            choices=choice_links(page, wanted.choices),
            figures=await wanted.of.figures() if wanted.of else None,
            rows=rows,
            bar_width=BAR_WIDTH_PX,
            totals=totals(page, wanted.choice, steps),
            bottleneck=next((row for row in rows if row.is_bottleneck), None),
        )

    @get(DEVIATING)
    async def deviating(
        self,
        page: NamedDependency[PageContext],
        conformance_request: NamedDependency[ConformanceRequest],
        now: NamedDependency[datetime],
        paging: NamedDependency[Paging],
        item: OfItem = "",
        deviation: OfDeviation = Deviation.EARLY,
    ) -> Response[str]:
        """The items that depart in one way, project by project."""
        wanted = conformance_request
        listed = await wanted.of.listed(deviation, item, paging.rows_read, paging.offset) if wanted.of else []
        rows = listed[: paging.limit]
        return page.render(
            "deviating.html",
            as_of=now,
            choice=wanted.choice,
            kind=deviation.value,
            item=item,
            rows=rows,
            page_rows=PAGE_ROWS,
            **page.paging_links(paging.offset, paging.limit, more=len(listed) > paging.limit),
        )
