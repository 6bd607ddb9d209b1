"""An LRU cache of folded states, bounded by the number of facts they were folded from.

How much memory the state of a project takes follows from how many facts it is made of: a hundred thousand facts are
some hundreds of projects that have run for years, or tens of thousands that have just begun.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

EMPTY_WEIGHT = 4  # in facts: the weight of a stream that has none


class WeightedLruCache(Generic[K, V]):
    """States by key, each weighed in facts. The least recently used are evicted first."""

    def __init__(self, facts_max: int) -> None:
        self._facts_max = facts_max
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._weights: dict[K, int] = {}
        self.weight = 0  # of all
        self.get = self._entries.get  # the dictionary's own: asked for with every command

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __getitem__(self, key: K) -> V:
        return self._entries[key]

    def keep(self, key: K, value: V, facts: int) -> None:
        """Store *value*, which was folded from so many *facts*, as the most recently used."""
        self.forget(key)
        self._entries[key] = value
        self._weights[key] = weight = EMPTY_WEIGHT + facts
        self.weight += weight

    def grow(self, key: K, facts: int) -> None:
        """Add so many *facts* to the weight of the entry. Does nothing if it was evicted meanwhile."""
        if key in self._weights:
            self._entries.move_to_end(key)
            self._weights[key] += facts
            self.weight += facts

    def forget(self, key: K) -> V | None:
        """Remove and return the value of *key*, or None."""
        self.weight -= self._weights.pop(key, 0)
        return self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()
        self._weights.clear()
        self.weight = 0

    def make_room(self, spare: int = 1) -> None:
        """Evict entries above the limit, but never the *spare* most recently used ones."""
        while self.weight > self._facts_max and len(self._entries) > spare:
            oldest, _ = self._entries.popitem(last=False)
            self.weight -= self._weights.pop(oldest)
