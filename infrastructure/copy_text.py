"""Rows as lines of PostgreSQL's COPY text format, for the few types that views hold.

psycopg's own `write_row` asks for an adapter a value and costs many times as much; a rebuild writes a million rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from msgspec import json

ROWS_A_BLOCK = 1000  # some hundred kilobytes: large enough that sending costs nothing, small enough to hold

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_IN_ARRAY = re.compile(r'[\\"]')
NULL = r"\N"

_encode = json.Encoder().encode


def _text(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value) if _SPECIAL.search(value) else value


def _array(values: Sequence[Any]) -> str:
    if not values:
        return "{}"
    quoted = ('"' + _IN_ARRAY.sub(lambda found: "\\" + found[0], str(value)) + '"' for value in values)
    return _text("{" + ",".join(quoted) + "}")


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: _text,
    int: str,
    float: repr,
    bool: lambda value: "t" if value else "f",
    type(None): lambda _: NULL,
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    list: _array,
    bytes: lambda value: r"\\x" + value.hex(),
}
# In JSON these are as COPY reads them, but for quotation marks and null, and none has a comma in it.
_PLAIN = {int, bool, UUID, datetime, date, type(None)}


def _column(values: Sequence[Any]) -> Sequence[str]:
    """*values* of one column as text. Raises TypeError for a value of a type that no view may hold.

    Most columns of a block hold few types: these are written without a call a value.
    """
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return _encode(values)[1:-1].decode().replace('"', "").replace("null", NULL).split(",")
    if kinds == {str}:
        return list(map(_text, values)) if _SPECIAL.search("".join(values)) else values
    if kinds == {list}:
        lists = list(map(tuple, values))
        texts = {items: _array(items) for items in set(lists)}  # there are few different ones
        return list(map(texts.__getitem__, lists))
    if not kinds <= _WRITERS.keys():
        unknown = min(kind.__name__ for kind in kinds - _WRITERS.keys())
        raise TypeError(f"a view's row can't hold a {unknown}")
    return [_WRITERS[type(value)](value) for value in values]


def blocks(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """*rows*, all of one table, as blocks of lines. Raises TypeError for a value of a type that no view may hold."""
    rows = iter(rows)
    while block := list(islice(rows, ROWS_A_BLOCK)):
        columns = [_column(values) for values in zip(*block, strict=True)]
        yield "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"
