"""Publishing a flow: the next edition is drawn, with what differs and which projects keep theirs, before it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, Response, post
from litestar.di import NamedDependency

from api.commands.aggregate_acts import TAKES_ACTS, ActResult, AggregateActs, AggregateTarget
from api.flow.form import FlowForm
from api.flow.links import FLOWS, flow_path
from api.flow.view_models import drawn
from api.html.page import PageContext, see_other
from api.reference.pages import reviewed
from api.route_access import ACCESS, COMMANDS
from api.web.as_of import Instants
from api.web.form_fields import FormFields
from domain.access.principal import Caller
from domain.flow.state import Flow, stream_of
from domain.streams import replay
from infrastructure.ledger.approvals import Approvals
from projections.flow.query import RunningProjects
from projections.scope import Scope

ACT = "publish"


class FlowActPages(Controller):
    """What is published is exactly what was looked at."""

    opt = {ACCESS: COMMANDS}  # noqa: RUF012  litestar's own spelling
    dependencies = TAKES_ACTS

    @post(f"/admin/acts/flows/{ACT}", status_code=200)
    async def publish_flow_edition(
        self,
        *,
        page: NamedDependency[PageContext],
        fields: NamedDependency[FormFields],
        approvals: NamedDependency[Approvals],
        aggregate_acts: NamedDependency[AggregateActs],
        running: NamedDependency[RunningProjects],
        now: NamedDependency[datetime],
    ) -> Response[str]:
        """Show the edition as a graph, what it changes, and which projects keep theirs; publish it once seen."""
        name = fields.text("name").strip()
        form = FlowForm(name, not isinstance(await approvals.state(stream_of(name)), Flow), fields)
        target = AggregateTarget(stream_of(form.name))
        result = await aggregate_acts.review_or_carry_out(target, form.commands, fields)
        if not result.is_done:
            return await _review(page, approvals, running, form, result, aggregate_acts.caller, now)
        return see_other(page.link(flow_path(form.name), receipt=str(result.position)))


async def _review(
    page: PageContext,
    approvals: Approvals,
    running: RunningProjects,
    form: FlowForm,
    result: ActResult,
    caller: Caller,
    now: datetime,
) -> Response[str]:
    """The page before the act: the new edition as a graph, and what it changes; or its form with why it is refused."""
    effect: dict[str, Any] = {}
    state = replay(stream_of(form.name), result.all_entries) if result.problem is None else None
    if isinstance(state, Flow):
        effect = {
            **await drawn(page, approvals, state, state.edition(), "", Instants(now, now)),
            "running": await running.counted(form.name, now, Scope.of_any_register(caller)),
        }
    return reviewed(
        page,
        result,
        kind="flows",
        act=ACT,
        name=form.name,
        fields=form.fields,
        values=form.values,
        back=page.link(flow_path(form.name)) if not form.is_new else page.link(FLOWS),
        **effect,
    )
