"""审批流程 /v1/flows: published editions of approval flows, each a graph of steps with names and departments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from api.catalogue.requests import EDITIONS_MAX
from api.commands.aggregates import AggregateReceipt, carry_out, try_out
from api.commands.targets import TO_FLOWS
from api.cursors import PAGED, ListPaging
from api.flow.impact import FlowEffect, flow_effect
from api.flow.lookup import edition_for, every_flow, flow, graph_as_of
from api.flow.schemas import FlowGraph, FlowList, ShownFlow, shown_flow
from api.route_access import ACCESS, COMMANDS
from api.web.as_of import Instants
from api.web.command_request import CommandRequest
from api.web.dependencies import ReadDependency
from api.web.entries import PAGE_ENTRIES, HistoryAfter, HistoryLimit, StreamHistory, stream_history
from api.web.parameters import code
from domain.access.principal import Caller
from domain.flow.publication import FlowPublished
from domain.flow.state import Flow, stream_of
from infrastructure.ledger.approvals import Approvals
from projections.flow.query import RunningCount, RunningFilter, RunningKey, RunningProject, RunningProjects
from projections.scope import Scope

OfEdition = Annotated[int, QueryParameter(ge=0, le=EDITIONS_MAX, description="By this edition; 0: by any.")]
OfKind = Annotated[str, code("For projects of this kind; left out: for all of them.")]


class RunningPage(Struct, frozen=True):
    """Projects that ran by a flow at *as_of*, those that came last first; *counts* are of all of them.

    *next* is the `cursor` of the next page, null on the last.
    """

    flow: str
    as_of: datetime
    counts: list[RunningCount]
    projects: list[RunningProject]
    next: str | None
    position: int


class FlowRoutes(Controller):
    """In which order an investment project's items are handled, and what each waits for."""

    opt = {ACCESS: "read:flows"}  # noqa: RUF012  litestar's own spelling
    path = "/flows"
    tags = ("flows",)
    dependencies = {"flow": ReadDependency(flow)}  # noqa: RUF012  litestar's own spelling

    @post(
        "/{name:str}/commands",
        operation_id=TO_FLOWS.operation,
        status_code=200,
        summary="Publish an edition of a flow",
        opt={ACCESS: COMMANDS},
    )
    async def post_flow_command(
        self, name: FromPath[str], command_request: NamedDependency[CommandRequest]
    ) -> AggregateReceipt:
        """Carry out one command on a flow, once and for all under its Idempotency-Key.

        Refused where a step names an unknown item, can't be reached, or waits for itself in a circle; the answer
        spells the circle out step by step.
        """
        return AggregateReceipt.of(name, await carry_out(command_request, stream_of(name), TO_FLOWS))

    @post(
        "/{name:str}/commands/check",
        operation_id="check_flow_command",
        status_code=200,
        summary="What a command on a flow would do, without carrying it out",
        opt={ACCESS: COMMANDS},
    )
    async def check_flow_command(
        self,
        name: FromPath[str],
        command_request: NamedDependency[CommandRequest],
        running: NamedDependency[RunningProjects],
    ) -> FlowEffect:
        """The facts that would follow, the steps that would differ, and which projects keep the edition they have.

        Where the command would be refused, the answer is the problem that it would get. Nothing is stored, and no
        Idempotency-Key is needed.
        """
        seen = await try_out(command_request, stream_of(name), TO_FLOWS)
        return await flow_effect(running, command_request.caller, name, seen)

    @get("/", operation_id="list_flows", summary="Every approval flow")
    async def list_flows(self, approvals: NamedDependency[Approvals]) -> FlowList:
        """By name, each by its newest edition."""
        return FlowList(await every_flow(approvals))

    @get("/{name:str}", operation_id="get_flow", summary="One flow and its editions")
    async def get_flow(
        self, name: FromPath[str], flow: NamedDependency[Flow], approvals: NamedDependency[Approvals]
    ) -> ShownFlow:
        """Who published which edition when, and against which edition of the catalogue."""
        return shown_flow(flow, await approvals.entries_with(stream_of(name), FlowPublished))

    @get("/{name:str}/editions/{edition:int}", operation_id="get_flow_edition", summary="One edition as a graph")
    async def get_flow_edition(
        self,
        name: FromPath[str],
        edition: FromPath[int],
        flow: NamedDependency[Flow],
        instants_known_now: NamedDependency[Instants],
        approvals: NamedDependency[Approvals],
        kind: OfKind = "",
    ) -> FlowGraph:
        """Its phases, steps and what each waits for; 0 is the newest. Items have their names of that time."""
        match = edition_for(flow, edition, kind)
        return await graph_as_of(approvals, name, match, kind, instants_known_now)

    @get(
        "/{name:str}/projects",
        operation_id="list_flow_projects",
        summary="Projects that run by a flow",
        opt={ACCESS: "read:flow"},
        dependencies=PAGED,
    )
    async def list_flow_projects(
        self,
        *,
        name: FromPath[str],
        flow: NamedDependency[Flow],
        position: NamedDependency[int],
        instant: NamedDependency[datetime],
        running: NamedDependency[RunningProjects],
        caller: NamedDependency[Caller],
        edition: OfEdition = 0,
        kind: OfKind = "",
        paging: NamedDependency[ListPaging],
    ) -> RunningPage:
        """By which edition and as what kind, since when; and how many there are by edition and kind."""
        scope = Scope.of_any_register(caller)
        criteria = RunningFilter(
            flow=flow.name,
            at=instant,
            edition=edition,
            kind=kind,
            scope=scope,
            limit=paging.rows_read,
            last=paging.last(RunningKey),
        )
        rows = await running.listed(criteria)
        counts = await running.counted(name, instant, scope)
        following = paging.next_of(rows, lambda row: (row.since, row.project))
        return RunningPage(name, instant, counts, paging.shown(rows), following, position)

    @get("/{name:str}/history", operation_id="get_flow_history", summary="Every entry about a flow")
    async def get_flow_history(
        self,
        flow: NamedDependency[Flow],
        approvals: NamedDependency[Approvals],
        visitor: NamedDependency[Caller],
        after_version: HistoryAfter = 0,
        limit: HistoryLimit = PAGE_ENTRIES,
    ) -> StreamHistory:
        """Who published what, and when; a page at a time."""
        return await stream_history(approvals, flow, visitor, after_version, limit)
