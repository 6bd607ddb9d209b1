"""Announces that a session ended, a key was revoked or a grant changed, so that every server looks again at once."""

from __future__ import annotations

import psycopg
import structlog

from infrastructure.identity.primary import PrimaryAwayError
from infrastructure.ledger.reader import Store

CHANNEL = "countersign_identity"  # a notification here empties the caches of every server

log = structlog.get_logger()


async def announce_change(store: Store) -> None:
    """Have the caches of every server emptied."""
    try:
        async with store.connection() as connection:
            await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    except (psycopg.errors.ReadOnlySqlTransaction, PrimaryAwayError) as away:  # then nothing can have changed
        log.debug("change_not_announced", reason=str(away).strip())
