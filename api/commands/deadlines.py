"""The time that commands may take: one timer for all that are under way on an event loop.

A timer for each would be set and cancelled with every command, and take longer than the rest of the wait does.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from math import inf

LOOPS_CACHED_MAX = 8  # a process has one; tests have one after another


class Deadlines:
    """The tasks of one event loop that have a deadline, by the loop's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: dict[asyncio.Task[object], float] = {}  # the first that began first
        self._timer: asyncio.TimerHandle | None = None
        self._looks_at = inf  # when the timer goes off

    def begin(self, seconds: float) -> asyncio.Task[object]:
        """Give the running task *seconds*: then it is cancelled. It must `end` what it began, and begin no more before.

        Raises RuntimeError outside a task, which could not be cancelled.
        """
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("only a task has a deadline")
        self._due[task] = due = self._loop.time() + seconds
        if due < self._looks_at:
            self._set_timer(due)
        return task

    def is_late(self, task: asyncio.Task[object]) -> bool:
        """Whether *task* was cancelled because its time was over."""
        return task not in self._due

    def end(self, task: asyncio.Task[object]) -> None:
        """Take the deadline of the running *task* back; one that was late goes on as if it had not been cancelled."""
        if self._due.pop(task, None) is None:
            task.uncancel()

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._looks_at = self._loop.call_at(at, self._cancel_late), at

    def _cancel_late(self) -> None:
        """Cancel the tasks whose time is over, and look again when that of the next one is."""
        self._timer, self._looks_at, now = None, inf, self._loop.time()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            task.cancel()
        if self._due:
            self._set_timer(min(self._due.values()))


@lru_cache(LOOPS_CACHED_MAX)
def _of(loop: asyncio.AbstractEventLoop) -> Deadlines:
    return Deadlines(loop)


def deadlines() -> Deadlines:
    """Those of the running event loop."""
    return _of(asyncio.get_running_loop())
