"""What would make a question pass whose parameters can't be read: what to write in their place."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal, get_args, get_origin

from litestar.types import Scope

SCHEMA = "see /schema/openapi.json"
WRITTEN = {
    "RFC3339 encoded datetime": "write an instant with its offset from UTC, such as 2026-03-02T09:00:00Z",
    "RFC3339 encoded date": "write a day, such as 2026-03-02",
}


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
