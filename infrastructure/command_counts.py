"""Counters of one process: plain integers, so that counting costs next to nothing."""

from __future__ import annotations

from collections import Counter

# Upper bounds of the sizes of batches: up to BATCH_ITEMS_MAX of the committer.
BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
STORED, REPEATED, FAILED = "stored", "repeated", "failed"


class CommandCounts:
    """Commands by outcome: `stored`, `repeated`, the code of a refusal or problem, or `failed`."""

    __slots__ = ("outcomes",)

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def answered(self, *, repeated: bool) -> None:
        """Count a command that was answered with a receipt."""
        self.outcomes[REPEATED if repeated else STORED] += 1

    def refused(self, error: BaseException) -> None:
        """Count a command that ended with *error*, by its code."""
        kind = getattr(error, "kind", error)
        self.outcomes[getattr(kind, "code", FAILED)] += 1


class BatchCounts:
    """Batches by size, the commands in them, and version conflicts with another writer."""

    __slots__ = ("conflicts", "items", "sizes")

    def __init__(self) -> None:
        self.sizes = [0] * (len(BATCH_BOUNDS) + 1)
        self.items = self.conflicts = 0

    def stored(self, items: int, conflicts: int) -> None:
        """Count a batch that the database answered."""
        self.sizes[(items - 1).bit_length() if items <= BATCH_BOUNDS[-1] else -1] += 1
        self.items += items
        self.conflicts += conflicts
