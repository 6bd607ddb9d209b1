"""登记簿 which register a list or a figure is of: the zone's own projects, unless an imported register is named."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from api.web.dependencies import AnyRequest, parts_of
from api.web.problems import Problem
from domain.core.types import LINE_CHARACTERS_MAX
from projections.scope import RegisterCount, Scope, registers_in

REGISTER = "register"  # the parameter's name

InRegister = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=r"^[^\x00]*$",
        description="Of the register that was imported under this name (`GET /registers`); empty: of the zone itself.",
    ),
]


def register_in(request: AnyRequest) -> str:
    """The register that is named in the address; empty for the zone itself."""
    return str(request.query_params.get(REGISTER, ""))


async def registers_of(request: AnyRequest) -> list[RegisterCount]:
    """The registers that were imported here."""
    return await registers_in(parts_of(request).approvals.store)


async def scope_of(request: AnyRequest) -> Scope:
    """What the address asks for. Raises Problem invalid-parameter where no register has that name."""
    register, known = register_in(request), [one.register for one in await registers_of(request)]
    if register and register not in known:
        raise Problem(
            "invalid-parameter",
            f"{REGISTER}: nothing was imported under the name {register}"[:500],
            remedy=f"leave it out for the zone itself; imported are: {', '.join(known) or 'none'}",
            parameter=REGISTER,
        )
    return Scope(register, whole=not known)
