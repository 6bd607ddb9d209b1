"""How far publishing has come, beside the ledger: for `status` and `/metrics`, and for a stream that was emptied.

The stream itself says where to go on. What is stored here is only used if its last message was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from msgspec import Struct

from infrastructure.ledger.reader import Store

COLUMNS: LiteralString = "stream, position, sequence, created_at, published_at, trouble, trouble_since"
PUBLICATIONS: LiteralString = f"SELECT {COLUMNS} FROM process.publication ORDER BY stream"  # noqa: S608 our own constant
OF_STREAM: LiteralString = f"SELECT {COLUMNS} FROM process.publication WHERE stream = %s"  # noqa: S608
REACHED: LiteralString = """
    INSERT INTO process.publication AS p (stream, position, sequence, created_at, published_at)
    VALUES (%(stream)s, %(position)s, %(sequence)s, %(created)s, %(published_at)s)
    ON CONFLICT (stream) DO UPDATE SET position = excluded.position, sequence = excluded.sequence,
        created_at = excluded.created_at, published_at = coalesce(excluded.published_at, p.published_at),
        trouble = '', trouble_since = NULL
"""
TROUBLE: LiteralString = """
    INSERT INTO process.publication AS p (stream, position, sequence, trouble, trouble_since)
    VALUES (%(stream)s, 0, 0, %(trouble)s, %(now)s)
    ON CONFLICT (stream) DO UPDATE SET trouble = excluded.trouble, trouble_since = coalesce(p.trouble_since, %(now)s)
"""
FORGET: LiteralString = "DELETE FROM process.publication WHERE stream = %s RETURNING stream"


class Publication(Struct, frozen=True):
    """What is known of a *stream*: it holds the events up to the ledger's *position*, the last of them as *sequence*.

    *created_at* is when the stream was made; *trouble* what keeps events from it, since *trouble_since*.
    """

    stream: str
    position: int
    sequence: int
    created_at: datetime | None = None
    published_at: datetime | None = None
    trouble: str = ""
    trouble_since: datetime | None = None


def publications(rows: Iterable[tuple[Any, ...]]) -> list[Publication]:
    """The rows of PUBLICATIONS."""
    return [Publication(*row) for row in rows]


class PublicationRecord:
    """The row of one *stream* in the database of *store*."""

    def __init__(self, store: Store, stream: str) -> None:
        self._store, self._stream = store, stream

    async def read(self) -> Publication | None:
        """What is known of the stream; None before it was first published to."""
        async with self._store.connection() as connection:
            rows = await (await connection.execute(OF_STREAM, [self._stream])).fetchall()
        return publications(rows)[0] if rows else None

    async def note_reached(
        self, position: int, sequence: int, created: datetime | None, published_at: datetime | None
    ) -> None:
        """Record that the stream holds all up to *position*; *published_at* is None where nothing was added."""
        params = {
            "stream": self._stream,
            "position": position,
            "sequence": sequence,
            "created": created,
            "published_at": published_at,
        }
        async with self._store.connection() as connection:
            await connection.execute(REACHED, params)

    async def note_trouble(self, trouble: str, now: datetime) -> None:
        """Record what keeps events from the stream."""
        params = {"stream": self._stream, "trouble": trouble.replace("\0", ""), "now": now}
        async with self._store.connection() as connection:
            await connection.execute(TROUBLE, params)

    async def forget(self) -> bool:
        """Delete the row, once nothing publishes to the stream; False where there is none."""
        async with self._store.connection() as connection:
            return bool(await (await connection.execute(FORGET, [self._stream])).fetchall())
