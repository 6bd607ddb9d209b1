"""Every project's history, one project after the other, without holding the ledger in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

import psycopg

from domain.streams import of_project
from domain.vocabulary import Entry
from infrastructure.chain import StoredRow
from infrastructure.mapper import entry_from
from infrastructure.store import COLUMNS, configure

ROWS_FETCHED = 5000  # at a time: a few megabytes


def histories(url: str) -> Iterator[list[Entry]]:
    """All entries of each project in version order, as the ledger stood when the reading began."""
    query = f"SELECT {COLUMNS} FROM ledger.event ORDER BY stream, version"  # noqa: S608 our own constants
    with psycopg.connect(url) as connection:
        configure(connection)
        with connection.cursor("histories", binary=True) as cursor:
            cursor.itersize = ROWS_FETCHED
            cursor.execute(query)
            rows = (StoredRow(*row) for row in cursor)
            for _, of_stream in groupby(rows, attrgetter("stream")):
                entries = [entry_from(row) for row in of_stream]
                if of_project(entries):
                    yield entries
