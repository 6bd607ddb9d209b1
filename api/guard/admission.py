"""Whether the sender of a request is still accepted: for answers that go on for long after the request was judged.

A key is revoked, a session ended or a grant withdrawn while events are streamed: none may follow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic

from litestar.types import Scope

ADMISSION = "admission"  # where the scope's state has it; absent on a server without sign-in
LOOK_SECONDS = 60.0  # without an announced change, as one may be lost


class StillAccepted:
    """Whether one sender is accepted as when the request came. It is looked up again once something has changed."""

    def __init__(
        self,
        look_up: Callable[[], Awaitable[bool]],
        changes: Callable[[], int],
        clock: Callable[[], datetime],
        ends_at: datetime | None = None,
    ) -> None:
        """*changes* counts what may have ended anybody's access; *ends_at*: when this one's ends by itself."""
        self._look_up, self._changes, self._clock, self._ends_at = look_up, changes, clock, ends_at
        # Looked up at first, too: something may have changed since the request was judged.
        self._changes_seen, self._look_at = -1, monotonic() + LOOK_SECONDS

    async def holds(self) -> bool:
        """Whether the sender is still accepted."""
        if self._ends_at is not None and self._clock() >= self._ends_at:
            return False
        changes = self._changes()
        if changes == self._changes_seen and monotonic() < self._look_at:
            return True
        self._changes_seen, self._look_at = changes, monotonic() + LOOK_SECONDS
        return await self._look_up()


async def always() -> bool:
    """For senders whom no sign-in of ours accepted, such as those a gateway asserts: it judges each request itself."""
    return True


Holds = Callable[[], Awaitable[bool]]


def holds_of(scope: Scope) -> Holds:
    """What tells whether the sender of the request with this *scope* is still accepted."""
    begin: Callable[[], StillAccepted] | None = scope.get("state", {}).get(ADMISSION)
    return begin().holds if begin else always
