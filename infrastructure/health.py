"""The database's part of the readiness check, over a separate connection, as those of the pool may all be busy."""

from __future__ import annotations

import psycopg
from msgspec import Struct

from infrastructure.postgres.migrate import APPLIED, unapplied
from infrastructure.projector.positions import HISTORY_POSITIONS, POSITIONS, ViewPosition
from infrastructure.verifier.results import RESULTS, Coverage, Verification, verifications
from infrastructure.webhooks.deliveries import HEALTH, QueueHealth


class DatabaseHealth(Struct, frozen=True):
    """The state of the database. If migrations are *missing*, the other fields are not filled.

    *read_only*: new sessions can't write, as on a standby. *head* is the ledger's last position.
    """

    missing: list[str]
    read_only: bool = False
    head: int = 0
    views: list[ViewPosition] = []
    webhooks: QueueHealth | None = None
    histories: list[ViewPosition] = []
    verifications: dict[Coverage, Verification] = {}


async def database_health(url: str) -> DatabaseHealth:
    """Query the database. Raises psycopg's errors, and MigrationRefusedError if another release has migrated it."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute("SELECT to_regclass('schema_migration')")
        migrated = await cursor.fetchone() != (None,)
        applied = await (await connection.execute(APPLIED)).fetchall() if migrated else []
        if missing := [migration.name for migration in unapplied(applied)]:
            return DatabaseHealth(missing)
        cursor = await connection.execute("SELECT current_setting('transaction_read_only'), seq FROM ledger.head")
        read_only, head = await cursor.fetchone() or ("on", 0)
        views = [ViewPosition(*row) for row in await (await connection.execute(POSITIONS)).fetchall()]
        histories = [ViewPosition(*row) for row in await (await connection.execute(HISTORY_POSITIONS)).fetchall()]
        cursor = await connection.execute(HEALTH)
        queues = QueueHealth(*(await cursor.fetchone() or (0, None, 0, 0)))
        results = verifications(await (await connection.execute(RESULTS)).fetchall())
        return DatabaseHealth([], read_only == "on", head, views, queues, histories, results)
