"""Rows of views before and after a ledger was carried over: the same, but in columns that a changed rule is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from tests.proofs.proof import RefutedError

Row = dict[str, Any]
Key = tuple[Any, ...]
Added = tuple[tuple[str, ...], AbstractSet[Key]]  # key columns of a table, and keys of rows that a judge explains

COLUMNS = """
    SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'views' GROUP BY table_name
"""
OWN_TABLES = frozenset({"position", "stumble"})  # of the projector, in the schema of the views
ROWS_SHOWN = 3


class ViewRows:
    """The views of one database: which columns they have, and their rows."""

    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url) as connection:
            self.columns: dict[str, list[str]] = dict(connection.execute(COLUMNS).fetchall())

    def texts(self, table: str, names: list[str], but_for: Added | None = None) -> set[str]:
        """The rows of *table* in the columns *names*, as text; without those of the keys *but_for*."""
        key, left_out = but_for or ((), frozenset[Key]())
        row = SQL("ROW({})::text").format(SQL(", ").join(map(Identifier, names)))
        shown = SQL(", ").join([row, *map(Identifier, key)])
        query: Composed = SQL("SELECT {} FROM {}").format(shown, Identifier("views", table))
        with psycopg.connect(self.url) as connection:
            connection.execute("SET timezone = 'UTC'")
            return {text for text, *values in connection.execute(query) if tuple(values) not in left_out}

    def rows(self, table: str) -> list[Row]:
        """The rows of *table*, by column."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            connection.execute("SET timezone = 'UTC'")
            return connection.execute(SQL("SELECT * FROM {}").format(Identifier("views", table))).fetchall()

    def keyed(self, table: str, names: Iterable[str]) -> dict[Key, Row]:
        """The rows of *table* by their key columns *names*."""
        return {tuple(row[name] for name in names): row for row in self.rows(table)}


def require_same_rows(
    former: ViewRows, current: ViewRows, judged: Mapping[str, tuple[str, ...]], added: Mapping[str, Added]
) -> int:
    """The rows of every table that both have say the same, in the columns that both have but for those in *judged*.

    A table of which all columns are judged has none in *judged*; *added* are rows of today that a judge explains.
    How many rows there are. Raises RefutedError.
    """
    rows, differing = 0, list[str]()
    for table in sorted((former.columns.keys() & current.columns.keys()) - OWN_TABLES):
        but_for = judged.get(table, ())
        names = [name for name in former.columns[table] if name in current.columns[table] and name not in but_for]
        if table in judged and not but_for:
            continue
        olds, news = former.texts(table, names), current.texts(table, names, added.get(table))
        rows += len(news)
        if olds != news:
            removed, new = sorted(olds - news)[:ROWS_SHOWN], sorted(news - olds)[:ROWS_SHOWN]
            differing.append(f"{table}({', '.join(names)}): {len(olds - news)} rows, such as {removed}, are now {new}")
    if differing:
        raise RefutedError("\n".join(differing))
    return rows


def moved(former: Mapping[Key, Row], current: Mapping[Key, Row]) -> dict[Key, tuple[Row, Row]]:
    """The rows of which both have the key, and not the same values in the columns that both have."""
    both = ((key, former[key], current[key]) for key in former.keys() & current.keys())
    return {
        key: (before, after)
        for key, before, after in both
        if any(before[name] != after[name] for name in before.keys() & after.keys())
    }
