"""Group commit: many commands, few disk writes, and nobody answered before his facts are on disk.

Two lanes work at once. One appends batches with asynchronous commits, the next while the last is still on its
way to disk; the other publishes: one synchronous commit that puts all earlier ones on disk and shows them to
readers. There is no timer: the next batch forms while the last one is away. A command that is alone is appended
and published in a single commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from random import random
from uuid import UUID

import structlog
from psycopg import Error, InterfaceError, OperationalError

from infrastructure.batch import APPEND, NOTIFY, PUBLISH, Item, Pending, Status, Verdict, parameters
from infrastructure.lane import Lane
from infrastructure.wire import int8, int8_from

BATCH_ITEMS_MAX = 256  # a larger batch makes its members wait longer than it saves
STAGES = 2  # batches under way at once: one appending, one on its way to disk
RECONNECT_SECONDS_MAX = 2.0
DRAIN_SECONDS = 0.005
NOTIFY_SECONDS = 0.004  # at most so often: one notification for all that was published meanwhile
RECONNECT_SECONDS_FIRST = 0.05

log = structlog.get_logger()


class Busy(Exception):  # noqa: N818 an answer, not an error
    """Too many commands are waiting for the disk; nothing of this one was stored. Try again in a moment."""


class Committer:
    """Takes items from the event loop it is opened in; `append` answers when they are on disk."""

    def __init__(self, url: str, queue_max: int) -> None:
        self._url, self._queue_max = url, queue_max
        self._queue: deque[Pending] = deque()
        self._unpublished: list[tuple[int, list[tuple[Pending, int]]]] = []  # (last position, stored items)
        self._inside = 0
        self._has_queue, self._has_unpublished, self._has_news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.published = 0  # the highest position this process knows to be on disk

    async def open(self) -> None:
        self._append_lane = Lane(self._url, {"append": APPEND})
        self._publish_lane = Lane(self._url, {"publish": PUBLISH})
        self._notify_lane = Lane(self._url, {"notify": NOTIFY})
        await self._append_lane.open()
        await self._publish_lane.open()
        await self._notify_lane.open()
        loops = (self._append_loop(), self._publish_loop(), self._notify_loop())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def close(self) -> None:
        """Wait until everybody inside is answered, then close the lanes."""
        while self._inside:  # noqa: ASYNC110 once, at the end: not worth an event
            await asyncio.sleep(DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._append_lane.close()
        self._publish_lane.close()
        self._notify_lane.close()

    @property
    def waiting(self) -> int:
        """Items taken in and not yet answered."""
        return self._inside

    def append(self, item: Item) -> asyncio.Future[Verdict]:
        """Store *item*. The verdict comes when it is durable. Raises Busy when the queue is full."""
        if self._inside >= self._queue_max:
            raise Busy
        verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._inside += 1
        self._queue.append(Pending(item, verdict))
        self._has_queue.set()
        return verdict

    async def _append_loop(self) -> None:
        while True:
            if not self._queue:
                self._has_queue.clear()
                await self._has_queue.wait()
            batch = self._next_batch()
            alone = len(batch) == self._inside
            try:
                answer = await self._insist(self._append_lane, "append", [p.item for p in batch], alone)
            except Error as failure:  # the server refuses the batch itself: nobody in it may wait for ever
                log.exception("a batch was refused", items=len(batch))
                for pending in batch:
                    self._fail(pending, failure)
                continue
            self._settle(batch, int8_from(answer[0] or b""), (answer[1] or b"").decode(), alone)

    def _next_batch(self) -> list[Pending]:
        """A fair share of what is inside, so that the stages work side by side; a stream and an id at most once."""
        share = min(BATCH_ITEMS_MAX, -(-self._inside // STAGES))
        streams: set[UUID] = set()
        ids: set[UUID | None] = set()
        batch: list[Pending] = []
        later: list[Pending] = []
        while self._queue and len(batch) < share:
            pending = self._queue.popleft()
            item = pending.item
            if item.stream in streams or (item.id is not None and item.id in ids):
                later.append(pending)
                continue
            streams.add(item.stream)
            ids.add(item.id)
            batch.append(pending)
        self._queue.extendleft(reversed(later))
        return batch

    def _settle(self, batch: list[Pending], base: int, status: str, published: bool) -> None:
        """Answer what was rejected; what was stored is answered once it is published."""
        stored: list[tuple[Pending, int]] = []
        position = base
        for pending, letter in zip(batch, status, strict=True):
            if letter == "s":
                position += len(pending.item.rows)
                stored.append((pending, position))
            else:
                self._answer(pending, Verdict(Status(letter)))
        if published:
            self._answer_stored(position, stored)
        elif stored:
            self._unpublished.append((position, stored))
            self._has_unpublished.set()

    async def _publish_loop(self) -> None:
        while True:
            if not self._unpublished:
                self._has_unpublished.clear()
                await self._has_unpublished.wait()
            group, self._unpublished = self._unpublished, []
            try:
                await self._publish_lane.run("publish", [int8(group[-1][0])])
            except Error as lost:
                # The server may have died with the asynchronous commits still in memory: append again, also what
                # was appended meanwhile. What is there already is recognised by its id and answered as a repeat.
                log.warning("publish interrupted, appending again", error=str(lost).strip())
                group, self._unpublished = group + self._unpublished, []
                for _, stored in reversed(group):
                    self._queue.extendleft(pending for pending, _ in reversed(stored))
                self._has_queue.set()
                await self._reopen(self._publish_lane)
                continue
            for position, stored in group:
                self._answer_stored(position, stored)

    def _answer_stored(self, position: int, stored: list[tuple[Pending, int]]) -> None:
        for pending, last in stored:
            self._answer(pending, Verdict(Status.STORED, last))
        if position > self.published:
            self.published = position
            self._has_news.set()

    def _answer(self, pending: Pending, verdict: Verdict) -> None:
        self._inside -= 1
        if not pending.verdict.done():
            pending.verdict.set_result(verdict)

    def _fail(self, pending: Pending, failure: Error) -> None:
        self._inside -= 1
        if not pending.verdict.done():
            pending.verdict.set_exception(failure)

    async def _notify_loop(self) -> None:
        """Wake the projector, on a connection of its own: NOTIFY inside the write would put commits into a queue."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            try:
                await self._notify_lane.run("notify", [])
            except Error as lost:
                log.warning("notification lost, the projector polls", error=str(lost).strip())
                await self._reopen(self._notify_lane)
            await asyncio.sleep(NOTIFY_SECONDS)

    async def _insist(self, lane: Lane, statement: str, items: list[Item], publish: bool) -> list[bytes | None]:
        """Run the batch until an answer comes. After a lost connection nobody knows whether it was stored: every
        item has an id, so sending it again finds out.
        """
        params = parameters(items, publish)
        while True:
            try:
                return await lane.run(statement, params)
            except (OperationalError, InterfaceError) as lost:
                log.warning("append interrupted, asking again", error=str(lost).strip(), items=len(items))
                await self._reopen(lane)

    async def _reopen(self, lane: Lane) -> None:
        pause = RECONNECT_SECONDS_FIRST
        while True:
            try:
                await lane.open()
            except Error as down:
                log.warning("the database is away", error=str(down).strip(), retry_seconds=round(pause, 2))
                await asyncio.sleep(pause * (0.5 + random()))  # noqa: S311 spreads retries, no secret
                pause = min(pause * 2, RECONNECT_SECONDS_MAX)
            else:
                return
