"""Turns of projects that run side by side: one acts at a time, that whose next act comes first, as in a real ledger.

Without them each project is recorded as fast as it can be, and entries of different years stand side by side in lists
that are in the order of the ledger, such as messages.
"""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from heapq import heappop, heappush


class Turns:
    """The projects under way that wait for their turn, by the time of their next act."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Future[None]]] = []
        self._acting = self._asked = 0

    @contextmanager
    def joined(self) -> Iterator[None]:
        """A project is under way: the others wait while it acts."""
        self._acting += 1
        try:
            yield
        finally:
            self._acting -= 1
            self._pass_on()

    async def wait(self, at: datetime) -> None:
        """Wait until no other project has an act that comes before *at*."""
        self._asked += 1  # keeps the order of acts at the same instant
        turn: Future[None] = get_running_loop().create_future()
        heappush(self._waiting, (at, self._asked, turn))
        self._acting -= 1
        self._pass_on()
        try:
            await turn
        finally:
            self._acting += turn.cancelled()  # it ends without its turn, and leaves as if it had had it

    def _pass_on(self) -> None:
        """Give the turn to the first that waits, once nobody acts."""
        while self._waiting and not self._acting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                self._acting += 1
                turn.set_result(None)
