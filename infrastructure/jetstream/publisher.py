"""The publisher: stores each event of the feed in a stream once, in the order of the ledger.

After a start, and whenever a connection was lost, it goes on behind the stream's last message, which it compares with
the ledger first: that JetStream recognises repeats for some minutes is not enough. One publisher a ledger leads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from typing import Any, Protocol

import msgspec
import structlog
from msgspec import Struct
from psycopg import AsyncConnection

from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from infrastructure.errors import OperatorError
from infrastructure.feed.epochs import LedgerEpochs
from infrastructure.feed.reader import FEED, Feed, FeedCriteria, FeedPage
from infrastructure.jetstream.errors import StreamAwayError
from infrastructure.jetstream.records import PublicationRecord
from infrastructure.jetstream.resume import MessagePlace, another_entry, emptied
from infrastructure.jetstream.target import (
    OutgoingMessage,
    StoredMessage,
    StreamTail,
    StreamTarget,
    identity_of,
    outgoing,
)
from infrastructure.leader import Leader, LeadTerms

LEADER_KEY = 0x436F756E_4A657453  # advisory lock of the publishing process
PUBLISH_AT_ONCE = 256  # events on their way to the server at a time
POLL_SECONDS, ALARM_SECONDS = 1.0, 60.0
AWAY_SECONDS_MAX = 60.0  # between two tries to reach a server that stays away
TERMS = LeadTerms("jetstream", LEADER_KEY, POLL_SECONDS, ALARM_SECONDS)
# A subscriber reads the whole stream, so it has what a leader's program may see: all projects, no contacts.
READER = Caller("jetstream", "JetStream", PrincipalKind.PROGRAM, Role.LEADER, scopes=(FEED,))
EVERYTHING = FeedCriteria()

Render = Callable[[FeedPage, Caller, LedgerEpochs], Sequence[bytes]]
"""Events of a page as the bodies that are published."""

log = structlog.get_logger()


class StreamConnection(Protocol):
    """A connection to the stream: `connection.JetStreamConnection`, which is imported only where nats-py is there."""

    @property
    def is_lost(self) -> bool: ...

    async def end(self) -> StreamTail: ...

    async def message(self, sequence: int) -> StoredMessage | None: ...

    async def publish(self, messages: Sequence[OutgoingMessage], after: int) -> int: ...


class PublisherParts(Struct, frozen=True):
    """The collaborators of a publisher. *after*: where a stream that was emptied goes on; None unless an operator set
    it.
    """

    feed: Feed
    record: PublicationRecord
    target: StreamTarget
    open: Callable[[StreamTarget], AbstractAsyncContextManager[StreamConnection]]
    render: Render
    clock: Callable[[], datetime]
    after: int | None = None


class StreamPlace(Struct, frozen=True):
    """How far publishing is: up to *position* in the ledger, which is up to *sequence* in the stream."""

    position: int
    sequence: int
    created: datetime | None


class StreamPublisher(Leader):
    """Runs in an event loop: `run` until `stop`.

    What an operator has to fix ends `run` with its OperatorError, such as StreamRefusedError.
    """

    transient = (*Leader.transient, StreamAwayError)

    def __init__(self, parts: PublisherParts, url: str) -> None:
        super().__init__(url, TERMS)
        self._parts = parts
        self._failures = 0  # in a row, since something was published or there was nothing to publish
        self._is_standby = False
        self.published = 0

    async def _take(self, connection: AsyncConnection[Any]) -> bool:
        taken = await super()._take(connection)
        if not taken and not self._is_standby:
            log.info("stream_publisher_stands_by", stream=self._parts.target.stream)
        self._is_standby = not taken
        return taken

    async def _work(self, connection: AsyncConnection[Any], /) -> None:
        parts = self._parts
        try:
            async with AsyncExitStack() as ends:
                # A server that does not answer can take a while, in which `stop` may come.
                if (started := await self._unless_stopped(self._started(ends))) is not None:
                    await self._publish_from(*started, connection)
        except (StreamAwayError, OperatorError) as failure:
            await parts.record.note_trouble(str(failure), parts.clock())
            raise

    async def _started(self, ends: AsyncExitStack) -> tuple[StreamConnection, StreamPlace]:
        """A connection, which *ends* closes, and where to go on. Raises StreamAwayError, OperatorError."""
        stream = await ends.enter_async_context(self._parts.open(self._parts.target))
        await ends.enter_async_context(self._parts.feed.horizon.following())
        return stream, await self._resume(stream)

    def _pause_after(self, failure: Exception) -> float:
        if isinstance(failure, OperatorError) and not isinstance(failure, self.transient):
            raise failure
        if not isinstance(failure, StreamAwayError):
            return super()._pause_after(failure)
        seconds = min(POLL_SECONDS * 2.0**self._failures, AWAY_SECONDS_MAX)
        self._failures += 1
        log.warning("stream_away", stream=self._parts.target.stream, error=str(failure), tried_again_in=seconds)
        return seconds

    async def _publish_from(
        self, stream: StreamConnection, place: StreamPlace, connection: AsyncConnection[Any]
    ) -> None:
        """Publish what is there, then what comes, until `stop`. Raises StreamAwayError, StreamRefusedError.

        Raises psycopg's errors where *connection* ended: another database may have taken the place of this one, which
        has to be compared with the stream again.
        """
        parts, is_behind = self._parts, True
        while not self._stopping.is_set():
            await connection.execute("SELECT 1")
            page = await parts.feed.page(READER, EVERYTHING, place.position, PUBLISH_AT_ONCE)
            if page.next > place.position:
                place = await self._published(stream, page, place)
            self._failures = 0
            if page.more:
                is_behind = True
                continue
            if is_behind:
                log.info("stream_caught_up", stream=parts.target.stream, position=place.position, count=self.published)
            is_behind = False
            await self._unless_stopped(parts.feed.horizon.beyond(place.position, POLL_SECONDS))
            if stream.is_lost:
                raise StreamAwayError("the connection ended")

    async def _published(self, stream: StreamConnection, page: FeedPage, place: StreamPlace) -> StreamPlace:
        """Publish the events of *page*, and record the place behind it."""
        parts, epochs = self._parts, await self._parts.feed.epochs()
        bodies = parts.render(page, READER, epochs)
        messages = [
            outgoing(event.entry, epochs.message(event.entry.position), body, parts.target.zone)
            for event, body in zip(page.events, bodies, strict=True)
        ]
        sequence = await stream.publish(messages, place.sequence) if messages else place.sequence
        place = StreamPlace(page.next, sequence, place.created)
        now = parts.clock() if messages else None
        await parts.record.note_reached(place.position, place.sequence, place.created, now)
        self.published += len(messages)
        log.debug("stream_events_published", count=len(messages), position=page.next, sequence=sequence)
        return place

    async def _resume(self, stream: StreamConnection) -> StreamPlace:
        """Where to go on. Raises StreamAwayError, StreamRefusedError."""
        end = await stream.end()
        position = await self._position_at(stream, end)
        await self._parts.record.note_reached(position, end.sequence, end.created, None)
        log.info("stream_resumed", stream=self._parts.target.stream, position=position, sequence=end.sequence)
        return StreamPlace(position, end.sequence, end.created)

    async def _position_at(self, stream: StreamConnection, end: StreamTail) -> int:
        """The position in the ledger of the last event in the stream."""
        parts = self._parts
        if not end.sequence:
            return parts.after or 0
        if (message := await stream.message(end.sequence)) is not None:
            return await self._position_of(message)
        known = await parts.record.read()
        if known and (known.sequence, known.created_at) == (end.sequence, end.created):
            return known.position
        if parts.after is None:
            raise emptied(parts.target)
        return parts.after

    async def _position_of(self, message: StoredMessage) -> int:
        """The position behind which to go on after *message*, which has to be an event of this ledger."""
        parts, feed = self._parts, self._parts.feed
        epochs = await feed.epochs()
        place = MessagePlace(message.id, parts.target, epochs, await feed.head())
        if place.is_lost:
            log.warning("stream_holds_lost_events", stream=parts.target.stream, last=message.id, kept_to=place.after)
            return place.after
        while await feed.horizon.look() < place.position:  # a rebuild: what the feed has there is not known yet
            log.info("stream_waits_for_views", position=place.position)
            await self._pause(POLL_SECONDS)
            if self._stopping.is_set():
                return place.position
        page = await feed.page(READER, EVERYTHING, place.position - 1, 1, place.position)
        bodies = parts.render(page, READER, epochs)
        try:
            is_same = bool(bodies) and identity_of(message.body) == identity_of(bodies[0])
        except msgspec.DecodeError:
            is_same = False
        if not is_same:
            raise another_entry(message.id, parts.target)
        return place.position
