"""Turns: one command at a time on a project, inside this process, first come first served."""

from __future__ import annotations

import asyncio
from collections import deque
from uuid import UUID


class Turns:
    """Costs next to nothing where nobody else is there, which is nearly always. A project nobody uses is forgotten."""

    def __init__(self) -> None:
        self._queues: dict[UUID, deque[asyncio.Future[None]] | None] = {}  # held projects, and who waits for them

    async def take(self, project: UUID) -> None:
        """Wait for one's turn. Whoever has it must `give` it on."""
        queues = self._queues
        if project not in queues:
            queues[project] = None
            return
        queue = queues[project]
        if queue is None:
            queue = queues[project] = deque()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came just as the waiter was called off
                self.give(project)
            raise

    def give(self, project: UUID) -> None:
        """Let the next one in."""
        queue = self._queues[project]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._queues[project]
