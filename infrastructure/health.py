"""What readiness rests on, asked of the database over a connection of its own: those of the pool may all be busy."""

from __future__ import annotations

import psycopg
from msgspec import Struct

from infrastructure.postgres.migrate import APPLIED, unapplied
from infrastructure.projector.positions import POSITIONS, ViewPosition


class Seen(Struct, frozen=True):
    """What the database told. *missing* are migrations that it has not seen; where there are any, nothing else is told.

    *read_only* is whether new sessions may change nothing, as on a standby; *head* is the ledger's last position.
    """

    missing: list[str]
    read_only: bool = False
    head: int = 0
    views: list[ViewPosition] = []


async def seen(url: str) -> Seen:
    """Ask. Raises psycopg's errors, and MigrationRefusedError where the database is another release's."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute("SELECT to_regclass('schema_migration')")
        migrated = await cursor.fetchone() != (None,)
        applied = await (await connection.execute(APPLIED)).fetchall() if migrated else []
        if missing := [migration.name for migration in unapplied(applied)]:
            return Seen(missing)
        cursor = await connection.execute("SELECT current_setting('transaction_read_only'), seq FROM ledger.head")
        read_only, head = await cursor.fetchone() or ("on", 0)
        views = [ViewPosition(*row) for row in await (await connection.execute(POSITIONS)).fetchall()]
        return Seen([], read_only == "on", head, views)
