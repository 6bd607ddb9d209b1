"""Versions of rows: from when until when a table contained each row, on one of two axes of time.

On the *known* axis a version lasts from one recorded instant to another: it is what the system showed. On the *valid*
axis it lasts from one legal instant to another: it is what is now known to have been the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import LiteralString

from msgspec import Struct

from domain.law.licensing.forecast import DISTANT
from projections.view import Row, Table, replacements

STILL = DISTANT  # the end of a version that lasts
BEGINNINGS, ENDS = ("known_from", "valid_from"), ("known_until", "valid_until")  # columns of a version


class Version(Struct):
    """A row, and when it was in the table: from *start* until before *end*."""

    row: Row
    start: datetime
    end: datetime = STILL


class TableVersions:
    """All versions of the rows of *table* for one project, by the rest of their key, in order of time."""

    def __init__(self, table: Table) -> None:
        self.by_key: dict[Row, list[Version]] = {}
        self._key, self._shown = slice(1, table.key), tuple[Row, ...]()

    def show(self, at: datetime, rows: tuple[Row, ...]) -> None:
        """From *at* on the table consists of *rows*. Instants have to come in ascending order."""
        replaced, removed = replacements(self._shown, rows, self._key)
        for key, row, was in replaced:
            if was is not None:
                self.by_key[key][-1].end = at
            self.by_key.setdefault(key, []).append(Version(row, at))
        for key in removed:
            self.by_key[key][-1].end = at
        self._shown = rows


def combined(known: Sequence[Version], valid: Sequence[Version]) -> Iterator[Row]:
    """The versions of one row on both axes: (row, known from, known until, valid from, valid until).

    Equal rows share one version; one that is on one axis alone is nowhere on the other. The last versions are matched
    first, so that a version added later on both axes leaves the pairs before it as they are.
    """
    left = len(valid)
    for version in reversed(known):
        at = next((nth for nth in range(left - 1, -1, -1) if valid[nth].row == version.row), None)
        if at is None:
            yield version.row, version.start, version.end, STILL, STILL
            continue
        for alone in valid[at + 1 : left]:
            yield alone.row, STILL, STILL, alone.start, alone.end
        yield version.row, version.start, version.end, valid[at].start, valid[at].end
        left = at
    for alone in valid[:left]:
        yield alone.row, STILL, STILL, alone.start, alone.end


def history_of(table: Table, indexes: Sequence[LiteralString] = ()) -> Table:
    """The table of the versions of *table*'s rows: their key, both beginnings, the other columns, both ends."""
    return Table(
        history_name(table),
        (
            *table.columns[: table.key],
            *((name, "timestamptz") for name in BEGINNINGS),
            *table.columns[table.key :],
            *((name, "timestamptz NOT NULL") for name in ENDS),
        ),
        key=table.key + len(BEGINNINGS),
        indexes=tuple(indexes),
    )


def history_name(table: Table) -> str:
    """The name of the table of the versions of *table*'s rows."""
    return f"{table.name}_history"


AXES: tuple[LiteralString, ...] = ("known", "valid")
# Which versions of rows there were at an instant: for lists that no other index narrows down.
AT_AN_INSTANT: tuple[LiteralString, ...] = tuple(f"USING gist (tstzrange({axis}_from, {axis}_until))" for axis in AXES)


def covering(axis: LiteralString, columns: Iterable[LiteralString]) -> LiteralString:
    """The index on *axis* at an instant that has *columns* as well, so that these are not read from the table.

    No column may be as long as a page: lists of codes are not for it.
    """
    others: LiteralString = ", ".join(columns)
    return f"USING gist (tstzrange({axis}_from, {axis}_until)) INCLUDE ({axis}_from, {axis}_until, {others})"
