"""A cache whose entries expire after seconds; concurrent look-ups of one key are coalesced."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
ENTRIES_MAX = 10_000

LookUp = Callable[[], Awaitable[tuple[T, float]]]  # the value, and for how many seconds it may be used


class LookupCache(Generic[T]):
    """Values by the digest of the credential that they belong to. An error is not cached: all that wait get it."""

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._entries_max = entries_max
        self._entries: dict[bytes, tuple[float, T]] = {}
        self._under_way: dict[bytes, asyncio.Task[tuple[T, float]]] = {}

    def cached(self, digest: bytes) -> T | None:
        """The cached value for *digest*; None if it has to be looked up, and if None is the value."""
        entry = self._entries.get(digest)
        return entry[1] if entry is not None and entry[0] > time.monotonic() else None

    async def get(self, digest: bytes, look_up: LookUp[T]) -> T:
        """The value for *digest*: the cached one, or what *look_up* finds."""
        entry = self._entries.get(digest)
        if entry is not None and entry[0] > time.monotonic():
            return entry[1]
        task = self._under_way.get(digest)
        if task is None:
            task = self._under_way[digest] = asyncio.create_task(self._looked_up(digest, look_up))
        value, _ = await asyncio.shield(task)  # a client that goes away does not end it for the others
        return value

    def clear(self) -> None:
        """Empty the cache; the results of look-ups in flight are not cached either."""
        self._entries.clear()
        self._under_way.clear()

    async def _looked_up(self, digest: bytes, look_up: LookUp[T]) -> tuple[T, float]:
        began, task = time.monotonic(), asyncio.current_task()
        try:
            value, seconds = await look_up()
            if self._under_way.get(digest) is task:  # nothing ended meanwhile
                if len(self._entries) >= self._entries_max:
                    self._entries.clear()
                self._entries[digest] = began + seconds, value
            return value, seconds
        finally:
            if self._under_way.get(digest) is task:
                del self._under_way[digest]
