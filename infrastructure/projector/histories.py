"""Iterates over the histories of all projects with a server-side cursor, without loading the ledger into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import attrgetter

import psycopg

from domain.messages import Entry
from domain.streams import of_project
from infrastructure.ledger.mapper import COLUMNS, StoredRow, entry_from
from infrastructure.ledger.reader import configure, head_of

ROWS_FETCHED = 5000  # per round trip: a few megabytes


def histories(url: str, progress: Callable[[int, int], None] = lambda _done, _of: None) -> Iterator[list[Entry]]:
    """All entries of each project in version order, from one snapshot.

    *progress* is called with (entries read, entries in all).
    """
    query = f"SELECT {COLUMNS} FROM ledger.event ORDER BY stream, version"  # noqa: S608 our own constants
    with psycopg.connect(url) as connection:
        configure(connection)
        last = head_of(connection)
        with connection.cursor("histories", binary=True) as cursor:
            cursor.itersize = ROWS_FETCHED
            cursor.execute(query)
            rows, done = (StoredRow(*row) for row in cursor), 0
            for _, of_stream in groupby(rows, attrgetter("stream")):
                entries = [entry_from(row) for row in of_stream]
                done += len(entries)
                progress(done, max(done, last))
                if of_project(entries):
                    yield entries
