"""Writes rows of views to PostgreSQL in bulk: COPY, staging tables, upserts, deletes, and sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import structlog
from msgspec import Struct, json
from psycopg.sql import SQL, Composed, Identifier, Literal

from infrastructure.postgres.roles import as_views_owner
from infrastructure.projector.pg_copy import FORMAT, blocks, require_known
from projections.history.versions import BEGINNINGS, ENDS, STILL
from projections.view import SCHEMA, Change, Projected, Row, Table, create, create_indexes

BATCH_KEY = 0x436F756E_42415443  # advisory lock: shared while a batch is written, exclusive during a rebuild
# The tables of a view say whose they are in their comments: a later version may have fewer.
OF_VIEW: LiteralString = """
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND obj_description(c.oid, 'pg_class') = %s
"""

log = structlog.get_logger()


def make_tables(connection: psycopg.Connection[Any], view: Projected, schema: str = SCHEMA) -> None:
    """Create the view's tables, empty, dropping existing ones, also those that only a former version of it had."""
    with as_views_owner(connection):
        drop_tables(connection, view, schema)
        for table in view.tables:
            for statement in create(schema, table):
                connection.execute(statement)
            name, whose = Identifier(schema, table.name), Literal(_comment_of(view))
            connection.execute(SQL("COMMENT ON TABLE {} IS {}").format(name, whose))


def drop_tables(connection: psycopg.Connection[Any], view: Projected, schema: str = SCHEMA) -> None:
    """Drop the tables of any version of the view."""
    marked = [name for (name,) in connection.execute(OF_VIEW, [schema, _comment_of(view)]).fetchall()]
    for name in dict.fromkeys([*(table.name for table in view.tables), *marked]):
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(schema, name)))


def _comment_of(view: Projected) -> str:
    return f"A table of the view {view.name}, made from the ledger."


def make_indexes(connection: psycopg.Connection[Any], view: Projected, schema: str = SCHEMA) -> None:
    for table in view.tables:
        for statement in create_indexes(schema, table):
            connection.execute(statement)


def invalidate_views_ahead(connection: psycopg.Connection[Any]) -> list[str]:
    """Mark views for a rebuild that are ahead of the ledger, as after a restore from a backup; returns their names."""
    rows = connection.execute(
        "UPDATE views.position SET version = 0, seq = 0 WHERE seq > (SELECT seq FROM ledger.head) RETURNING view"
    ).fetchall()
    if rows:
        log.critical("views_ahead_of_ledger", views=[view for (view,) in rows])
    return [view for (view,) in rows]


class Lines(Struct, frozen=True):
    """The changes to one table, encoded: rows as blocks of lines for COPY, and keys of rows to delete."""

    table: Table
    new: list[bytes]
    staged: list[bytes]  # rows that replace existing ones, or are added to those of a summed table
    deleted: list[Row]
    few: str = ""  # the rows as JSON instead, if there are few of them
    closed: list[str] = []  # of a history: ends of versions, as JSON
    rewritten: list[UUID] = []  # of a history: projects whose rows are deleted first

    @classmethod
    def of(cls, table: Table, change: Change, few_max: int) -> Lines:
        """Encode *change*; up to *few_max* rows as JSON. Raises TypeError for a value of an unsupported type."""
        ends = [_closes(table, change.closes)] if change.closes else []
        if 0 < len(change.inserts) + len(change.updates) <= few_max:
            few = _json(table, change.inserts + change.updates)
            return cls(table, [], [], change.deletes, few, ends, change.rewritten)
        if table.summed:
            return cls(table, [], list(lines_of(table, change.inserts)), [])
        new, staged = lines_of(table, change.inserts), lines_of(table, change.updates)
        return cls(table, list(new), list(staged), change.deletes, closed=ends, rewritten=change.rewritten)

    def as_upserts(self) -> Lines:
        """The same changes for a table that may already contain the new rows."""
        return Lines(self.table, [], self.new + self.staged, self.deleted, self.few, self.closed, self.rewritten)


def lines_of(table: Table, rows: Iterable[Row]) -> Iterator[bytes]:
    """*rows* of *table* as blocks of lines for `copy_rows`. Raises TypeError for a value of an unsupported type."""
    return blocks(rows, [nth for nth, (_, kind) in enumerate(table.columns) if "[]" in kind])


def _json(table: Table, rows: Sequence[Row]) -> str:
    require_known(rows[0], list)
    names = [name for name, _ in table.columns]
    return json.encode([dict(zip(names, row, strict=True)) for row in rows]).decode()


def _closes(table: Table, closes: Sequence[Row]) -> str:
    """The ends of versions of a history's *table*: the key of its base table, known_until and valid_until."""
    names = [*(name for name, _ in table.columns[: table.key - len(BEGINNINGS)]), *ENDS]
    return json.encode([dict(zip(names, row, strict=True)) for row in closes]).decode()


def copy_rows(connection: psycopg.Connection[Any], table: Table, sent: Iterable[bytes], into: Composed) -> None:
    """COPY *sent*, blocks of lines, into the table named by *into*, whose columns are those of *table*."""
    statement = SQL("COPY {} ({}) FROM STDIN {}").format(into, SQL(", ").join(table.names), SQL(FORMAT))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in sent:
            copy.write(block)


def stage(connection: psycopg.Connection[Any], lines: Lines, schema: str = SCHEMA) -> None:
    """COPY new rows into the table, and the others into a staging table for `settle`.

    In a history, versions are ended and projects cleared before. Raises psycopg.errors.UniqueViolation if a new row
    exists already.
    """
    target = Identifier(schema, lines.table.name)
    if lines.rewritten:
        clear = SQL("DELETE FROM {} WHERE project = ANY(%s)").format(target)
        connection.execute(clear, [lines.rewritten])
    for ends in lines.closed:
        connection.execute(_ended(lines.table, target), {"ends": ends, "still": STILL})
    if lines.new:
        copy_rows(connection, lines.table, lines.new, SQL("{}").format(target))
    if lines.staged:
        staging = _staging(lines.table)
        connection.execute(
            SQL("CREATE TEMP TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(staging, target)
        )
        copy_rows(connection, lines.table, lines.staged, SQL("{}").format(staging))


def settle(connection: psycopg.Connection[Any], lines: Lines, schema: str = SCHEMA) -> None:
    """Delete rows, and merge the staged ones into the table: statements without COPY, so that they can be pipelined."""
    table, target = lines.table, Identifier(schema, lines.table.name)
    source, params = SQL("{}").format(_staging(table)), list[str]()
    if lines.few:
        source, params = SQL("json_populate_recordset(NULL::{}, %s::json)").format(target), [lines.few]
    if lines.deleted:
        _delete(connection, table, lines.deleted, target)
    if lines.staged or lines.few:
        for statement in _added(table, target, source) if table.summed else [_updated(table, target, source)]:
            connection.execute(statement, params)


def add_up(connection: psycopg.Connection[Any], table: Table, schema: str) -> None:
    """Aggregate the rows of a summed table that has no key yet into one row per key, dropping zero sums."""
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


def _added(table: Table, target: Identifier, source: Composed) -> list[Composed]:
    """Statements that add the rows of *source* to a summed table, and delete rows whose sum becomes zero."""
    keys, number = SQL(", ").join(table.names[: table.key]), table.names[-1]
    same = SQL(" AND ").join(SQL("t.{0} = s.{0}").format(name) for name in table.names[: table.key])
    return [
        SQL(
            "INSERT INTO {0} AS t ({1}, {2}) SELECT {1}, sum({2}) FROM {3} GROUP BY {1}"
            " ON CONFLICT ({1}) DO UPDATE SET {2} = t.{2} + excluded.{2}"
        ).format(target, keys, number, source),
        SQL("DELETE FROM {} AS t USING {} AS s WHERE {} AND t.{} = 0").format(target, source, same, number),
    ]


def _ended(table: Table, target: Identifier) -> Composed:
    """The statement that ends the last versions of some rows of a history: these are on both axes."""
    keys = table.names[: table.key - len(BEGINNINGS)]
    return SQL(
        "UPDATE {0} AS h SET known_until = e.known_until, valid_until = e.valid_until"
        " FROM json_populate_recordset(NULL::{0}, %(ends)s::json) AS e"
        " WHERE {1} AND h.known_until = %(still)s AND h.known_from < %(still)s"
    ).format(target, SQL(" AND ").join(SQL("h.{0} = e.{0}").format(name) for name in keys))


def _updated(table: Table, target: Identifier, source: Composed) -> Composed:
    """The statement that upserts the rows of *source*."""
    keys = SQL(", ").join(table.names[: table.key])
    updates = SQL(", ").join(SQL("{0} = excluded.{0}").format(name) for name in table.names[table.key :])
    statement = SQL("INSERT INTO {} SELECT * FROM {} ON CONFLICT ({}) DO UPDATE SET {}")
    return statement.format(target, source, keys, updates)


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
