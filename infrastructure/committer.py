"""Group commit: many commands, one disk write, and nobody answered before his facts are on disk.

There is no timer: the next batch forms while the last one is away. One plain synchronous commit a batch; two batches
at once, or asynchronous commits with a later flush, were measured and gained nothing (ADR 0003).

Those who send command after command fall into crowds that take turns: one is at the database while the other decides.
While the database is the quicker of the two, crowds of one size keep both busy. Where it is slower, its time alone
counts, and one crowd is as many as can share it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic

import structlog
from psycopg import Error
from psycopg.pq.abc import PGresult

from infrastructure.batch import APPEND, NOTIFY, Item, Pending, Status, Verdict, parameters
from infrastructure.lane import ConnectionLost, Lane
from infrastructure.rehearsal import Health
from infrastructure.wire import int8_from

DECIDING_SECONDS = 40e-6  # what one command takes in this process, roughly: on it depends only the size of batches
BATCH_ITEMS_MAX = 256  # a larger batch makes its members wait longer than it saves
DRAIN_SECONDS = 0.005
CLOSE_SECONDS_MAX = 10.0  # a server that is told to end must not need kill -9 only because its database is away
NOTIFY_SECONDS = 0.004  # at most so often: one notification for all that was appended meanwhile
REJECTED = {status.value: Verdict(status) for status in Status if status is not Status.STORED}

log = structlog.get_logger()


class Busy(Exception):  # noqa: N818 an answer, not an error
    """Too many commands are waiting for the disk; nothing of this one was stored. Try again in a moment."""


class Committer:
    """Takes items from the event loop it is opened in; `append` answers when they are on disk."""

    def __init__(self, url: str, queue_max: int) -> None:
        self._url, self._queue_max = url, queue_max
        self.health = Health(url)
        self._queue: deque[Pending] = deque()
        self._inside = 0
        self._away: list[Pending] = []  # the batch that is under way
        self._has_queue, self._has_news = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._append_lane = Lane(self._url, {"append": APPEND})
        self._notify_lane = Lane(self._url, {"notify": NOTIFY})
        await self._append_lane.open()
        await self._notify_lane.open()
        self._tasks = [asyncio.create_task(loop) for loop in (self._append_loop(), self._notify_loop())]

    async def close(self) -> None:
        """Wait until everybody inside is answered, then close the lanes.

        Where the database is away for longer, they are told so: what they sent may or may not be stored.
        """
        limit = monotonic() + CLOSE_SECONDS_MAX
        while self._inside and monotonic() < limit:  # noqa: ASYNC110 once, at the end: not worth an event
            await asyncio.sleep(DRAIN_SECONDS)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._append_lane.close()
        self._notify_lane.close()
        for pending in (*self._away, *self._queue):
            self._fail(pending, ConnectionLost("the database was away until the end"))

    @property
    def waiting(self) -> int:
        """Items taken in and not yet answered."""
        return self._inside

    def append(self, item: Item) -> asyncio.Future[Verdict]:
        """Store *item*. The verdict comes when it is durable. Raises Busy when the queue is full."""
        if self._inside >= self._queue_max:
            raise Busy
        verdict: asyncio.Future[Verdict] = self._loop.create_future()
        self._inside += 1
        self._queue.append(Pending(item, verdict))
        if not self._has_queue.is_set():
            self._has_queue.set()
        return verdict

    async def _append_loop(self) -> None:
        answered, took = 0, 0.0
        while True:
            size = await self._crowd(answered, took)
            batch, sent_at = self._next_batch(size), monotonic()
            self._away = batch
            self.health.sent_at = sent_at
            try:
                answer = await self._insist([pending.item for pending in batch])
                self._settle(batch, int8_from(answer.get_value(0, 0) or b""), (answer.get_value(0, 1) or b"").decode())
                self.health.works()
            except Exception as failure:  # whatever it is, nobody in the batch, or after it, may wait for ever
                log.exception("a batch was refused", items=len(batch))
                self.health.fails(failure)
                for pending in batch:
                    self._fail(pending, failure)
            self._away, self.health.sent_at = [], None
            answered, took = len(batch), monotonic() - sent_at

    async def _crowd(self, answered: int, took: float) -> int:
        """Wait for items; how many of them to send, when so many were *answered* just now, after *took* seconds."""
        slow = took > DECIDING_SECONDS * (answered + len(self._queue))
        if slow:
            await asyncio.sleep(0)  # lets those just answered come along with what they send next
        if not self._queue:
            answered = 0
            self._has_queue.clear()
            await self._has_queue.wait()
        return BATCH_ITEMS_MAX if slow else min((answered + len(self._queue) + 1) // 2, BATCH_ITEMS_MAX)

    def _next_batch(self, size: int) -> list[Pending]:
        """What waits, up to *size*; a stream and an id at most once."""
        streams: set[int] = set()  # as numbers: a UUID is hashed and compared by Python code
        ids: set[int] = set()
        batch: list[Pending] = []
        later: list[Pending] = []
        while self._queue and len(batch) < size:
            pending = self._queue.popleft()
            stream, key = pending.item.stream.int, pending.item.id.int
            if stream in streams or key in ids:
                later.append(pending)
                continue
            streams.add(stream)
            ids.add(key)
            batch.append(pending)
        self._queue.extendleft(reversed(later))
        return batch

    def _settle(self, batch: list[Pending], base: int, status: str) -> None:
        """Give everybody his verdict."""
        position = base
        for pending, letter in zip(batch, status, strict=True):
            if letter == "s":
                position += len(pending.item.rows)
                verdict = Verdict(Status.STORED, position)
            else:
                verdict = REJECTED[letter]
            if not pending.verdict.done():
                pending.verdict.set_result(verdict)
        self._inside -= len(batch)
        if position > base:
            self._has_news.set()

    def _fail(self, pending: Pending, failure: Exception) -> None:
        self._inside -= 1
        if not pending.verdict.done():
            pending.verdict.set_exception(failure)

    async def _insist(self, items: list[Item]) -> PGresult:
        """Run the batch until the server answers it. After a lost connection nobody knows whether it was stored:
        every item has an id, so sending it again finds out. An error that the server answers (a full disk, a
        cancelled statement) is raised: then nothing was stored.
        """
        params = parameters(items)
        while True:
            try:
                return await self._append_lane.run("append", params)
            except ConnectionLost as lost:
                log.warning("append interrupted, asking again", error=str(lost).strip(), items=len(items))
                await self._append_lane.reopen(self.health.fails)

    async def _notify_loop(self) -> None:
        """Wake the projector, on a connection of its own: NOTIFY inside the write would put commits into a queue."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            try:
                await self._notify_lane.run("notify", [])
            except Error as lost:
                log.warning("notification lost, the projector polls", error=str(lost).strip())
                await self._notify_lane.reopen()
            await asyncio.sleep(NOTIFY_SECONDS)
