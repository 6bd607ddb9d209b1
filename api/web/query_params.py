"""The parameters of an address: which it has, and what to write where one can't be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from litestar.datastructures import MultiDict
from litestar.di import Provide
from litestar.enums import ParamType
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope
from msgspec import Struct, ValidationError, convert

from api.web.as_of import day_in, instant_in
from api.web.problems import Problem
from api.web.request_checks import ECHO_CHARACTERS_MAX, not_canonical

NAME_CHARACTERS_MAX = 60  # of what was sent, that an answer repeats
WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)  # msgspec would also read 1e2 and 7.0
NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?")  # and seconds since 1970 where a time is meant
TIME_REMEDY = "write an instant with its offset, such as 2026-03-02T09:00:00Z, or a day, such as 2026-03-02"
SCHEMA = "see /schema/openapi.json"
NO_MEMBER = "Invalid enum value"  # so begins what msgspec says of it
NO_MATCH = re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL)  # and of what does not fit its pattern
NUL = "it holds the character U+0000"  # PostgreSQL knows no text with it
# What msgspec says of a value, as a pattern: the same in words, and what to write instead.
FAULTS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), sentence, advice)
    for pattern, sentence, advice in (
        (r"Expected `int` >= (-?\d+)", "it is less than {0}", "write {0} or more"),
        (r"Expected `int` <= (-?\d+)", "it is more than {0}", "write {0} at most"),
        (r"Expected `str` of length >= (\d+)", "it has less than {0} characters", "write {0} or more"),
        (r"Expected `str` of length <= (\d+)", "it has more than {0} characters", "write {0} at most"),
        (r"Expected `array` of length <= (\d+)", "it comes more than {0} times", "give it {0} times at most"),
        (re.escape(NUL), NUL, "leave it out"),
        (r"Expected `bool", "it is neither true nor false", "write true or false"),
        (r"Invalid UUID", "it is no UUID", "write an id as this server gives it"),
        (
            r"Invalid RFC3339 encoded datetime",
            "it is no instant",
            "write an instant with its offset from UTC, such as 2026-03-02T09:00:00Z",
        ),
        (r"Invalid RFC3339 encoded date", "it is no day", "write a day, such as 2026-03-02"),
    )
)


def require_canonical_ids(scope: Scope) -> None:
    """Refuse an id that is spelt otherwise than usual, in braces say: a gateway's rules would not know it.

    Raises Problem "path-not-canonical".
    """
    parts = scope["path"].split("/")
    params: dict[str, Any] = dict(scope.get("path_params", {}))
    for value in params.values():
        if isinstance(value, UUID) and str(value) not in parts:
            raise not_canonical("/".join(str(value) if _is_id(part, value) else part for part in parts))


def _is_id(text: str, value: UUID) -> bool:
    try:
        return UUID(text) == value
    except ValueError:
        return False


def require_known(scope: Scope, params: MultiDict[Any]) -> None:
    """Refuse a parameter that comes twice, is no number where one is meant, or that the address does not have.

    A misspelt filter would answer another question. Pages take whatever a link carries. Raises Problem
    "invalid-parameter".
    """
    handler = scope.get("route_handler")
    if not scope["query_string"] or not isinstance(handler, HTTPRouteHandler):
        return
    known = parameters_of(handler)
    if handler.resolve_include_in_schema():
        _require_names(params, known)
    for name, values in params.dict().items():
        annotation = known.get(name)
        if len(values) > 1 and not _takes_several(annotation):
            raise _unreadable(name, "comes twice", "give it once")
        if _is_time(annotation) and any(NUMBER.fullmatch(value) for value in values):
            raise _unreadable(name, "a bare number is no time", TIME_REMEDY)
        if _is_number(annotation) and (wrong := [value for value in values if not WHOLE_NUMBER.fullmatch(value)]):
            raise _unreadable(name, _no_number(wrong[0]), "write digits alone, no zero before them, 19 at most")
    require_valid(handler, params)


def _require_names(names: Iterable[str], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            meant = get_close_matches(name[:NAME_CHARACTERS_MAX], known, 1)
            choice = f"choose one of: {', '.join(known)}" if known else "leave it out: this address takes no parameters"
            advice = f"write {meant[0]}" if meant else choice
            raise _unreadable(name, "this address has no such parameter", advice)


def _unreadable(name: str, what: str, advice: str) -> Problem:
    shown = name[:NAME_CHARACTERS_MAX]
    return Problem("invalid-parameter", f"{shown}: {what}", remedy=advice, parameter=shown)


def _no_number(text: str) -> str:
    """What is wrong with *text* where a whole number is meant."""
    return f"{text[:ECHO_CHARACTERS_MAX]} is not a whole number" if text else "it has no value"


def _takes_several(annotation: Any) -> bool:
    """Whether a parameter may be repeated."""
    return get_origin(annotation) is list or any(_takes_several(part) for part in get_args(annotation))


def _is_time(annotation: Any) -> bool:
    """Whether a parameter is an instant or a day, or is left out."""
    return annotation in (date, datetime) or any(_is_time(part) for part in get_args(annotation))


def _is_number(annotation: Any) -> bool:
    """Whether a parameter is a whole number, or is left out."""
    return annotation is int or any(_is_number(part) for part in get_args(annotation))


def require_valid(handler: HTTPRouteHandler, params: MultiDict[Any]) -> None:
    """Refuse values that a parameter can't have, all of them, before any dependency of *handler* reads anything.

    Litestar checks the same, but a handler's own parameters only once its dependencies are resolved. Raises its
    ValidationException; Problem "invalid-parameter" of a time that no calendar answers for, whatever the parameter.
    """
    wrong = []
    for parameter in _declared(handler):
        values = params.getall(parameter.query_name, [])
        if not values:
            continue
        value = values if _takes_several(parameter.annotation) else values[0]
        message = NUL if any("\0" in text for text in values) else ""
        try:
            _require_usable_time(
                parameter.query_name, convert(value, type=parameter.validated_as, strict=False, str_keys=True)
            )
        except ValidationError as error:
            message = message or str(error).split(" - ", maxsplit=1)[0]
        if message:
            wrong.append({"message": message, "key": parameter.name, "source": ParamType.QUERY})
    if wrong:
        raise ValidationException(detail="invalid query parameters", extra=wrong)


def _require_usable_time(name: str, value: object) -> None:
    """Raise Problem where *value* is an instant without an offset, or a day or instant no calendar answers for."""
    if isinstance(value, datetime):
        instant_in(name, value)
    elif isinstance(value, date):
        day_in(name, value)


class DeclaredParameter(Struct, frozen=True):
    """A query parameter of a handler or of one of its dependencies.

    *validated_as*: its annotation with the limits that a value has to keep to; *description*: what it is for.
    """

    name: str
    query_name: str
    annotation: Any
    validated_as: Any
    description: str


@cache
def parameters_of(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The parameters of *handler*'s address, in the order of its description, each with its type."""
    return {parameter.query_name: parameter.annotation for parameter in _declared(handler)}


@cache
def _declared(handler: HTTPRouteHandler) -> tuple[DeclaredParameter, ...]:
    """The query parameters of *handler* and of its dependencies, theirs too, each once."""
    parameters = _parameters(handler, handler.resolve_dependencies())
    return tuple({parameter.query_name: parameter for parameter in parameters}.values())


def _parameters(owner: HTTPRouteHandler | Provide, dependencies: Mapping[str, Provide]) -> Iterator[DeclaredParameter]:
    for name, parameter in owner.parsed_fn_signature.parameters.items():
        definition = parameter.kwarg_definition
        if name in dependencies:
            yield from _parameters(dependencies[name], dependencies)
        elif isinstance(definition, QueryParameter):
            validated_as = owner.signature_model.__annotations__[name]
            description = definition.description or ""
            yield DeclaredParameter(name, definition.name or name, parameter.annotation, validated_as, description)


def in_words(scope: Scope, parameter: str, message: str) -> tuple[str, str]:
    """What msgspec's *message* says of *parameter* of the address that *scope* asks for, and what to write instead."""
    for pattern, sentence, advice in FAULTS:
        if match := pattern.match(message):
            return sentence.format(*match.groups()), advice.format(*match.groups())
    declared = _declared_as(scope, parameter)
    if match := NO_MATCH.match(message):
        described = f": {declared.description.removesuffix('.')}" if declared and declared.description else ""
        return "it does not have the required form", f"write what matches {match[1]}{described}"
    if not message.startswith(NO_MEMBER):
        return message, SCHEMA
    known = _values(declared.annotation) if declared else []
    return f"it can't be{message.removeprefix(NO_MEMBER)}", f"one of: {', '.join(known)}" if known else SCHEMA


def _declared_as(scope: Scope, parameter: str) -> DeclaredParameter | None:
    """What *parameter* is at the address that *scope* asks for; None where that has none, or is unknown."""
    handler = scope.get("route_handler")
    if not isinstance(handler, HTTPRouteHandler):
        return None
    return next((known for known in _declared(handler) if known.name == parameter), None)


def _values(annotation: Any) -> list[str]:
    """The values that a parameter may have; none where it may be any text."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) is Literal:
        return [str(value) for value in get_args(annotation)]
    return [value for part in get_args(annotation) for value in _values(part)]
