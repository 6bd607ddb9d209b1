"""Counters for case numbers: taken from the database's sequence some at a time, and given out one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from projections.reader import Reader

COUNTERS_AT_ONCE = 50  # what a process that ends leaves unused: a gap of so many numbers at most
TAKE = "SELECT ledger.take_case_counters(%s)"


class CaseCounter(Protocol):
    """Where the counters of case numbers in *area* come from."""

    area: str

    async def next(self) -> int:
        """A counter that was never given before."""

    def give_back(self, counter: int) -> None:
        """Take one back with which nothing was stored."""


class SequenceCounter:
    """The database's own sequence."""

    def __init__(self, store: Reader, area: str) -> None:
        self.area = area
        self._store = store
        self._free: deque[int] = deque()
        self._lock = asyncio.Lock()

    async def next(self) -> int:
        """A counter that was never given before. Raises psycopg's errors."""
        while not self._free:
            async with self._lock:
                if not self._free:
                    await self._fill()
        return self._free.popleft()

    async def _fill(self) -> None:
        async with self._store.cursor() as cursor:
            await cursor.execute(TAKE, [COUNTERS_AT_ONCE])
            self._free.extend([counter for (counter,) in await cursor.fetchall()])

    def give_back(self, counter: int) -> None:
        self._free.appendleft(counter)
