"""The parameters of an address: which it has, and what to write where one can't be read."""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope

from api.parts import AnyRequest
from api.problems import Problem

NAME_CHARACTERS_MAX = 60  # of what was written, told again
SCHEMA = "see /schema/openapi.json"
WRITTEN = {
    "RFC3339 encoded datetime": "write an instant with its offset from UTC, such as 2026-03-02T09:00:00Z",
    "RFC3339 encoded date": "write a day, such as 2026-03-02",
}


def require_known(request: AnyRequest) -> None:
    """Refuse a parameter that the address does not have: a misspelt filter would answer another question.

    Pages take whatever a link carries. Raises Problem "invalid-parameter".
    """
    handler, asked = request.scope.get("route_handler"), request.query_params
    if not asked or not isinstance(handler, HTTPRouteHandler) or not handler.resolve_include_in_schema():
        return
    known = _known(handler)
    for name in asked:
        if name not in known:
            meant = get_close_matches(name, known, 1)
            raise Problem(
                "invalid-parameter",
                f"{name[:NAME_CHARACTERS_MAX]}: this address has no such parameter",
                remedy=f"write {meant[0]}" if meant else f"it has {', '.join(known) or 'none'}",
                parameter=name,
            )


@cache
def _known(handler: HTTPRouteHandler) -> tuple[str, ...]:
    """What may stand in the query of *handler*'s address, in the order of its description."""
    declared = handler.parsed_fn_signature.parameters.items()
    kinds = [(name, parameter.kwarg_definition) for name, parameter in declared]
    return tuple(kind.name or name for name, kind in kinds if isinstance(kind, QueryParameter))


def remedy(scope: Scope, parameter: str, sentence: str) -> str:
    """What to write for *parameter* of the address that *scope* asks for, of which *sentence* says what is wrong."""
    for said, advice in WRITTEN.items():
        if sentence.endswith(said):
            return advice
    if sentence.startswith("Invalid enum value") and (known := _choices(scope, parameter)):
        return f"one of: {', '.join(known)}"
    return SCHEMA


def _choices(scope: Scope, parameter: str) -> list[str]:
    """The values that *parameter* may have; none where it may be any text, or the address is unknown."""
    handler: Any = scope.get("route_handler")
    declared = handler.parsed_fn_signature.parameters.get(parameter) if handler else None
    return _values(declared.annotation) if declared else []


def _values(annotation: Any) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    return [value for part in get_args(annotation) for value in _values(part)]
