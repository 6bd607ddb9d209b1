"""Group commit: many commands share one disk write, and none is answered before its facts are on disk.

There is no timer: the next batch forms while the last one is in flight. Two batches alternate (double buffering): one
is at the database while the commands of the other are decided. The second is sent at once, without waiting for the
answer to the first, so that the database goes from one batch to the next without a pause. If the database is slower
than deciding, only one batch is in flight, as large as possible (ADR 0003).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic
from uuid import UUID

import structlog
from msgspec import Struct
from psycopg import Error
from psycopg.pq.abc import PGresult

from infrastructure.command_counts import BatchCounts
from infrastructure.ledger.append_batch import (
    APPEND,
    CLOCK,
    NOTIFY,
    AppendItem,
    AppendStatus,
    AppendVerdict,
    Pending,
    missed_rows,
    parameters,
)
from infrastructure.ledger.high_water import STATEMENT, HighWater, LedgerWentBackError
from infrastructure.ledger.mapper import StoredRow
from infrastructure.ledger.pg_binary import instant_from, int8_from
from infrastructure.ledger.pipeline_connection import (
    REPLAN,
    ConnectionLostError,
    NotConnectedError,
    PipelineConnection,
    answered,
)
from infrastructure.ledger.write_probe import Health
from infrastructure.tracing.switch import SWITCH

DECIDING_SECONDS = 40e-6  # what one command takes in this process, roughly: on it depends only the size of batches
BATCH_ITEMS_MAX = 256  # a larger batch makes its members wait longer than it saves
SLOW_MIN = 3  # batches in a row: a single slow one may be due to something else on the machine
WATCHERS_MIN = 16  # for fewer it isn't worth a processor
WATCH_SECONDS_MAX = 0.0005  # a batch that many wait for is answered by then, unless the machine is busy
IN_VAIN_MAX = 7  # then 128 batches are awaited without polling
DRAIN_SECONDS = 0.005
CLOSE_SECONDS_MAX = 10.0  # a stopping server must not need kill -9 only because its database is away
NOTIFY_SECONDS = 0.004  # at most so often: one notification for all that was appended meanwhile
SILENCE_SECONDS_MAX = 30.0  # without an answer to an append: then reconnect and send it again
LOOK_SECONDS = 1.0  # between two checks for that
REJECTED = {
    status.value: AppendVerdict(status) for status in (AppendStatus.DUPLICATE, AppendStatus.MISMATCH, AppendStatus.GONE)
}

log = structlog.get_logger()


class BusyError(Exception):
    """Too many commands are waiting for the disk; nothing of this one was stored. Try again in a moment."""


class Batch(Struct, eq=False):
    """Items that go to the database together, and its answer: the position before the first fact, a status letter per
    item, and the rows that items with a version conflict have missed; or a failure.
    """

    pending: list[Pending]
    params: list[bytes]
    sent_at: float  # on the monotonic clock
    under_way: asyncio.Future[PGresult]
    base: int = 0
    status: str = ""
    missed: Mapping[UUID, Sequence[StoredRow]] = {}
    failure: Exception | None = None
    in_doubt: bool = False  # it was sent before, and that connection was lost


class Committer:
    """Takes items from the event loop it is opened in; `append` answers when they are on disk."""

    def __init__(self, url: str, queue_max: int, high_water: HighWater | None = None) -> None:
        self._url, self._queue_max = url, queue_max
        self._high_water = high_water or HighWater()
        self.health = Health(url)
        self.counts = BatchCounts()
        self._queue: deque[Pending] = deque()
        self._inside = 0
        self._closed = False
        self._away: deque[Batch] = deque()  # batches in flight, two at most
        self._answered_at = 0.0
        self._in_vain = self._blind = 0  # empty polls, and batches left without polling
        self._has_queue, self._has_news = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._append_lane = PipelineConnection(
            self._url, STATEMENT | REPLAN | {"clock": CLOCK, "append": APPEND}, sole="countersign append"
        )
        self._notify_lane = PipelineConnection(self._url, {"notify": NOTIFY})
        await self._append_lane.open()
        await self._notify_lane.open()
        self._append_lane.when_lost = self._has_queue.set  # to look at once what the ledger is when it is back
        loops = (self._append_loop(), self._notify_loop(), self._silence_loop())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def close(self) -> None:
        """Wait until every pending item is answered, then close the connections.

        If the database is unreachable for longer, their callers get an error: the items may or may not be stored.
        """
        limit = monotonic() + CLOSE_SECONDS_MAX
        while self._inside and monotonic() < limit:  # noqa: ASYNC110 once, at the end: not worth an event
            await asyncio.sleep(DRAIN_SECONDS)
        self._closed = True
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._append_lane.close()
        self._notify_lane.close()
        for pending in (*(batch.pending for batch in self._away), self._queue):
            self._fail(pending, ConnectionLostError("the database was unreachable until the application was closed"))

    @property
    def waiting(self) -> int:
        """Items taken in and not yet answered."""
        return self._inside

    async def clock(self) -> tuple[datetime, datetime | None]:
        """The database's time, and when its newest entry was recorded; on the connection of the appends.

        Raises ConnectionLostError, and other errors of psycopg's.
        """
        row = await answered(self._append_lane.run("clock", []))
        newest = row.get_value(0, 1)
        return instant_from(row.get_value(0, 0) or b""), instant_from(newest) if newest else None

    def append(self, item: AppendItem) -> asyncio.Future[AppendVerdict]:
        """Store *item*. The verdict comes when it is durable.

        Raises BusyError when the queue is full, and ConnectionLostError once this is closed.
        """
        if self._closed:
            raise ConnectionLostError("the application was closed")
        if self._inside >= self._queue_max:
            raise BusyError
        verdict: asyncio.Future[AppendVerdict] = self._loop.create_future()
        self._inside += 1
        self._queue.append(Pending(item, verdict, SWITCH.spans.current() if SWITCH.is_on else None))
        if not self._has_queue.is_set():
            self._has_queue.set()
        return verdict

    def announce(self) -> None:
        """Wake the projector: something was appended."""
        self._has_news.set()

    async def _append_loop(self) -> None:
        slow = 0  # how many batches in a row took longer than deciding does
        while True:
            if not self._away:
                await self._wait_for_queue()
                self._send(BATCH_ITEMS_MAX if slow >= SLOW_MIN else (len(self._queue) + 1) // 2)
            if len(self._away) == 1 and slow < SLOW_MIN:
                self._send_second()
            if self._away:  # nothing is where what waited could not be sent
                slow = slow + 1 if await self._end_of(self._away[0]) else 0
                self._answer(self._away.popleft())
                await asyncio.sleep(0)  # lets those just answered join with what they send next

    async def _wait_for_queue(self) -> None:
        """Wait for something to send. A lost connection is reopened at once, and the ledger checked."""
        while not self._queue or not self._append_lane.is_open:
            if not self._append_lane.is_open:
                with suppress(LedgerWentBackError):
                    await self._reopen()
                continue
            self._has_queue.clear()
            await self._has_queue.wait()

    async def _reopen(self) -> None:
        """Connect again. Raises LedgerWentBackError: what waits was decided on entries that are gone."""
        try:
            await self._high_water.reopen(self._append_lane, self.health.fails)
        except LedgerWentBackError as gone:
            self._fail(self._queue, gone)
            self._queue.clear()
            raise

    async def _silence_loop(self) -> None:
        """Give up a connection whose server has not answered for long: it may be frozen, or no longer the primary."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._away and monotonic() - max(self._away[0].sent_at, self._answered_at) > SILENCE_SECONDS_MAX:
                log.warning("append_unanswered", seconds=SILENCE_SECONDS_MAX, items=len(self._away[0].pending))
                self._append_lane.close()

    def _send_second(self) -> None:
        """Send another batch behind the one in flight, if it is about as large: the database goes on at once."""
        first, waiting = len(self._away[0].pending), len(self._queue)
        if waiting and 4 * waiting >= 3 * first:
            self._send((first + waiting + 1) // 2)

    def _send(self, size: int) -> None:
        """Send a batch of queued items, up to *size*; a stream and an id at most once."""
        chosen = self._chosen(min(size, BATCH_ITEMS_MAX))
        try:
            params = parameters([pending.item for pending in chosen])
            self._away.append(Batch(chosen, params, monotonic(), self._append_lane.run("append", params)))
        except Exception as failure:
            log.exception("batch_not_sent", items=len(chosen))
            self._fail(chosen, failure)

    def _chosen(self, size: int) -> list[Pending]:
        chosen = [self._queue.popleft() for _ in range(min(size, len(self._queue)))]
        # As numbers: a UUID is hashed and compared by Python code.
        streams, ids = {pending.item.stream.int for pending in chosen}, {pending.item.id.int for pending in chosen}
        if len(streams) == len(ids) == len(chosen):
            return chosen
        alone: list[Pending] = []
        later: list[Pending] = []
        for pending in chosen:
            stream, key = pending.item.stream.int, pending.item.id.int
            if stream in streams and key in ids:
                streams.remove(stream)
                ids.remove(key)
                alone.append(pending)
            else:
                later.append(pending)
        self._queue.extendleft(reversed(later))
        return alone

    async def _end_of(self, batch: Batch) -> bool:
        """Wait for the server's answer to the first batch in flight. Whether that took longer than deciding does."""
        about = len(self._queue) + sum(len(away.pending) for away in self._away)
        self.health.sent_at = began = max(batch.sent_at, self._answered_at)
        try:
            await self._watch(batch.under_way)
            answer = await self._insist(batch)
            batch.base = int8_from(answer.get_value(0, 0) or b"")
            batch.status = (answer.get_value(0, 1) or b"").decode()
            batch.missed = missed_rows(answer.get_value(0, 2))
            self.health.works()
        except Exception as failure:  # whatever it is, every caller in the batch and after it gets an answer
            log.exception("batch_refused", items=len(batch.pending))
            batch.failure = failure
            if not isinstance(failure, LedgerWentBackError):
                self.health.fails(failure)
                if batch.in_doubt:
                    batch.failure = ConnectionLostError(f"perhaps stored, the answer was lost: {failure}")
        self.health.sent_at, self._answered_at = None, monotonic()
        return self._answered_at - began > DECIDING_SECONDS * about

    async def _watch(self, answer: asyncio.Future[PGresult]) -> None:
        """Poll for *answer* instead of sleeping if many wait for it: waking up would take longer.

        If it repeatedly does not come in time, the machine is busy, and polling only takes the processor from the
        database: polling then backs off exponentially.
        """
        if self._blind:
            self._blind -= 1
            return
        until = monotonic() + WATCH_SECONDS_MAX
        many = sum(len(batch.pending) for batch in self._away) >= WATCHERS_MIN
        while many and not answer.done():
            if monotonic() > until:
                self._in_vain = min(self._in_vain + 1, IN_VAIN_MAX)
                self._blind = 2**self._in_vain
                return
            await asyncio.sleep(0)  # the loop looks at its sockets
        self._in_vain = 0

    async def _insist(self, batch: Batch) -> PGresult:
        """The server's answer. After a lost connection it is unknown what was stored: every item has an id, so all
        batches in flight are sent again to find out. An error that the server answers (a full disk, a cancelled
        statement) is raised: then nothing was stored, unless the batch was in doubt before.
        """
        while True:
            try:
                return await batch.under_way
            except ConnectionLostError as lost:
                log.warning("append_retried", error=str(lost).strip(), items=len(batch.pending))
            try:
                await self._reopen()
            except LedgerWentBackError as gone:
                for away in self._away:
                    away.under_way = self._loop.create_future()
                    away.under_way.set_exception(gone)
                    away.under_way.exception()  # marked as retrieved: it may never be awaited
                raise
            for away in self._away:
                away.in_doubt |= not isinstance(away.under_way.exception(), NotConnectedError)
                away.under_way, away.sent_at = self._append_lane.run("append", away.params), monotonic()

    def _answer(self, batch: Batch) -> None:
        """Answer every caller of *batch*."""
        if SWITCH.is_on:
            spans = [pending.span for pending in batch.pending]
            seconds = monotonic() - batch.sent_at
            SWITCH.spans.batch_span(spans, seconds, batch.failure, items=len(spans), position=batch.base)
        if batch.failure is not None:
            self._fail(batch.pending, batch.failure)
            return
        self._inside -= len(batch.pending)
        self.counts.stored(len(batch.pending), batch.status.count(AppendStatus.CONFLICT))
        position, last = batch.base, b""
        for pending, letter in zip(batch.pending, batch.status, strict=True):
            if letter == "s":
                rows = pending.item.rows
                position += len(rows)
                last = rows[-1].hash
                verdict = AppendVerdict(AppendStatus.STORED, position)
            elif letter == AppendStatus.CONFLICT:
                verdict = AppendVerdict(AppendStatus.CONFLICT, missed=tuple(batch.missed.get(pending.item.stream, ())))
            else:
                verdict = REJECTED[letter]
            if not pending.verdict.done():
                pending.verdict.set_result(verdict)
        if position > batch.base:
            self._append_lane.note_growth(position)
            self._high_water.note(position, last)
            self._has_news.set()

    def _fail(self, waiting: Sequence[Pending], failure: Exception) -> None:
        self._inside -= len(waiting)
        for pending in waiting:
            if not pending.verdict.done():
                pending.verdict.set_exception(failure)

    async def _notify_loop(self) -> None:
        """Wake the projector, on a connection of its own: NOTIFY inside the write would put commits into a queue."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            try:
                async with asyncio.timeout(SILENCE_SECONDS_MAX):
                    await self._notify_lane.run("notify", [])
            except (Error, TimeoutError) as lost:
                log.warning("notification_lost", error=str(lost).strip())
                await self._notify_lane.reopen()
            await asyncio.sleep(NOTIFY_SECONDS)
