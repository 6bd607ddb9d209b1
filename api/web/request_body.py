"""The body of a command: read within its limit, decoded, and held against what the ledger and its views can keep."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints

from litestar.types import Receive
from msgspec import DecodeError, Struct, ValidationError, inspect, json, to_builtins
from msgspec.inspect import type_info

from api.web.identity import Headers
from api.web.problems import Problem
from domain.catalogue.listing import DefineServiceItem
from domain.core.characters import as_code, hidden_in_line, hidden_in_prose, spelled
from domain.core.ledger import Command
from domain.core.types import TEXT_CHARACTERS_MAX
from domain.flow.publication import PublishFlow
from domain.messages import COMMANDS, AnyCommand
from domain.project.application.registration import PlanItem, RegisterProject

BODY_BYTES_MAX = 1024 * 1024  # a registration with 200 items, every text at its longest, fits four times over

YEAR_FIRST, YEAR_LAST = 1990, 2099  # the calendars answer for these years

DAYS_MAX = 10_000  # 27 years; the longest limit of any law here is below one

NUMBER_MAX = 2**31 - 1  # a version is stored in four bytes

ECHO_CHARACTERS_MAX = 200  # of what was sent, an answer repeats no more than this

T = TypeVar("T")

_decode = json.Decoder(AnyCommand).decode

_AT = re.compile(r" - at (?:`key` in )?`(?P<path>.*)`$")

_NAMED = re.compile(r"field `(?P<field>[^`]*)`")

_INDEX = re.compile(r"\[\d+\]")

_SUSPECT = re.compile(rb'[\\\x7f-\xff]|"\s+"')  # without any of these every text is plain ASCII, and none is blank

_CHARSET = re.compile(rb"(?i);\s*charset\s*=\s*\"?([^\s;\"]*)")

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)(?:\\\\)*"  # an even number of backslashes: the next one begins an escape
    rb"(\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD])[c-fC-F][0-9a-fA-F]{2}))"
)

NEW_CODES = {  # by which what a command makes is found and told apart from then on
    RegisterProject: frozenset({"$.code", "$.items[].item", "$.items[].department"}),
    PlanItem: frozenset({"$.item.item", "$.item.department"}),
    DefineServiceItem: frozenset({"$.service.task_code", "$.service.dept_code"}),
    PublishFlow: frozenset({"$.kinds[]", "$.phases[].code", "$.steps[].step"}),
}

BYTE_ORDER_MARKS = (BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE)

CHARSETS = (b"utf-8", b"utf8", b"us-ascii")  # RFC 8259, 8.1: JSON is UTF-8


def _fields(command: type[Command], *kinds: type) -> tuple[str, ...]:
    """The fields of *command* that may hold a value of one of *kinds*, at the first level."""
    hints = get_type_hints(command)
    return tuple(
        name for name in command.__struct_fields__ if {hints[name], *get_args(hints[name])}.intersection(kinds)
    )


DATED = {command: _fields(command, date, datetime) for command in COMMANDS.values()}

COUNTED = {command: _fields(command, int) for command in COMMANDS.values()}


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The bytes of a JSON body. Raises Problem: wrong-content-type, body-too-large."""
    if (kind := headers.get(b"content-type", b"")) != b"application/json":
        _require_json(kind)
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced[:20]) > BODY_BYTES_MAX:
        raise _too_large()
    event: Any = await receive()
    body: bytes = event.get("body", b"")
    while event.get("more_body"):
        event = await receive()
        body += event.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
    if event["type"] == "http.disconnect":
        raise Problem("bad-request", "the connection closed before the body was whole", remedy="send it again")
    return body


def _require_json(kind: bytes) -> None:
    """Refuse a media type that is not JSON, or not in UTF-8. Raises Problem wrong-content-type."""
    if kind.partition(b";")[0].strip().lower() != b"application/json":
        raise Problem(
            "wrong-content-type",
            f"the body's type is {kind[:ECHO_CHARACTERS_MAX].decode('latin-1') or 'not given'}",
            remedy="send JSON, with the header Content-Type: application/json",
            headers={"Accept": "application/json"},
        )
    require_utf8(kind, "application/json")


def require_utf8(kind: bytes, usual: str) -> None:
    """Refuse a media type that names another character set: Problem wrong-content-type, which names the *usual* one."""
    if (charset := _CHARSET.search(kind)) and charset[1].lower() not in CHARSETS:
        raise Problem(
            "wrong-content-type",
            f"the body's character set is {charset[1][:ECHO_CHARACTERS_MAX].decode('latin-1')}",
            remedy=f"send JSON in UTF-8, with the header Content-Type: {usual}",
            headers={"Accept": usual},
        )


def decoded(decode: Callable[[bytes], T], body: bytes, commands: Iterable[str] = ()) -> T:
    """What *decode*, one of msgspec's, makes of *body*. Raises Problem, with the `path` of the field at fault.

    *commands* are the tags that `command` may hold, where *decode* is for commands.
    """
    if not body:
        raise _malformed("nothing was sent")
    try:
        return decode(body)
    except ValidationError as error:
        _refuse_field(str(error), list(commands))
    except DecodeError as error:
        raise _malformed(_reason_of(error, body)) from error
    except UnicodeDecodeError as error:
        raise _malformed(f"the text {error.object[:40]!r} is not UTF-8") from error
    except RecursionError as error:
        raise _malformed("it is nested deeper than any command") from error


def _reason_of(error: DecodeError, body: bytes) -> str:
    """What *error* says, or what is meant by it: msgspec takes half of a surrogate pair for the end of the input."""
    if body.startswith(BYTE_ORDER_MARKS):
        return "it begins with a byte order mark, which has no place in JSON (RFC 8259, 8.1)"
    if lone := _LONE_SURROGATE.search(body):
        return f"{lone[1].decode()} is half of a surrogate pair, and no character by itself"
    return str(error)


def command_in(body: bytes) -> AnyCommand:
    """The command in *body*. Raises Problem, with the `path` of the field at fault."""
    command: AnyCommand = decoded(_decode, body, COMMANDS)
    require_storable(command, body)
    return command


def require_storable(command: AnyCommand, body: bytes) -> None:
    """Refuse texts, times and numbers of *command*, read from *body*, that the ledger's views can't keep."""
    require_plain_texts(command, body)
    kind = type(command)
    for name in DATED[kind]:
        value = getattr(command, name)
        if value is not None:
            require_usable_time(f"$.{name}", value)
    for name in COUNTED[kind]:
        require_small(f"$.{name}", getattr(command, name))


def require_small(path: str, value: int | Sequence[int] | None) -> None:
    """Refuse a number, or one in a list of them, that is larger than what it counts can be."""
    if isinstance(value, Sequence):
        for nth, number in enumerate(value):
            require_small(f"{path}[{nth}]", number)
    elif value is not None and value > (most := largest(path.partition("[")[0])):
        raise field_problem(path, f"{_last(path)} is far too large", f"at most {most}")


def largest(field: str) -> int:
    """The largest number *field* may hold: what it counts can't be more."""
    return DAYS_MAX if field.endswith("days") else NUMBER_MAX


def require_usable_time(path: str, value: date) -> None:
    """Refuse a time without an offset, and a day for which no calendar answers."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise field_problem(path, f"{_last(path)} has no offset from UTC", "write 2026-03-02T09:00:00+08:00")
    if not YEAR_FIRST <= value.year <= YEAR_LAST:
        raise field_problem(path, f"{_last(path)} is in the year {value.year}", f"a day of {YEAR_FIRST} to {YEAR_LAST}")


def require_plain_texts(command: Command, body: bytes) -> None:
    """Refuse a code, name or id that is blank or holds what can't be seen, and control characters in prose.

    Such a text would recolour an auditor's terminal, look like another one, or be refused by the database (U+0000).
    So would a new code in a second spelling, as which input methods write it: of full width, or with loose accents.
    """
    if _is_plain(body) or not _SUSPECT.search(body):
        return
    prose, codes = _prose(type(command)), NEW_CODES.get(type(command), frozenset())
    for path, text in _texts(to_builtins(command), "$"):
        place = _INDEX.sub("[]", path)
        require_plain(path, text, is_prose=place in prose)
        if place in codes and (usual := as_code(text)) != text:
            raise field_problem(path, "a code has one spelling, and this is another", f"write {usual}")


def require_plain(path: str, text: str, *, is_prose: bool = False) -> None:
    """Refuse a *text* that is blank or holds what can't be seen; of prose, control characters."""
    if hidden := hidden_in_prose(text) if is_prose else hidden_in_line(text):
        raise field_problem(path, f"the text holds the character {spelled(hidden)}", "leave it out")
    if text and text.isspace():
        raise field_problem(path, "the text is nothing but blanks", "write what is meant, or leave the field out")


def _is_plain(body: bytes) -> bool:
    """Whether JSON that was read is ASCII without escapes, and no text in it begins with a blank: most of it is."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body and b'" ' not in body


@cache
def _prose(command: type[Command]) -> frozenset[str]:
    """The paths of the fields of *command* that hold prose: texts of several lines."""
    return frozenset(_prose_in(type_info(command), "$"))


def _prose_in(kind: inspect.Type, path: str) -> Iterator[str]:
    match kind:
        case inspect.StrType(max_length=longest) if longest == TEXT_CHARACTERS_MAX:
            yield path
        case inspect.UnionType(types=kinds):
            for alternative in kinds:
                yield from _prose_in(alternative, path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _prose_in(field.type, f"{path}.{field.encode_name}")
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from _prose_in(item, f"{path}[]")
        case _:
            return


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, part in value.items():
                yield from _texts(part, f"{path}.{name}")
        case list() | tuple():
            for nth, part in enumerate(value):
                yield from _texts(part, f"{path}[{nth}]")
        case _:
            return


def _refuse_field(message: str, commands: list[str]) -> NoReturn:
    """Raise the problem for msgspec's *message*, with the path of the field at fault."""
    at = _AT.search(message)
    path, sentence = (at["path"], message[: at.start()]) if at else ("$", message)
    if named := _NAMED.search(sentence):
        path = f"{path}.{named['field']}"
    if commands and path == "$.command":
        is_known = any(f"'{name}'" in sentence for name in commands)
        what = "comes twice, and names" if is_known else "names one of"
        raise Problem(
            "unknown-command",
            f"{sentence[:ECHO_CHARACTERS_MAX]}: the field command {what} {'two' if is_known else 'the'} commands",
            remedy=f"one of: {', '.join(commands)}",
            path=path,
            known=commands,
        )
    kind = "command" if commands else "question"
    raise field_problem(path, sentence, f"the schema of every {kind} is at /schema/openapi.json")


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def field_problem(path: str, sentence: str, remedy: str) -> Problem:
    """The problem of one field of the body."""
    path = path[:ECHO_CHARACTERS_MAX]
    return Problem("invalid-field", f"{path}: {sentence[:ECHO_CHARACTERS_MAX]}", remedy=remedy, path=path)


def _malformed(sentence: str) -> Problem:
    return Problem("malformed-json", sentence, remedy="send one JSON object, in UTF-8", path="$")


def _too_large() -> Problem:
    return Problem(
        "body-too-large",
        f"the body is larger than {BODY_BYTES_MAX} bytes",
        remedy="one command a request; documents are referred to, not sent along",
        limit=BODY_BYTES_MAX,
    )


def leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every single value in *value* with its path; the keys of a mapping too."""
    match value:
        case Struct():
            for name in value.__struct_fields__:
                yield from leaves(f"{path}.{name}", getattr(value, name))
        case dict():
            for key, part in value.items():
                yield f"{path}.{key}", key
                yield from leaves(f"{path}.{key}", part)
        case list() | tuple():
            for nth, part in enumerate(value):
                yield from leaves(f"{path}[{nth}]", part)
        case _:
            yield path, value
