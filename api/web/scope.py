"""登记簿 which register a list or a figure is of: the zone's own projects, unless an imported register is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from litestar.params import QueryParameter

from api.web.problems import Problem
from domain.core.types import LINE_CHARACTERS_MAX
from projections.scope import Scope

REGISTER = "register"  # the parameter's name

InRegister = Annotated[
    str,
    QueryParameter(
        max_length=LINE_CHARACTERS_MAX,
        pattern=r"^[^\x00]*$",
        description="Of the register that was imported under this name (`GET /registers`); empty: of the zone itself.",
    ),
]


def scope_named(register: str, imported: Sequence[str]) -> Scope:
    """The projects of *register*, one of those *imported*, or of the zone itself. Raises Problem invalid-parameter."""
    if register and register not in imported:
        raise Problem(
            "invalid-parameter",
            f"{REGISTER}: nothing was imported under the name {register}"[:500],
            remedy=f"leave it out for the zone itself; imported are: {', '.join(imported) or 'none'}",
            parameter=REGISTER,
        )
    return Scope(register, whole=not imported)
