"""Counters for case numbers: taken from the database's sequence in batches, and given out one by one."""

from __future__ import annotations

import asyncio
from collections import deque
from time import monotonic
from typing import Protocol

from projections.reader import Reader

BATCH_MIN, BATCH_MAX = 50, 12_800  # a process that ends leaves as many unused at most: a gap in the numbers
SECONDS_MIN, SECONDS_MAX = 4.0, 40.0  # a batch that lasts less is followed by one of twice its size; more, of half
TAKE = "SELECT ledger.take_case_counters(%s)"


class CaseCounter(Protocol):
    """Where the counters of case numbers in *area* come from."""

    area: str

    async def next(self) -> int:
        """A counter that was never given before."""

    def give_back(self, counter: int) -> None:
        """Take one back with which nothing was stored; 0: none was taken."""

    async def close(self) -> None:
        """End what is under way."""


class SequenceCounter:
    """The database's own sequence. The next batch is taken while half of the last one is left, so that no command
    waits.
    """

    def __init__(self, store: Reader, area: str) -> None:
        self.area = area
        self._store = store
        self._free: deque[int] = deque()
        self._batch, self._taken_at = BATCH_MIN, monotonic() - SECONDS_MIN
        self._taking: asyncio.Task[None] | None = None

    async def next(self) -> int:
        """A counter that was never given before. Raises psycopg's errors."""
        while not self._free:
            await asyncio.shield(self._next_batch())
        if len(self._free) <= self._batch // 2:
            self._next_batch()
        return self._free.popleft()

    def _next_batch(self) -> asyncio.Task[None]:
        """The task that takes the next batch, which is begun where none is under way.

        A task that is done is never returned: to await it does not yield, and commands that used up its counters before
        the loop ran its callbacks would wait endlessly, and with them the whole process.
        """
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(self._take())
            self._taking.add_done_callback(_look_at_error)
        return self._taking

    async def _take(self) -> None:
        now = monotonic()
        lasted, self._taken_at = now - self._taken_at, now
        if lasted < SECONDS_MIN:
            self._batch = min(self._batch * 2, BATCH_MAX)
        elif lasted > SECONDS_MAX:
            self._batch = max(self._batch // 2, BATCH_MIN)
        async with self._store.cursor() as cursor:
            await cursor.execute(TAKE, [self._batch])
            self._free.extend([counter for (counter,) in await cursor.fetchall()])

    async def close(self) -> None:
        """End the taking of a batch."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait([self._taking])

    def give_back(self, counter: int) -> None:
        if counter:
            self._free.appendleft(counter)


def _look_at_error(taking: asyncio.Task[None]) -> None:
    """Retrieve the error of a batch: commands that wait for it get it, and asyncio need not warn where none does."""
    if not taking.cancelled():
        taking.exception()
