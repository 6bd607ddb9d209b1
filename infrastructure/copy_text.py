"""Rows as lines of PostgreSQL's COPY text format, for the few types that views hold.

psycopg's own `write_row` asks for an adapter a value and costs five times as much; a rebuild writes a million rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

ROWS_A_BLOCK = 500  # some hundred kilobytes: large enough that sending costs nothing, small enough to hold

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_IN_ARRAY = re.compile(r'[\\"]')
NULL = r"\N"


def _text(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value) if _SPECIAL.search(value) else value


def _array(values: list[Any]) -> str:
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


def line(row: Iterable[Any]) -> str:
    """*row* as one line. Raises TypeError for a value of a type that no view may hold."""
    try:
        return "\t".join([_WRITERS[type(value)](value) for value in row])
    except KeyError as unknown:
        raise TypeError(f"a view's row can't hold a {unknown.args[0].__name__}") from None


def blocks(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """*rows* as blocks of lines."""
    rows = iter(rows)
    while block := [line(row) for row in islice(rows, ROWS_A_BLOCK)]:
        yield "\n".join(block) + "\n"
