"""审批流程 the pages of flows: editions as graphs, what differs between two, and the form of the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import uuid4

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.catalogue.requests import EDITIONS_MAX
from api.commands.aggregate_acts import ActResult, AggregateActs, AggregateTarget, aggregate_acts
from api.flow.form import FlowForm, form_values
from api.flow.graph import flow_picture
from api.flow.impact import StepDifference, step_differences
from api.flow.lookup import edition_of, flow, graph_as_of
from api.flow.schemas import FlowGraph, listed_flow, shown_flow
from api.html.page import PageContext, see_other
from api.reference.pages import RECEIPT, Receipt, reference_frame, reviewed
from api.route_access import ACCESS, COMMANDS, ITSELF
from api.web.as_of import Instants
from api.web.dependencies import ReadDependency
from api.web.form_fields import FormFields, text_form
from api.web.parameters import code
from api.web.problems import Problem
from domain.access.decision import NO_CASE
from domain.access.principal import Caller
from domain.flow.publication import FlowPublished
from domain.flow.state import Flow, stream_of
from domain.flow.step import FlowStep
from domain.streams import replay
from infrastructure.ledger.approvals import Approvals
from projections.flow.query import RunningProjects
from projections.scope import Scope

FLOWS = "/admin/flows"
ACT = "publish"

OfEdition = Annotated[
    int, QueryParameter(name="edition", ge=0, le=EDITIONS_MAX, description="Its number; 0: the newest.")
]
OfKind = Annotated[str, code("As projects of this kind have it; left out: every step.")]


class StepChangeRow(Struct, frozen=True):
    """A step that differs, in words: its name, what became of it, and each field before and after."""

    name: str
    change: str
    fields: list[tuple[str, str, str]]


class FlowPages(Controller):
    """Everybody who is signed in reads them. The next edition is filled in, looked at as a graph, then published."""

    opt = {ACCESS: ITSELF}  # noqa: RUF012  litestar's own spelling; flows are public, their pages for people
    dependencies = {  # noqa: RUF012  litestar's own spelling
        "aggregate_acts": Provide(aggregate_acts, sync_to_thread=False),
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
        await approvals.shelves.refresh()
        known = sorted(approvals.shelves.shelf.flows.values(), key=lambda flow: flow.name)
        return page.render(
            "flows.html",
            **reference_frame(page, "flows"),
            as_of=now,
            rows=[(listed_flow(each), page.link(flow_path(each.name))) for each in known],
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
        edition = edition_of(flow, number)
        if kind and kind not in edition.kinds:
            raise Problem(
                "invalid-parameter",
                f"kind: edition {edition.number} of {name} is not for projects of the kind {kind}",
                remedy=f"it is for: {', '.join(edition.kinds)}",
                parameter="kind",
            )
        graph = await graph_as_of(approvals, name, edition, kind, instants_known_now)
        before = flow.editions[edition.number - 2] if edition.number > 1 else None
        differences = step_differences(before, edition) if before else []
        scope = Scope.of_any_register(aggregate_acts.caller)
        return page.render(
            "flow.html",
            **reference_frame(page, "flows"),
            as_of=instants_known_now.at,
            name=name,
            receipt=receipt,
            edition=edition,
            kind_chosen=kind,
            editions=shown_flow(flow, await approvals.entries_with(stream_of(name), FlowPublished)).editions[::-1],
            graph=flow_picture(page, graph, {difference.step for difference in differences}),
            changes=step_changes(page, differences, graph),
            running=await running.counted(name, instants_known_now.at, scope),
            edition_link=lambda number: page.link(flow_path(name), edition=str(number)),
            kind_link=lambda kind: page.link(flow_path(name), edition=str(edition.number), kind=kind),
            item_link=lambda item: page.link(f"/admin/catalogues/{quote(edition.catalogue, safe='')}/item", code=item),
            **_offers(aggregate_acts),
            values=form_values(flow),
            key=uuid4(),
        )

    @post(
        f"/admin/acts/flows/{ACT}", status_code=200, opt={ACCESS: COMMANDS}, dependencies={"fields": Provide(text_form)}
    )
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
        form = FlowForm(fields.text("name").strip(), fields)
        target = AggregateTarget(stream_of(form.name))
        if not fields.text("seen") or fields.text("edit"):
            result = await aggregate_acts.review(target, form.commands)
            return await _review(page, approvals, running, form, result, aggregate_acts.caller, now)
        result = await aggregate_acts.carry_out(target, form.commands, fields.key())
        if result.problem is not None:
            return await _review(page, approvals, running, form, result, aggregate_acts.caller, now)
        return see_other(page.link(flow_path(form.name), receipt=str(result.position)))


def flow_path(name: str) -> str:
    """The path of the page of a flow."""
    return f"{FLOWS}/{quote(name, safe='')}"


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
    effect: dict[str, Any] = {"graph": None, "changes": [], "running": [], "item_link": None}
    state = replay(stream_of(form.name), result.all_entries) if result.problem is None else None
    if isinstance(state, Flow):
        newest, before = state.editions[-1], state.editions[-2] if len(state.editions) > 1 else None
        graph = await graph_as_of(approvals, form.name, newest, "", Instants(now, now))
        differences = step_differences(before, newest)
        effect = {
            "graph": flow_picture(page, graph, {difference.step for difference in differences} if before else ()),
            "changes": step_changes(page, differences, graph) if before else [],
            "running": await running.counted(form.name, now, Scope.of_any_register(caller)),
            "edition": newest,
            "item_link": lambda item: page.link(
                f"/admin/catalogues/{quote(newest.catalogue, safe='')}/item", code=item
            ),
        }
    is_known = bool(result.before) or isinstance(await approvals.state(stream_of(form.name)), Flow)
    return reviewed(
        page,
        result,
        kind="flows",
        act=ACT,
        name=form.name,
        fields=form.fields,
        values=form.values,
        back=page.link(flow_path(form.name)) if is_known else page.link(FLOWS),
        **effect,
    )


def step_changes(page: PageContext, differences: list[StepDifference], graph: FlowGraph) -> list[StepChangeRow]:
    """*differences* in the words of *page*; *graph* has the names of the steps that are there."""
    is_english = page.language == "en"
    names = {step.step: (step.name_en if is_english else "") or step.name for step in graph.steps}
    label = page.words["flow_field"]

    def said(step: FlowStep | None, field: str) -> str:
        value = getattr(step, field)
        if field in ("requires", "requires_any"):
            groups = [group if isinstance(group, tuple) else (group,) for group in value]
            either = page.words["flow_page"]("or")
            return page.joined(either.join(names.get(code, code) for code in group) for group in groups) or "–"
        if isinstance(value, tuple):
            return page.joined(page.words["kind_of"](part) for part in value) or "–"
        if isinstance(value, bool):
            return page.words["catalogue_page"]("yes" if value else "no")
        return str(value) or "–"

    return [
        StepChangeRow(
            names.get(difference.step, difference.step),
            difference.change.value,
            [
                (label(field), said(difference.before, field), said(difference.after, field))
                for field in difference.fields
            ],
        )
        for difference in differences
    ]


def _offers(acts: AggregateActs) -> dict[str, Any]:
    publish = acts.judged("publish_flow", NO_CASE)
    return {"may_publish": publish.allowed, "who_publishes": publish.remedy}
