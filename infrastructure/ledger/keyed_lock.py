"""A lock per project inside this process, first come first served: one command at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any
from uuid import UUID


class KeyedLock:
    """A FIFO lock per project. Nearly always uncontended, and then almost free; an unused lock is dropped."""

    def __init__(self) -> None:
        # Held projects, and who waits for them. By number: a UUID is hashed and compared by Python code.
        self._queues: dict[int, deque[asyncio.Future[None]] | None] = {}

    def take(self, project: UUID) -> Coroutine[Any, Any, None] | None:
        """Acquire the lock: at once where it is free, otherwise by awaiting what is returned.

        The holder must release it with `give`.
        """
        queues, number = self._queues, project.int
        if number in queues:
            return self._wait(project)
        queues[number] = None
        return None

    async def _wait(self, project: UUID) -> None:
        queue = self._queues.get(project.int)
        if queue is None:
            queue = self._queues[project.int] = deque()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came just as the waiter was cancelled
                self.give(project)
            raise

    def give(self, project: UUID) -> None:
        """Release the lock, to the next waiter if there is one."""
        number = project.int
        queue = self._queues[number]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._queues[number]
