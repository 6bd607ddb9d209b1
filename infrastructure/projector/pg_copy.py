"""Encodes rows as CSV for PostgreSQL's COPY, for the few types that views use.

A JSON array is a CSV line, brackets aside, unless a text in it has escapes. One call encodes a whole block; psycopg's
own `write_row` looks up an adapter for each value and costs many times as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from msgspec import json

FORMAT = r"(FORMAT csv, NULL 'null', ESCAPE '\', ENCODING 'UTF8')"
ARRAYS_CACHED_MAX = 4096  # most are of a few departments
ROWS_A_BLOCK = 1000  # some hundred kilobytes: large enough to make sending cheap, small enough for memory

_KINDS = {str, int, bool, UUID, datetime, date, type(None)}
_ESCAPED = re.compile(r'[\\"]')
_OTHER_ESCAPE = re.compile(rb'\\[^\\"]')  # of JSON; this CSV dialect has \\ and \" alone
_ENCODER = json.Encoder()


def blocks(rows: Iterable[Sequence[Any]], arrays: Sequence[int] = ()) -> Iterator[bytes]:
    """*rows*, all of one table, as blocks of lines in UTF-8; *arrays* are the indexes of columns that hold lists.

    Raises TypeError for a value of an unsupported type. Only the first row of a block is checked, as a view makes all
    rows of a table alike.
    """
    rows = iter(rows)
    while block := list(islice(rows, ROWS_A_BLOCK)):
        if arrays:
            block = _with_arrays(block, arrays)
        require_known(block[0])
        lines = _ENCODER.encode_lines(block)
        yield _slowly(block) if _may_have_other_escapes(lines) else _without_brackets(lines)


def require_known(row: Sequence[Any], *besides: type) -> None:
    """Raise TypeError if *row* has a value of a type that is neither supported nor one of *besides*."""
    if unknown := {type(value).__name__ for value in row if type(value) not in _KINDS and type(value) not in besides}:
        raise TypeError(f"a view's row can't hold a {min(unknown)}")


def _with_arrays(block: Sequence[Sequence[Any]], arrays: Sequence[int]) -> list[Sequence[Any]]:
    """*block* with arrays as PostgreSQL's array literals. Most are empty, and a column has few distinct others."""
    columns: list[Sequence[Any]] = list(zip(*block, strict=True))
    for nth in arrays:
        columns[nth] = [
            _array(tuple(values)) if values else None if values is None else "{}" for values in columns[nth]
        ]
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=ARRAYS_CACHED_MAX)
def _array(values: tuple[Any, ...]) -> str:
    return "{" + ",".join(_quoted(str(value)) for value in values) + "}"


def _may_have_other_escapes(lines: bytes) -> bool:
    r"""Whether *lines* may have JSON escapes besides \\ and \"; also where a text has a backslash of its own."""
    return b"\\" in lines and _OTHER_ESCAPE.search(lines) is not None


def _without_brackets(lines: bytes) -> bytes:
    """The *lines* of arrays, each without its brackets: replacing what is between them takes twice as long."""
    return b"\n".join([line[1:-1] for line in lines.split(b"\n")])


def _slowly(block: Iterable[Sequence[Any]]) -> bytes:
    return "".join(",".join(map(_field, row)) + "\n" for row in block).encode()


def _field(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else _ENCODER.encode(value).decode()


def _quoted(text: str) -> str:
    """*text* in quotes, as both array literals and this CSV dialect need it."""
    return '"' + _ESCAPED.sub(lambda match: "\\" + match[0], text) + '"'
