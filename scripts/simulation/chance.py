"""Chance with a seed: the same seed and the same name give the same zone, on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """One stream of chance. Streams of different names don't know of each other, so projects run in any order."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = Random(f"countersign {seed} {name}")  # noqa: S311 it has to be repeatable, not secret

    def happens(self, share: float) -> bool:
        """True in *share* of the cases."""
        return self._random.random() < share

    def between(self, low: int, high: int) -> int:
        """Any whole number from *low* to *high*, both included."""
        return self._random.randint(low, max(low, high))

    def about(self, median: float, spread: float = 0.5) -> int:
        """Days about *median*, some much longer: what office durations look like (log-normal)."""
        return max(0, round(median * self._random.lognormvariate(0, spread)))

    def one_of(self, some: Sequence[T]) -> T:
        return self._random.choice(some)

    def digits(self, number: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(number))
