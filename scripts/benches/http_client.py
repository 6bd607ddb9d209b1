"""Sends commands over HTTP/1.1 on one persistent connection per client, without the overhead of a client library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

from msgspec import json

from domain.core.ledger import Actor
from domain.messages import AnyCommand
from scripts.benches.commands import Send, crowd
from scripts.benches.http_server import HOST
from scripts.benches.measure import Figure

encode = json.Encoder().encode
NO_KEYS: Mapping[str, str] = {}


class NotAnsweredError(Exception):
    """The server answered with another status than 200, so that no commands would be measured."""


def request(project: UUID, command: AnyCommand, by: Actor, key: str = "") -> bytes:
    """The request for one command, as bytes; with the API *key* of *by*, or with headers that name *by*."""
    body = encode(command)
    named = f"X-Actor: {by.id}\r\nX-Department: {by.department}\r\nX-Role: {by.role}\r\n"
    credentials = f"Authorization: Bearer {key}\r\n" if key else named
    head = (
        f"POST /v1/projects/{project}/commands HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
        f"{credentials}"
        f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def request_connection(port: int) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Open a connection; yields a function that sends a request, and raises NotAnsweredError."""
    reader, writer = await asyncio.open_connection(HOST, port)

    async def send(prepared: bytes) -> None:
        writer.write(prepared)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise NotAnsweredError(body.decode())

    try:
        yield send
    finally:
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def connection(port: int, keys: Mapping[str, str]) -> AsyncIterator[Send]:
    """Open a connection; yields a function that sends a command, with its actor's key, and raises NotAnsweredError."""
    async with request_connection(port) as send_request:

        def send(project: UUID, command: AnyCommand, by: Actor) -> Awaitable[None]:
            return send_request(request(project, command, by, keys.get(by.id, "")))

        yield send


async def over_http(subject: str, port: int, clients: int, seconds: float, keys: Mapping[str, str] = NO_KEYS) -> Figure:
    """Commands per second of *clients* connections to the server on *port*; *keys* are those of actors, by id."""
    async with AsyncExitStack() as stack:
        sends = [await stack.enter_async_context(connection(port, keys)) for _ in range(clients)]
        return await crowd(subject, lambda n: sends[n], clients, seconds)
