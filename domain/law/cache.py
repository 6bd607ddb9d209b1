"""A cache of limited size: what it holds is emptied when it is full, and computed again."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dictionary of at most *size* entries, for values that are cheap to compute again.

    Emptying it costs less than to note which entry was used last, as `functools.lru_cache` does at each look-up; unlike
    that, it takes a key that is not what the value is computed from.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def __setitem__(self, key: K, value: V) -> None:
        """Store *value*; where there is no room, in the place of all others."""
        if len(self) >= self._size and key not in self:
            self.clear()
        super().__setitem__(key, value)
