"""Rows of the views into PostgreSQL: a set at a time, whatever the view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from infrastructure.copy_text import blocks
from projections.view import Change, Row, Table, View, create, create_indexes

SCHEMA = "views"
BATCH_KEY = 0x436F756E_42415443  # the advisory lock shared by a batch under way; a rebuild holds it alone


def make_tables(connection: psycopg.Connection[Any], view: View[Any], schema: str = SCHEMA) -> None:
    """Create the view's tables afresh, empty."""
    for table in view.tables:
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(schema, table.name)))
        for statement in create(schema, table):
            connection.execute(statement)


def make_indexes(connection: psycopg.Connection[Any], view: View[Any], schema: str = SCHEMA) -> None:
    for table in view.tables:
        for statement in create_indexes(schema, table):
            connection.execute(statement)


def copy_rows(connection: psycopg.Connection[Any], table: Table, rows: Iterable[Row], into: Composed) -> None:
    """COPY *rows* into the table named by *into*, whose columns are those of *table*."""
    statement = SQL("COPY {} ({}) FROM STDIN").format(into, SQL(", ").join(table.names))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in blocks(rows):
            copy.write(block)


def stage(connection: psycopg.Connection[Any], table: Table, change: Change, schema: str = SCHEMA) -> None:
    """Send the rows of *change*. The new ones are then in the table, the others where `settle` finds them.

    Raises psycopg.errors.UniqueViolation where a new one is there already.
    """
    target = Identifier(schema, table.name)
    if change.inserts and not table.summed:
        copy_rows(connection, table, change.inserts, SQL("{}").format(target))
    if staged := change.inserts if table.summed else change.updates:
        connection.execute(
            SQL("CREATE TEMP TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(_staging(table), target)
        )
        copy_rows(connection, table, staged, SQL("{}").format(_staging(table)))


def settle(connection: psycopg.Connection[Any], table: Table, change: Change, schema: str = SCHEMA) -> None:
    """What is left to do of *change* once it is staged: statements alone, for a pipeline."""
    target = Identifier(schema, table.name)
    if change.deletes:
        _delete(connection, table, change.deletes, target)
    if table.summed:
        _add(connection, table, target)
    elif change.updates:
        _update(connection, table, target)


def add_up(connection: psycopg.Connection[Any], table: Table, schema: str) -> None:
    """Make one row of all that a summed table without a key yet has for it. Those that come to nothing go."""
    target, keys, number = Identifier(schema, table.name), SQL(", ").join(table.names[: table.key]), table.names[-1]
    with connection.transaction():
        connection.execute(
            SQL(
                "CREATE TEMP TABLE added ON COMMIT DROP AS SELECT {0}, sum({1}) AS n FROM {2}"
                " GROUP BY {0} HAVING sum({1}) <> 0"
            ).format(keys, number, target)
        )
        connection.execute(SQL("TRUNCATE {}").format(target))
        connection.execute(SQL("INSERT INTO {} ({}, {}) TABLE added").format(target, keys, number))


def _staging(table: Table) -> Identifier:
    return Identifier(f"staging_{table.name}")


def _add(connection: psycopg.Connection[Any], table: Table, target: Identifier) -> None:
    """Add what is staged to a summed table. A row that has come to nothing goes, as if it had never been."""
    keys, number = SQL(", ").join(table.names[: table.key]), table.names[-1]
    connection.execute(
        SQL(
            "INSERT INTO {0} AS t ({1}, {2}) SELECT {1}, sum({2}) FROM {3} GROUP BY {1}"
            " ON CONFLICT ({1}) DO UPDATE SET {2} = t.{2} + excluded.{2}"
        ).format(target, keys, number, _staging(table))
    )
    same = SQL(" AND ").join(SQL("t.{0} = s.{0}").format(name) for name in table.names[: table.key])
    connection.execute(
        SQL("DELETE FROM {} AS t USING {} AS s WHERE {} AND t.{} = 0").format(target, _staging(table), same, number)
    )


def _update(connection: psycopg.Connection[Any], table: Table, target: Identifier) -> None:
    """Put what is staged in the place of what was there, or where nothing was."""
    keys = SQL(", ").join(table.names[: table.key])
    updates = SQL(", ").join(SQL("{0} = excluded.{0}").format(name) for name in table.names[table.key :])
    connection.execute(
        SQL("INSERT INTO {} SELECT * FROM {} ON CONFLICT ({}) DO UPDATE SET {}").format(
            target, _staging(table), keys, updates
        )
    )


def _delete(connection: psycopg.Connection[Any], table: Table, keys: Sequence[Row], target: Identifier) -> None:
    names = table.names[: table.key]
    arrays = SQL(", ").join(SQL("%s::{}[]").format(SQL(kind)) for _, kind in table.columns[: table.key])
    same = SQL(" AND ").join(SQL("t.{0} = k.{0}").format(name) for name in names)
    connection.execute(
        SQL("DELETE FROM {} AS t USING unnest({}) AS k ({}) WHERE {}").format(
            target, arrays, SQL(", ").join(names), same
        ),
        [list(column) for column in zip(*keys, strict=True)],
    )
