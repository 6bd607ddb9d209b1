"""审批流程 the pages of flows: editions as graphs, what differs between two, and the form of the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from api.catalogue.requests import EDITIONS_MAX
from api.commands.aggregate_acts import READS_ACTS, AggregateActs
from api.flow.form import form_values
from api.flow.links import FLOWS, flow_path
from api.flow.lookup import edition_for, every_flow, flow
from api.flow.schemas import shown_flow
from api.flow.view_models import drawn
from api.html.page import PageContext
from api.reference.pages import RECEIPT, Receipt, reference_frame
from api.route_access import ACCESS, ITSELF
from api.web.as_of import Instants
from api.web.dependencies import ReadDependency
from api.web.parameters import code
from domain.access.decision import NO_CASE
from domain.flow.publication import FlowPublished
from domain.flow.state import Flow, stream_of
from infrastructure.ledger.approvals import Approvals
from projections.flow.query import RunningProjects
from projections.scope import Scope

OfEdition = Annotated[
    int, QueryParameter(name="edition", ge=0, le=EDITIONS_MAX, description="Its number; 0: the newest.")
]
OfKind = Annotated[str, code("As projects of this kind have it; left out: every step.")]


class FlowPages(Controller):
    """Readable by every signed-in reader. The next edition is filled in, reviewed as a graph, then published."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; flows are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        **READS_ACTS,
        "flow": ReadDependency(flow),
    }

    @get(FLOWS)
    async def flows(
        self,
        page: NamedDependency[PageContext],
        approvals: NamedDependency[Approvals],
        aggregate_acts: NamedDependency[AggregateActs],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Every flow, and the form of a new one."""
        return page.render(
            "flows.html",
            **reference_frame(page, "flows"),
            as_of=now,
            rows=[(row, page.link(flow_path(row.name))) for row in await every_flow(approvals)],
            **_offers(aggregate_acts),
            values=form_values(None),
            key=uuid4(),
            name="",
        )

    @get(FLOWS + "/{name:str}")
    async def flow_page(
        self,
        *,
        name: FromPath[str],
        page: NamedDependency[PageContext],
        flow: NamedDependency[Flow],
        approvals: NamedDependency[Approvals],
        instants_known_now: NamedDependency[Instants],
        running: NamedDependency[RunningProjects],
        aggregate_acts: NamedDependency[AggregateActs],
        number: OfEdition = 0,
        kind: OfKind = "",
        receipt: Receipt = RECEIPT,
    ) -> Response[str]:
        """One flow: an edition as a graph, what it changed, the projects that run by each, and the form of the next."""
        edition = edition_for(flow, number, kind)
        published = await approvals.entries_with(stream_of(name), FlowPublished)
        scope = Scope.of_any_register(aggregate_acts.caller)
        return page.render(
            "flow.html",
            **reference_frame(page, "flows"),
            as_of=instants_known_now.at,
            name=name,
            receipt=receipt,
            edition=edition,
            kind_chosen=kind,
            editions=shown_flow(flow, published).editions[::-1],
            **await drawn(page, approvals, flow, edition, kind, instants_known_now),
            running=await running.counted(name, instants_known_now.at, scope),
            edition_link=lambda number: page.link(flow_path(name), edition=str(number)),
            kind_link=lambda kind: page.link(flow_path(name), edition=str(edition.number), kind=kind),
            **_offers(aggregate_acts),
            values=form_values(flow),
            key=uuid4(),
        )


def _offers(acts: AggregateActs) -> dict[str, Any]:
    publish = acts.judged("publish_flow", NO_CASE)
    return {"may_publish": publish.allowed, "who_publishes": publish.remedy}
