"""The horizon of the feed: the position up to which the views of access, or all views, have read the ledger.

Who may see an event is read from these views. An event of a project that they do not know yet would be passed over for
ever, as a subscriber's position moves on; so the feed ends where they end. One connection a process listens for the
projector's notifications, as long as there are subscribers; these share what it finds out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString, TypeAlias
from uuid import UUID

import psycopg
import structlog
from anyio import CancelScope
from msgspec import Struct
from psycopg.sql import SQL, Identifier

from infrastructure.ledger.reader import Store, configure_async
from infrastructure.projector.batch import VIEWS_CHANNEL
from projections.access.fold import AccessView

ACCESS_VIEWS = (AccessView.name,)
REACHED: LiteralString = """
    SELECT coalesce(min(seq), 0), (SELECT seq FROM ledger.head)
    FROM views.position WHERE view = ANY(%(views)s) OR (%(every)s AND NOT history)
"""
NEWEST = "SELECT seq, stream, type FROM ledger.event WHERE seq > %s AND seq <= %s ORDER BY seq"
TAIL_EVENTS_MAX = 5_000  # some 150 bytes each; a subscriber that is further behind reads from the database
PAUSE_SECONDS = 0.05  # between two looks: as many events as came meanwhile wake subscribers once
LOOK_SECONDS = 5.0  # without a notification, as one may be lost
RECONNECT_SECONDS = 1.0

Lane: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

log = structlog.get_logger()


class TailEvent(Struct, frozen=True, gc=False):
    """What of a recent event decides whether a subscriber wants it at all."""

    seq: int
    stream: UUID
    type: str


class FeedHorizon:
    """The horizon, and the last events below it. Use it in one event loop.

    It is that of the views of access; with *every* that of all views, for readers of pages. *lag* is how many entries
    the views lacked at the last look.
    """

    def __init__(self, store: Store, *, every: bool = False) -> None:
        self._store, self._every = store, every
        self._followers = 0
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._tail: deque[TailEvent] = deque()
        self._tail_after = 0  # the tail holds every event after this position, up to the horizon
        self.position = 0
        self.lag = 0
        self.closed = False

    @property
    def followers(self) -> int:
        """How many subscribers wait for events, or stream them."""
        return self._followers

    async def look(self) -> int:
        """Read the horizon from the database."""
        async with self._store.cursor() as cursor:
            await cursor.execute(REACHED, {"views": list(ACCESS_VIEWS), "every": self._every})
            ((reached, head),) = await cursor.fetchall()
        self.lag = max(int(head) - int(reached), 0)
        return int(reached)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep the horizon up to date within the block."""
        self._followers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers and self._task is not None:
                task, self._task = self._task, None
                task.cancel()
                # A request that is cancelled is so at every await: it would cancel the task again while that closes.
                with CancelScope(shield=True), suppress(asyncio.CancelledError):
                    await task

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until the horizon is beyond *position*, for at most *seconds*; False where it is not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.position <= position and not self.closed:
                    await self._moved.wait()
        return self.position > position

    def wants_any(self, after: int, wanted: Callable[[TailEvent], bool]) -> bool:
        """Whether *wanted* holds for an event after *after*; True where that position is older than the tail."""
        if after < self._tail_after:
            return True
        for event in reversed(self._tail):
            if event.seq <= after:
                return False
            if wanted(event):
                return True
        return False

    def close(self) -> None:
        """End every wait: the server stops."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        if self.closed:
            self._moved.set()

    async def _follow(self) -> None:
        while True:
            try:
                async with await self._connected() as lane:
                    await configure_async(lane)
                    with suppress(
                        psycopg.errors.ReadOnlySqlTransaction
                    ):  # a standby notifies no one: then by LOOK_SECONDS
                        await lane.execute(SQL("LISTEN {}").format(Identifier(VIEWS_CHANNEL)))
                    await self._listen(lane)
            except (psycopg.OperationalError, psycopg.errors.UndefinedTable, TimeoutError) as lost:
                log.warning("feed_listener_lost", error=str(lost).strip())
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connected(self) -> Lane:
        """A new connection. One that is still being made when no subscriber is left is closed, not left behind."""
        connecting = asyncio.create_task(psycopg.AsyncConnection.connect(self._store.url, autocommit=True))
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            with suppress(psycopg.Error):
                await (await connecting).close()
            raise

    async def _listen(self, lane: Lane) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(PAUSE_SECONDS)
            async for _ in lane.notifies(timeout=LOOK_SECONDS, stop_after=1):
                continue

    async def refresh(self) -> None:
        """Take in what is new; a horizon that went back is that of a rebuild, or of another ledger."""
        reached = await self.look()
        if reached == self.position:
            return
        if reached < self.position:
            self._tail.clear()
            self._tail_after = reached
        else:
            await self._extend_tail(reached)
        self.position = reached
        self._wake()

    async def _extend_tail(self, reached: int) -> None:
        after = max(self.position, reached - TAIL_EVENTS_MAX)
        async with self._store.cursor() as cursor:
            await cursor.execute(NEWEST, [after, reached])
            rows: Sequence[tuple[int, UUID, str]] = await cursor.fetchall()
        if after > self.position:  # what lies between is in no tail
            self._tail.clear()
            self._tail_after = after
        elif (dropped := len(self._tail) + len(rows) - TAIL_EVENTS_MAX) > 0:
            self._tail_after = self._tail[dropped - 1].seq
        self._tail.extend(TailEvent(*row) for row in rows)
        while len(self._tail) > TAIL_EVENTS_MAX:
            self._tail.popleft()
