"""Case numbers of simulated projects: of an area of their own, the same for the same seed in any order of projects."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from itertools import count

AREA = "SIM"
CASES_A_PROJECT_MAX = 1000

CASES: ContextVar[Iterator[int]] = ContextVar("cases")  # the counters of one project


def begin_project(number: int) -> None:
    """From now on, in this task, cases are of the project with this *number*."""
    CASES.set(count(number * CASES_A_PROJECT_MAX + 1))


class SimulatedCounter:
    """Counters of the project that the task at hand runs."""

    area = AREA

    async def next(self) -> int:
        return next(CASES.get())

    def give_back(self, counter: int) -> None:
        """A refused application leaves a gap, as it does where many apply at once."""

    async def close(self) -> None:
        """Nothing is under way."""
