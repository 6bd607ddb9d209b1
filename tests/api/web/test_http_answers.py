"""Answers as they are written: byte for byte what uvicorn's own protocol writes, in one write where they are whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.web.http_limits import SERVER_OPTIONS, LimitedHttpProtocol

DATE = (b"date", b"Mon, 30 Nov 2026 12:00:00 GMT")
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
PROXY_IDLE_SECONDS = 120  # Caddy's, the longest of those that are common; nginx has 60
START = "http.response.start"
OK = {"body": b"ok"}
WHOLE: list[dict[str, Any]] = [
    {"type": START, "status": 200, "headers": [(b"content-length", b"2"), (b"etag", b'"1"')]},
    OK,
]


class Written(asyncio.Transport):
    """A connection that keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = list[bytes]()
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self.is_closed


class Connection:
    """One connection to an application that sends *messages*, spoken to by *protocol*."""

    def __init__(self, protocol: type[HttpToolsProtocol], messages: list[dict[str, Any]]) -> None:
        async def app(_: Any, __: Any, send: Any) -> None:
            for message in messages:
                await send({"type": "http.response.body"} | message)

        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none", http="httptools")
        config.load()
        self._state = ServerState()
        self._state.default_headers = [DATE]
        self.transport = Written()
        self.protocol = protocol(config=config, server_state=self._state, app_state={})
        self.protocol.connection_made(self.transport)

    async def send(self, request: bytes) -> list[bytes]:
        """What is written in answer to *request*."""
        begun = len(self.transport.writes)
        self.protocol.data_received(request)
        await self.ended()
        return self.transport.writes[begun:]

    async def ended(self) -> None:
        """Wait for the requests that are under way."""
        await asyncio.gather(*self._state.tasks)


@pytest.fixture
async def limited() -> AsyncIterator[Connection]:
    connection = Connection(LimitedHttpProtocol, WHOLE)
    yield connection
    connection.protocol.connection_lost(None)


def head(*headers: tuple[bytes, bytes], status: int = 200, length: int | None = 2) -> dict[str, Any]:
    """The beginning of an answer."""
    length_header = [] if length is None else [(b"content-length", b"%d" % length)]
    return {"type": START, "status": status, "headers": [*length_header, *headers]}


@pytest.mark.parametrize(
    ("messages", "request_", "is_whole"),
    [
        (WHOLE, GET, True),
        ([head(status=404), OK], GET, True),
        (WHOLE, GET.replace(b"GET", b"HEAD"), False),
        (WHOLE, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
        ([head(), {"body": b"o", "more_body": True}, {"body": b"k"}], GET, False),
        ([head(length=None), OK], GET, False),
        ([head((b"Connection", b"close")), OK], GET, False),
        ([head((b"x-text", b"a\tb")), OK], GET, False),
        ([head((b"x-text", b"a\r\nset-cookie: b")), OK], GET, False),
        ([head((b"x text", b"a")), OK], GET, False),
    ],
)
async def test_an_answer_has_the_bytes_that_uvicorn_gives_it(
    messages: list[dict[str, Any]], request_: bytes, is_whole: bool
) -> None:
    ours, theirs = Connection(LimitedHttpProtocol, messages), Connection(HttpToolsProtocol, messages)
    written, expected = await ours.send(request_), await theirs.send(request_)
    assert written == ([b"".join(expected)] if is_whole else expected)
    assert ours.transport.is_closed == theirs.transport.is_closed
    for connection in (ours, theirs):
        connection.protocol.connection_lost(None)


async def test_an_answer_that_is_longer_than_it_says_is_broken_off() -> None:
    connection = Connection(LimitedHttpProtocol, [head(), {"body": b"longer"}])
    (begun,) = await connection.send(GET)
    assert begun.endswith(b"\r\n\r\n")
    assert connection.transport.is_closed
    connection.protocol.connection_lost(None)


async def test_requests_that_come_together_are_answered_in_turn(limited: Connection) -> None:
    await limited.send(GET * 2)
    await limited.ended()
    assert len(limited.transport.writes) == 2


async def test_only_a_connection_that_is_idle_for_long_is_closed(limited: Connection) -> None:
    protocol = limited.protocol
    protocol.timeout_keep_alive = 3600
    await limited.send(GET)
    first = protocol.timeout_keep_alive_task
    await limited.send(GET)
    assert protocol.timeout_keep_alive_task is first  # no timer a request
    protocol.timeout_keep_alive_handler()
    assert not limited.transport.is_closed
    assert protocol.timeout_keep_alive_task is not first  # it looks again
    protocol.timeout_keep_alive = 0
    protocol.timeout_keep_alive_handler()
    assert not limited.transport.is_closed  # a request may have come that was not read yet
    await limited.send(GET)
    protocol.timeout_keep_alive_handler()
    assert not limited.transport.is_closed
    protocol.timeout_keep_alive_handler()
    assert limited.transport.is_closed


def test_an_idle_connection_is_left_to_the_proxy_to_close() -> None:
    assert SERVER_OPTIONS["timeout_keep_alive"] > PROXY_IDLE_SECONDS
