"""The queue of deliveries: what is to be sent to which receiver, in order within each project, with the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

from msgspec import Struct
from psycopg.rows import TupleRow

from infrastructure.feed.reader import FeedEvent
from infrastructure.ledger.reader import Store
from infrastructure.webhooks.transport import SendResult

QUEUE_MAX = 50_000  # of one subscription; the rest waits in the ledger, behind the cursor
DUE_MAX = 64  # taken at once
PAGE: LiteralString = """
    SELECT position, type, state, attempts, queued_at, next_at, tried_at, status, error FROM webhook.delivery
    WHERE subscription = %(id)s AND position > %(after)s AND (%(state)s = '' OR state = %(state)s)
    ORDER BY position LIMIT %(limit)s
"""
WAITING: LiteralString = "SELECT count(*) FROM webhook.delivery WHERE subscription = %s AND state = 'pending'"
# What is queued and the cursor move together: a server that is killed in between queues the same events again.
QUEUE: LiteralString = """
    INSERT INTO webhook.delivery (subscription, position, stream, type, queued_at, next_at)
    SELECT %(id)s, event.*, %(now)s, %(now)s
    FROM unnest(%(positions)s::bigint[], %(streams)s::uuid[], %(types)s::text[]) AS event
    ON CONFLICT (subscription, position) DO UPDATE SET state = 'pending', attempts = 0, failed_at = NULL,
        queued_at = excluded.queued_at, next_at = excluded.next_at, status = NULL, error = ''
    WHERE %(again)s
"""
MOVE: LiteralString = "UPDATE webhook.subscription SET position = %s WHERE id = %s AND position < %s"
# Only the first event of a project is sent: those after it wait, so that its order is kept.
DUE: LiteralString = """
    SELECT position, stream, attempts, failed_at FROM (
        SELECT DISTINCT ON (stream) position, stream, attempts, failed_at, next_at FROM webhook.delivery
        WHERE subscription = %(id)s AND state = 'pending' ORDER BY stream, position
    ) AS first WHERE next_at <= %(now)s OR next_at > %(now)s + %(longest)s ORDER BY position LIMIT %(limit)s
"""
NEXT: LiteralString = """
    SELECT min(next_at) FROM (
        SELECT DISTINCT ON (stream) next_at FROM webhook.delivery
        WHERE subscription = %s AND state = 'pending' ORDER BY stream, position
    ) AS first
"""
SETTLE: LiteralString = """
    UPDATE webhook.delivery SET state = %(state)s, attempts = attempts + 1, tried_at = %(now)s, next_at = %(next_at)s,
        failed_at = CASE WHEN %(state)s = 'delivered' THEN failed_at ELSE coalesce(failed_at, %(now)s) END,
        status = %(status)s, error = %(error)s
    WHERE subscription = %(id)s AND position = %(position)s
"""
RETRY: LiteralString = """
    UPDATE webhook.delivery SET state = 'pending', attempts = 0, failed_at = NULL, next_at = %(now)s,
        queued_at = %(now)s
    WHERE subscription = %(id)s AND position = %(position)s AND state <> 'pending' RETURNING position
"""
REPLAY: LiteralString = "SELECT id, next, until FROM webhook.replay WHERE subscription = %s ORDER BY id LIMIT 1"
MOVE_REPLAY: LiteralString = "UPDATE webhook.replay SET next = %s WHERE id = %s"
END_REPLAY: LiteralString = "DELETE FROM webhook.replay WHERE id = %s AND next >= until"
HEALTH: LiteralString = """
    SELECT (SELECT count(*) FROM webhook.subscription),
           (SELECT min(queued_at) FROM webhook.delivery WHERE state = 'pending'),
           (SELECT count(*) FROM webhook.delivery WHERE state = 'pending'),
           (SELECT count(*) FROM webhook.delivery WHERE state = 'parked')
"""


class DeliveryState(StrEnum):
    """How far a delivery is. *parked*: given up; *skipped*: the subscriber may not see the event any more."""

    PENDING = "pending"
    DELIVERED = "delivered"
    PARKED = "parked"
    SKIPPED = "skipped"


class Delivery(Struct, frozen=True):
    """One event for one subscription: *attempts* so far, the *status* and *error* of the last."""

    position: int
    type: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    next_at: datetime
    tried_at: datetime | None
    status: int | None
    error: str


class DueDelivery(Struct, frozen=True):
    """The first event of a project that is to be sent now."""

    position: int
    stream: UUID
    attempts: int
    failed_at: datetime | None


class Replay(Struct, frozen=True):
    """A stretch of the ledger that is to be queued again: after *next*, up to *until*."""

    id: int
    next: int
    until: int


class QueueHealth(Struct, frozen=True):
    """All queues together: subscriptions, since when the oldest event waits, how many wait, how many are parked."""

    subscriptions: int
    oldest: datetime | None
    pending: int
    parked: int


class Deliveries:
    """The queues in one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def queue(
        self, subscription: UUID, events: Sequence[FeedEvent], position: int, now: datetime, types: Sequence[str]
    ) -> None:
        """Add *events*, whose stored names are *types*, and move the cursor to *position*, both or neither."""
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(QUEUE, _queued(subscription, events, types, now, again=False))
            await connection.execute(MOVE, [position, subscription, position])

    async def queue_again(
        self,
        subscription: UUID,
        events: Sequence[FeedEvent],
        replay: Replay,
        position: int,
        now: datetime,
        types: Sequence[str],
    ) -> None:
        """Add *events* of a replay, which is then at *position*; what was delivered is to be sent again."""
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(QUEUE, _queued(subscription, events, types, now, again=True))
            await connection.execute(MOVE_REPLAY, [position, replay.id])
            await connection.execute(END_REPLAY, [replay.id])

    async def replay(self, subscription: UUID) -> Replay | None:
        """The replay that is under way, or to begin."""
        rows = await self._rows(REPLAY, [subscription])
        return Replay(*rows[0]) if rows else None

    async def waiting(self, subscription: UUID) -> int:
        """How many events wait to be sent."""
        ((count,),) = await self._rows(WAITING, [subscription])
        return int(count)

    async def due(self, subscription: UUID, now: datetime, longest: timedelta) -> list[DueDelivery]:
        """The events to send now: the first of each project, if it is due.

        None waits more than *longest*: one that seems to was queued by a clock that has been set back since.
        """
        params = {"id": subscription, "now": now, "longest": longest, "limit": DUE_MAX}
        return [DueDelivery(*row) for row in await self._rows(DUE, params)]

    async def next_at(self, subscription: UUID) -> datetime | None:
        """When the next event is due; None where none waits."""
        ((at,),) = await self._rows(NEXT, [subscription])
        due: datetime | None = at
        return due

    async def settle(
        self,
        subscription: UUID,
        position: int,
        state: DeliveryState,
        now: datetime,
        next_at: datetime,
        result: SendResult,
    ) -> None:
        """Record what came of one sending."""
        params = {
            "id": subscription,
            "position": position,
            "state": state.value,
            "now": now,
            "next_at": next_at,
            "status": result.status,
            "error": result.error.replace("\0", ""),
        }
        async with self._store.connection() as connection:
            await connection.execute(SETTLE, params)

    async def retry(self, subscription: UUID, position: int, now: datetime) -> bool:
        """Send an event again, say one that was parked; False where there is none, or it waits already."""
        return bool(await self._rows(RETRY, {"id": subscription, "position": position, "now": now}))

    async def page(self, subscription: UUID, state: str, after: int, limit: int) -> list[Delivery]:
        """Deliveries in the order of positions, of one *state* or of all (empty)."""
        params = {"id": subscription, "state": state, "after": after, "limit": limit}
        return [Delivery(row[0], row[1], DeliveryState(row[2]), *row[3:]) for row in await self._rows(PAGE, params)]

    async def health(self) -> QueueHealth:
        """All queues together."""
        (row,) = await self._rows(HEALTH, [])
        return QueueHealth(*row)

    async def _rows(self, query: LiteralString, params: Sequence[Any] | Mapping[str, Any]) -> list[TupleRow]:
        async with self._store.connection() as connection:
            return await (await connection.execute(query, params)).fetchall()


def _queued(
    subscription: UUID, events: Sequence[FeedEvent], types: Sequence[str], now: datetime, *, again: bool
) -> dict[str, object]:
    return {
        "id": subscription,
        "now": now,
        "again": again,
        "positions": [event.entry.position for event in events],
        "streams": [event.entry.stream for event in events],
        "types": list(types),
    }
