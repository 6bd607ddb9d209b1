"""Which edition of which flow a request is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Struct

from api.web.parameters import code
from api.web.problems import Problem
from projections.flow.conformance_query import ConformanceOf, FlowChoice, flow_choices
from projections.scope import Scope
from projections.snapshots import PagedReader

EDITION_MAX = 10_000

OfEdition = Annotated[
    int, QueryParameter(ge=0, le=EDITION_MAX, description="The edition of the flow; 0: all of them together.")
]


class ConformanceRequest(Struct, frozen=True):
    """The flow that a request is about, the *choices* that there are, and the queries on it; no flow, no query."""

    choice: FlowChoice
    choices: Sequence[FlowChoice]
    of: ConformanceOf | None


async def conformance_request(
    list_reader: NamedDependency[PagedReader],
    list_scope: NamedDependency[Scope],
    flow: Annotated[str, code("The flow; left out: the first that projects follow.")] = "",
    edition: OfEdition = 0,
) -> ConformanceRequest:
    """The flow in the query, or the first there is. Raises Problem where no project follows it."""
    choices = await flow_choices(list_reader, list_scope)
    chosen = flow or (choices[0].flow if choices else "")
    known = [choice for choice in choices if choice.flow == chosen and edition in (0, choice.edition)]
    if not known and (flow or edition):
        named = ", ".join(f"{choice.flow} {choice.edition}" for choice in choices) or "none"
        raise Problem(
            "invalid-parameter",
            f"no project that you may see follows edition {edition} of the flow {chosen[:64]}",
            remedy=f"leave flow and edition out, or choose one of: {named}"[:500],
            parameter="flow",
        )
    choice = FlowChoice(chosen, edition, sum(each.projects for each in known))
    return ConformanceRequest(choice, choices, ConformanceOf(list_reader, choice, list_scope) if known else None)


CONFORMANCE_REQUEST = {"conformance_request": Provide(conformance_request)}
