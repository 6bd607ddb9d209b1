"""Random choices with a seed: the same seed and name give the same sequence on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A random generator by seed and name. Those of different names are independent, so projects run in any order."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = Random(f"countersign {seed} {name}")  # noqa: S311 it has to be repeatable, not secret

    def happens(self, share: float) -> bool:
        """True with the probability *share*."""
        return self._random.random() < share

    def between(self, low: int, high: int) -> int:
        """A random integer from *low* to *high*, both included."""
        return self._random.randint(low, max(low, high))

    def about(self, median: float, spread: float = 0.5) -> int:
        """A log-normal number of days with this *median*, as durations of office work are."""
        return max(0, round(median * self._random.lognormvariate(0, spread)))

    def choice(self, some: Sequence[T]) -> T:
        return self._random.choice(some)

    def digits(self, number: int) -> str:
        return "".join(self._random.choice("0123456789") for _ in range(number))
