"""One sending, to receivers that begin an answer and never end it."""

from __future__ import annotations

import asyncio

import pytest

from infrastructure.webhooks.transport import SendResult, WebhookTransport
from tests.effort import PATIENCE_SECONDS


async def sent(answer: bytes) -> SendResult:
    """What comes of sending to a receiver that writes *answer* and leaves the line open."""
    over = asyncio.Event()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(answer)
        await over.wait()
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        async with WebhookTransport(allows_private=True, seconds_max=PATIENCE_SECONDS) as transport:
            return await transport.send(f"http://{host}:{port}/", {}, b"{}")
    finally:
        over.set()
        server.close()


async def test_an_event_is_accepted_by_the_status_of_the_answer() -> None:
    result = await asyncio.wait_for(sent(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"), PATIENCE_SECONDS / 2)
    assert (result.is_delivered, result.error) == (True, "")


@pytest.mark.parametrize(("status", "is_away", "is_gone"), [(500, False, False), (503, True, False), (410, True, True)])
async def test_a_refusal_counts_by_its_status_whatever_comes_of_its_body(
    monkeypatch: pytest.MonkeyPatch, status: int, is_away: bool, is_gone: bool
) -> None:
    monkeypatch.setattr("infrastructure.webhooks.transport.ANSWER_SECONDS_MAX", 0.1)
    result = await sent(b"HTTP/1.1 %d X\r\nContent-Length: 99\r\n\r\nabc" % status)
    assert (result.status, result.is_away, result.is_gone) == (status, is_away, is_gone)
    assert result.error == f"answered {status}: abc"
