"""HTTP as uvicorn speaks it, within limits: no endless head fills the memory, no half request holds a connection.

uvicorn counts neither the bytes before a body nor the time between two of them. What it can't read at all is told as
a problem too, like everything else.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from msgspec import json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.problems import MEDIA_TYPE, Problem

HEAD_BYTES_MAX = 64 * 1024  # a head of ours has a few hundred; proxies stop at 8 to 32 KiB
SILENCE_SECONDS_MAX = 30.0  # a client that has begun a request says something within this, and its whole head in twice
FEW_LINES = "send the line of the request and few, short headers"


class PatientProtocol(HttpToolsProtocol):
    """One connection. Half a request is one that has begun, or is yet to begin on a new connection, and has no end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._half, self._in_head, self._head_bytes = True, True, 0
        self._heard, self._head_is_old = False, False
        self._watch = self.loop.call_later(SILENCE_SECONDS_MAX, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._hang_up(
                    Problem(
                        "head-too-large",
                        f"no more than {HEAD_BYTES_MAX} bytes may come before a body",
                        remedy=FEW_LINES,
                    )
                )

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._half, self._in_head, self._head_bytes, self._head_is_old = True, True, 0, False

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._half = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._hang_up(Problem("bad-request", msg, remedy="send HTTP/1.1"))

    def _look(self) -> None:
        """Hang up on a client that says nothing, though it is its turn, or spins its head out."""
        silent = not self._heard and not self.flow.read_paused
        if self._half and (silent or (self._in_head and self._head_is_old)):
            self._hang_up(
                Problem("request-timeout", "the rest of the request did not come in time", remedy="send it whole")
            )
            return
        self._heard, self._head_is_old = False, self._in_head and self._half
        self._watch = self.loop.call_later(SILENCE_SECONDS_MAX, self._look)

    def _hang_up(self, problem: Problem) -> None:
        """Tell of *problem*, unless an answer is on its way, and close."""
        if not self.transport.is_closing() and (self.cycle is None or not self._answering(self.cycle)):
            body = json.encode(problem.document("", ""))
            status = HTTPStatus(problem.kind.status)
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()

    @staticmethod
    def _answering(cycle: Any) -> bool:
        return bool(cycle.response_started and not cycle.response_complete)
