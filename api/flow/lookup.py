"""Looks up the flow in the path of a request, one of its editions, and the graph that this is on a day."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import FromPath

from api.catalogue.lookup import catalogue_as_of, unknown
from api.flow.schemas import FlowGraph, ListedFlow, Services, graph_of, listed_flow
from api.web.as_of import Instants
from api.web.problems import Problem
from domain.flow.state import Flow, stream_of
from domain.flow.step import FlowEdition
from infrastructure.ledger.approvals import Approvals


async def flow(approvals: NamedDependency[Approvals], name: FromPath[str]) -> Flow:
    """The flow in the path as it is now. Raises Problem not-found."""
    state = await approvals.state(stream_of(name))
    if not isinstance(state, Flow) or not state.editions:
        raise unknown(f"there is no flow {name}", "GET /v1/flows lists them")
    return state


async def every_flow(approvals: Approvals) -> list[ListedFlow]:
    """Every flow by name, each by its newest edition."""
    await approvals.shelves.refresh()
    return [listed_flow(flow) for flow in sorted(approvals.shelves.shelf.flows.values(), key=lambda flow: flow.name)]


def edition_of(flow: Flow, number: int) -> FlowEdition:
    """Edition *number* of *flow*, 0 for the newest. Raises Problem not-found."""
    if not 0 <= number <= len(flow.editions):
        sentence = f"the flow {flow.name} has no edition {number}"
        raise unknown(sentence, f"it has 1 to {len(flow.editions)}")
    return flow.editions[number - 1]


def edition_for(flow: Flow, number: int, kind: str) -> FlowEdition:
    """The same, for projects of *kind*; empty: of any. Raises Problem invalid-parameter where it is not for those."""
    edition = edition_of(flow, number)
    if kind and kind not in edition.kinds:
        raise Problem(
            "invalid-parameter",
            f"kind: edition {edition.number} of {flow.name} is not for projects of the kind {kind}",
            remedy=f"it is for: {', '.join(edition.kinds)}",
            parameter="kind",
        )
    return edition


async def graph_as_of(
    approvals: Approvals, name: str, edition: FlowEdition, kind: str, instants: Instants
) -> FlowGraph:
    """*edition* of the flow *name* for projects of *kind*, with its items as they are named at the instants."""
    catalogue = await catalogue_as_of(approvals, edition.catalogue, instants)
    in_force = catalogue.in_force()
    services = Services(
        number=in_force.edition.number if in_force else None,
        in_force=in_force.edition.items if in_force else {},
        published=catalogue.catalogue.editions[edition.catalogue_edition - 1].items,
        online=catalogue.online(),
    )
    return graph_of(name, edition, kind, services, instants.at)
