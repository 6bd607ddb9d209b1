"""The digest of views: SHA-256 over the rows of their tables, in the order of their keys, as PostgreSQL copies them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import psycopg
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from projections.view import Projected, Table


class TableDigest(Struct, frozen=True):
    """One table: its name, and the SHA-256 in hex of its rows, a line each in the text format of COPY, in UTC."""

    table: str
    sha256: str


def view_digests(connection: psycopg.Connection[Any], view: Projected, schema: str) -> list[TableDigest]:
    """The digest of each of the view's tables in *schema*, without ever holding more than a block of rows."""
    connection.execute("SET timezone = 'UTC'")
    return [TableDigest(table.name, _digest(connection, table, schema)) for table in view.tables]


def _digest(connection: psycopg.Connection[Any], table: Table, schema: str) -> str:
    key = SQL(", ").join(SQL('{}::text COLLATE "C"').format(name) for name in table.names[: table.key])
    query = SQL("COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT")
    digest = sha256()
    columns = SQL(", ").join(table.names)
    copied = query.format(columns=columns, table=Identifier(schema, table.name), key=key)
    with connection.cursor() as cursor, cursor.copy(copied) as rows:
        for block in rows:
            digest.update(block)
    return digest.hexdigest()


def digest_of(tables: Sequence[TableDigest]) -> str:
    """One SHA-256 in hex of all tables: over a line for each, its digest, two spaces and its name, sorted by name."""
    lines = [f"{table.sha256}  {table.table}\n" for table in sorted(tables, key=lambda table: table.table)]
    return sha256("".join(lines).encode()).hexdigest()
