"""One merge of legal persons at a time in the whole installation, so that two can't close a circle between them.

A merge is decided on two streams and recorded in one of them, whose version does not show the other. Merges are
rare, so they take turns: each waits for the lock, sees every merge before it, and releases it when its own is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from psycopg.errors import LockNotAvailable

from infrastructure.ledger.committer import BusyError
from infrastructure.ledger.reader import Store

MERGING_KEY = 0x436F756E_4D455247  # the advisory lock for merges
PATIENCE = "SET LOCAL lock_timeout = '10s'"  # a merge takes milliseconds
LOCK = "SELECT pg_advisory_xact_lock(%s)"  # freed with the transaction, also by kill -9

_here: WeakKeyDictionary[Store, asyncio.Lock] = WeakKeyDictionary()


@asynccontextmanager
async def merging(store: Store) -> AsyncIterator[None]:
    """Hold the lock for merges during the block. Raises BusyError if another process does not release it in ten
    seconds.
    """
    async with _here.setdefault(store, asyncio.Lock()), store.connection() as connection, connection.transaction():
        try:
            await connection.execute(PATIENCE)
            await connection.execute(LOCK, [MERGING_KEY])
        except LockNotAvailable as held:
            raise BusyError("another process is merging legal persons: nothing was stored, try again") from held
        yield
