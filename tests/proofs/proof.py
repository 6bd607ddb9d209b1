"""What a proof is: a claim, the work that could refute it, and a budget of time for that work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[2]


class SkippedError(Exception):
    """The proof can't run on this machine: the message says what is missing and how to install it."""


class RefutedError(AssertionError):
    """The claim does not hold: the message is the counterexample."""


@dataclass
class Budget:
    """How much work a proof may do: everything (*seconds* is None), or what fits into *seconds*.

    :param seed: drawn for each run and printed, so that a failure can be repeated.
    """

    seed: int
    seconds: float | None = None
    started: float = field(default_factory=monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the proof began."""
        return monotonic() - self.started

    def rounds(self, whole: int) -> Rounds:
        """The numbers of the rounds to run: *whole* of them, or as many as the seconds allow, but at least one."""
        return Rounds(self, whole)


@dataclass
class Rounds:
    """An iterator over round numbers, which stops early when the next round would not fit into the budget."""

    budget: Budget
    whole: int
    done: int = 0

    def __iter__(self) -> Rounds:
        return self

    def __next__(self) -> int:
        if self.done >= self.whole or (self.done and self._too_late()):
            raise StopIteration
        self.done += 1
        return self.done - 1

    def _too_late(self) -> bool:
        """Would another round of average length pass the limit?"""
        seconds = self.budget.seconds
        return seconds is not None and self.budget.elapsed * (self.done + 1) / self.done > seconds


@dataclass(frozen=True)
class Proof:
    """A claim and the function that tries to refute it.

    :param run: returns what was done in words; raises `RefutedError` or `SkippedError`.
    :param share: part of a limited run's time, in relation to the other proofs' shares.
    """

    name: str
    claim: str
    run: Callable[[Budget], str]
    share: int = 1


def pytest_passes(words: Sequence[str], environment: dict[str, str]) -> None:
    """Run pytest in a process of its own.

    :raises RefutedError: with the end of its output, when a test fails or none ran.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", *words]
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode:
        raise RefutedError(f"pytest {' '.join(words)} ended with {finished.returncode}:\n{finished.stdout[-6000:]}")
