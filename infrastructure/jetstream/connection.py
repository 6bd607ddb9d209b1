"""A connection to a stream of JetStream, by nats-py: import it only where that is installed (`client.opening`)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import structlog
from nats.aio.client import Client
from nats.errors import Error, MaxPayloadError, NoServersError
from nats.js import JetStreamContext
from nats.js.api import Header, PubAck, RawStreamMsg, RetentionPolicy, StorageType, StreamConfig, StreamInfo
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from infrastructure.jetstream.errors import StreamAwayError, StreamRefusedError
from infrastructure.jetstream.target import OutgoingMessage, StoredMessage, StreamTail, StreamTarget, takes

CONNECT_SECONDS_MAX = 5
ANSWER_SECONDS_MAX = 10.0  # of the server, for one request or for a batch of messages
CLOSE_SECONDS_MAX = 1.0
PING_SECONDS = 10  # after three pings without an answer the connection counts as lost
DUPLICATE_SECONDS = 120.0  # how long the stream remembers ids: NATS' own default
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
CONTENT_TYPE = "Content-Type"
WRONG_SEQUENCE = 10071  # of the server: the stream does not end where the message says
OTHER_STREAM = 10060  # of the server: the message would be stored in another stream than we expect
FULL = frozenset(
    {10023, 10028, 10047, 10077}
)  # of the server: limits of the machine, the account, the disk, the stream

log = structlog.get_logger()


class ConnectionState:
    """What the client reports asynchronously: that the connection *is_lost*, and errors, also those of messages in
    flight.
    """

    def __init__(self) -> None:
        self.is_lost = False
        self.errors: list[Exception] = []
        self.changed = asyncio.Event()

    async def note_lost(self) -> None:
        """The connection has ended."""
        self.is_lost = True
        self.changed.set()

    async def note_error(self, error: Exception) -> None:
        """Something went wrong."""
        log.debug("nats_client_error", error=str(error) or type(error).__name__)
        self.errors.append(error)
        self.changed.set()


class JetStreamConnection:
    """One connection, without reconnect: once it is lost, the publisher first reads where the stream ends."""

    def __init__(self, client: Client, target: StreamTarget, state: ConnectionState) -> None:
        self._target, self._state = target, state
        self._stream: JetStreamContext = client.jetstream(timeout=ANSWER_SECONDS_MAX)

    @property
    def is_lost(self) -> bool:
        """Whether the connection has ended."""
        return self._state.is_lost

    async def end(self) -> StreamTail:
        """Where the stream ends, which is made if there is none; one that exists is left as it is.

        Raises StreamAwayError, StreamRefusedError.
        """
        with _translated(self._target):
            info = await self._info() or await self._stream.add_stream(config_of(self._target))
        if not any(takes(subject, self._target.subjects) for subject in info.config.subjects or ()):
            raise StreamRefusedError(untaken(self._target))
        if info.config.no_ack:
            raise StreamRefusedError(
                f"The stream {self._target.stream} acknowledges nothing (no_ack), so no one knows what it has stored:"
                " switch that off, or name another stream by COUNTERSIGN_NATS_STREAM."
            )
        return StreamTail(info.state.last_seq, info.created)

    async def message(self, sequence: int) -> StoredMessage | None:
        """The message with that sequence; None where the stream does not hold it any more. Raises StreamAwayError."""
        with _translated(self._target):
            try:
                raw: RawStreamMsg = await self._stream.get_msg(self._target.stream, sequence)
            except NotFoundError:
                return None
        return StoredMessage(sequence, (raw.headers or {}).get(Header.MSG_ID.value, ""), raw.data or b"")

    async def publish(self, messages: Sequence[OutgoingMessage], after: int) -> int:
        """Store *messages* behind the sequence *after*, in their order; the sequence of the last one.

        Each names the sequence that it is to follow, and from the second on the message: a sequence alone may be that
        of a foreign message. So the server takes none behind a gap, none twice, and none of two publishers that do not
        know of each other. Raises StreamAwayError, after which the stream may hold a part of them, and
        StreamRefusedError.
        """
        before = [None, *messages[:-1]]
        with _translated(self._target), _unstored(after):
            answers = [
                await self._stream.publish_async(
                    message.subject,
                    message.body,
                    stream=self._target.stream,
                    headers=headers_of(message, sequence, previous),
                )
                for sequence, (message, previous) in enumerate(zip(messages, before, strict=True), after)
            ]
            acknowledged = await self._acknowledged(answers)
        expected = list(range(after + 1, after + 1 + len(messages)))
        if [answer.seq for answer in acknowledged] != expected or any(answer.duplicate for answer in acknowledged):
            raise StreamAwayError(
                f"the stream {self._target.stream} counts an event that it does not hold as a repeat; it forgets ids"
                " after its duplicate window"
            )
        return after + len(messages)

    async def _info(self) -> StreamInfo | None:
        try:
            return await self._stream.stream_info(self._target.stream)
        except NotFoundError:
            return None

    async def _acknowledged(self, answers: Sequence[asyncio.Future[PubAck]]) -> list[PubAck]:
        """The answers of the server, once all are there. Raises Error, TimeoutError, StreamAwayError."""
        every, changed = asyncio.gather(*answers), asyncio.create_task(self._state.changed.wait())
        waits: set[asyncio.Future[Any]] = {every, changed}
        try:
            await asyncio.wait(waits, timeout=ANSWER_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
            if every.done():
                return every.result()
            if self.is_lost:
                raise StreamAwayError("the connection ended")
            raise next(iter(self._state.errors), StreamAwayError("no answer in time"))
        finally:
            changed.cancel()
            every.cancel()
            await asyncio.gather(every, changed, *answers, return_exceptions=True)


def headers_of(message: OutgoingMessage, after: int, previous: OutgoingMessage | None) -> dict[str, str]:
    """The headers of *message*, which is to follow the sequence *after*, and *previous* of the same batch.

    The first of a batch names no message: NATS 2.10 forgets the last id where it is started again after its duplicate
    window, and would take nothing any more.
    """
    headers = {
        Header.MSG_ID.value: message.id,
        Header.EXPECTED_LAST_SEQUENCE.value: str(after),
        CONTENT_TYPE: MEDIA_TYPE,
    }
    return headers | ({Header.EXPECTED_LAST_MSG_ID.value: previous.id} if previous else {})


def untaken(target: StreamTarget) -> str:
    """The refusal of a stream that does not take the subjects of *target*."""
    return (
        f"The stream {target.stream} does not take the events of {target.zone}: let it take the subjects"
        f" {target.subjects}, or name another one by COUNTERSIGN_NATS_STREAM."
    )


def config_of(target: StreamTarget) -> StreamConfig:
    """The stream that is made where there is none: on disk, and without a limit, as the feed is without an end."""
    return StreamConfig(
        name=target.stream,
        description=f"Countersign: events of {target.zone}, as GET /v1/events has them",
        subjects=[target.subjects],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        duplicate_window=DUPLICATE_SECONDS,
    )


@asynccontextmanager
async def opened(target: StreamTarget) -> AsyncIterator[JetStreamConnection]:
    """A connection to the first server that answers. Raises StreamAwayError, SettingRefusedError."""
    client, state, tls = Client(), ConnectionState(), target.tls()
    try:
        with _translated(target):
            await _connect(client, target, tls, state)
        state.changed.clear()
        state.errors.clear()  # of servers that did not answer
        yield JetStreamConnection(client, target, state)
    finally:
        with suppress(TimeoutError, OSError, Error):  # where TLS failed, the client would wait endlessly
            await asyncio.wait_for(client.close(), CLOSE_SECONDS_MAX)


async def _connect(client: Client, target: StreamTarget, tls: ssl.SSLContext | None, state: ConnectionState) -> None:
    """Connect to one of the servers, each tried twice at most. Raises Error, OSError, StreamAwayError."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS_MAX * (len(target.servers) + 1)):
            await client.connect(
                servers=list(target.servers),
                name=f"countersign {target.zone}",
                allow_reconnect=False,
                max_reconnect_attempts=1,  # of each server, also for the first connection; 0 would be without end
                reconnect_time_wait=0,
                connect_timeout=CONNECT_SECONDS_MAX,
                ping_interval=PING_SECONDS,
                tls=tls,
                tls_handshake_first=target.is_secure,
                user_credentials=target.credentials or None,
                disconnected_cb=state.note_lost,
                closed_cb=state.note_lost,
                error_cb=state.note_error,
            )
    except (NoServersError, TimeoutError) as away:
        last = str(state.errors[-1]) if state.errors else ""  # such as "Connection refused"
        raise StreamAwayError(f"no server answers at {target.address}{last and ': '}{last}") from away


@contextmanager
def _unstored(after: int) -> Iterator[None]:
    """Tell what it means that a stream, which events were sent to behind its last message *after*, still ends there.

    A server whose disk was full says nothing of the event that it could not write, and that of the next the sequence is
    wrong; and it goes on so, though there is room again, until it is started again.
    """
    try:
        yield
    except APIError as refused:
        if refused.err_code == WRONG_SEQUENCE and (refused.description or "").endswith(f": {after}"):
            raise StreamAwayError(
                "the server stored nothing of what it was sent, and its log says why: where its disk was full, make"
                " room and start it again"
            ) from refused
        raise


@contextmanager
def _translated(target: StreamTarget) -> Iterator[None]:
    """Raise what the client raises as StreamAwayError or StreamRefusedError."""
    try:
        yield
    except NoStreamResponseError as missing:
        # Also while a cluster elects who leads the stream, and while the server that holds it is started again.
        raise StreamAwayError(untaken(target)) from missing
    except MaxPayloadError as large:
        raise StreamRefusedError(
            f"An event is larger than the server at {target.address} takes: raise max_payload in its configuration."
        ) from large
    except APIError as refused:
        if refused.err_code == OTHER_STREAM:
            raise StreamRefusedError(
                f"Another stream than {target.stream} takes {target.subjects}: name it by COUNTERSIGN_NATS_STREAM, or"
                " take the subjects from it."
            ) from refused
        if refused.err_code in FULL:
            raise StreamAwayError(
                f"the stream {target.stream}, or its server at {target.address}, has no room: give it more, or raise"
                f" what limits it ({refused.description}, code {refused.err_code})"
            ) from refused
        raise StreamAwayError(f"{refused.description or 'refused'} (code {refused.err_code})") from refused
    except (Error, OSError, TimeoutError) as away:
        raise StreamAwayError(str(away).removeprefix("nats: ") or type(away).__name__) from away
