"""HTTP as uvicorn speaks it, within limits: header size, trailers, and the time a request may take to come in.

uvicorn counts neither the bytes before a body nor the time between two of them, and appends request trailers to the
list of headers. What can't be read at all is answered with a problem too, like everything else. An answer that is whole
leaves in one write, and a timer for idle connections is set once in a while instead of twice a request (ADR 0061).
An offer of another protocol, such as Java's client makes of HTTP/2, is passed over: uvicorn loses the body behind it.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus
from operator import itemgetter
from typing import Any, NoReturn

import httptools
from msgspec import json
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.web.problems import MEDIA_TYPE, Problem
from api.web.request_id import HEADER, new_request_id

HEAD_BYTES_MAX = 64 * 1024  # a head of ours has a few hundred; proxies stop at 8 to 32 KiB
TRAILER_BYTES_MAX = 8 * 1024  # nothing is read from trailers (RFC 9110, 6.5.1); a checksum or two fit
SILENCE_SECONDS_MAX = 30.0  # a client that has begun a request says something within this, and its whole head in twice
SLOW_BYTES, SLOW_LOOKS_MAX = 1024, 4  # a body that brings less in each of so many spans of silence is given up
IDLE_SECONDS_MAX = 130  # longer than proxies wait before they close a connection themselves: nginx 60, Go 90, Caddy 120
IDLE_LOOK_SECONDS = 0.1  # in which a request is read that came while the process did not get to run
UNREAD_LOOKS_MAX = 10  # spans of silence in which a client takes nothing of its answer: five minutes, as streams last
FEW_LINES = "send the line of the request and few, short headers"
NO_TRAILERS = "leave trailers out: nothing is read from them"
SENT_METHOD = re.compile(rb"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) \S+ HTTP/1\.[01]\r?\n")
ABSOLUTE_FORM = re.compile(rb"(?i)https?://")
IN_NAMES = b"abcdefghijklmnopqrstuvwxyz0123456789-"  # of headers that this application writes
NAME, VALUE = itemgetter(0), itemgetter(1)
END_OF_LINE = b"\r\n"
HEADS_CACHED_MAX = 1000  # answers have some dozens of sets of headers
CONTROLS = bytes([*range(0x20), 0x7F])  # of which the end of a line is two
OF_THE_OFFER = (b"upgrade", b"http2-settings")  # headers, and words of the header Connection, of another protocol
OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})


class WholeAnswers:
    """An ASGI `send` over uvicorn's of one *cycle*: writes a whole answer at once, and leaves any other to uvicorn.

    Whole is what has one body and says its length, on a connection that stays open and takes what is written. A head
    that says no length leaves at once: what streams may be long in coming.
    """

    __slots__ = ("_cycle", "_head")

    def __init__(self, cycle: Any) -> None:
        self._cycle = cycle
        self._head: Any = None  # until its body comes

    async def __call__(self, message: Any) -> None:
        head, cycle = self._head, self._cycle
        if head is None:
            if message["type"] == "http.response.start" and not cycle.response_started and _says_length(message):
                self._head = message
                return
            await cycle.send(message)
            return
        self._head = None
        body: bytes = message.get("body", b"")
        is_whole = not message.get("more_body") and _is_open(cycle)
        written = written_head(head, cycle.default_headers, len(body)) if is_whole else None
        if written is None:
            await cycle.send(head)
            await cycle.send(message)
            return
        cycle.response_started, cycle.waiting_for_100_continue, cycle.response_complete = True, False, True
        cycle.transport.write(written + body)
        cycle.message_event.set()
        cycle.on_response()


def _says_length(head: Any) -> bool:
    for name, _ in head["headers"]:  # noqa: SIM110 it is among the first, and a generator takes longer
        if name == b"content-length":
            return True
    return False


def _is_open(cycle: Any) -> bool:
    """Whether the client of *cycle* reads, stays, and wants a body."""
    return bool(
        cycle.keep_alive
        and not cycle.disconnected
        and not cycle.flow.write_paused
        and not cycle.access_log
        and cycle.scope["method"] != "HEAD"
    )


def written_head(head: Any, always: list[tuple[bytes, bytes]], length: int) -> bytes | None:
    """The *head* of an answer, with the headers that are *always* sent, as it is written before a body of *length*
    bytes; None where uvicorn has to look at it.

    All lines are checked together: one that would end early, or holds a control character, is uvicorn's to refuse.
    """
    pairs = always + head["headers"]
    template, place = _head_template(head["status"], tuple(map(NAME, pairs)))
    if not template or pairs[place][1] != b"%d" % length:
        return None
    written = template % tuple(map(VALUE, pairs))
    controls = len(written) - len(written.translate(None, CONTROLS))
    return written if controls == len(END_OF_LINE) * (len(pairs) + 2) else None


@lru_cache(HEADS_CACHED_MAX)
def _head_template(status: int, names: tuple[bytes, ...]) -> tuple[bytes, int]:
    """A head with headers of these *names*, to be filled in with their values; and where the length is, the last one.

    Empty where uvicorn has to look at the headers: if none says the length, if one is about the connection, and if one
    is not spelt as this application spells them.
    """
    place = {name: place for place, name in enumerate(names)}.get(b"content-length")
    if place is None or b"".join(names).translate(None, IN_NAMES) or not OF_THE_CONNECTION.isdisjoint(names):
        return b"", 0
    lines = b"".join([name + b": %b" + END_OF_LINE for name in names])
    return STATUS_LINE[status] + lines + END_OF_LINE, place


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection. Half a request is one that has begun, or is yet to begin on a new connection, and has no end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._half, self._in_head, self._in_body = True, True, False
        self._unparsed_bytes = self._head_bytes = self._trailer_bytes = 0
        self._messages = self._pieces = 0  # requests begun and pieces of bodies read on this connection
        self._refusal: Problem | None = None
        self._last_read = b""
        self._has_received, self._head_is_old = False, False
        self._body_bytes = self._slow_looks = 0  # since the last look; looks in a row that found few bytes of one body
        self._waiting_bytes, self._unread_looks = 0, 0  # of the answer at the last look; looks that found it so
        self._watch = self.loop.call_later(SILENCE_SECONDS_MAX, self._look)
        self._idle_since: float | None = None  # on the loop's clock
        self._is_over = False  # whether the connection was seen to be idle for as long as it may
        self._offers_upgrade, self._unread = False, b""  # unread is a request without its offer, and what follows it

    def connection_lost(self, exc: Exception | None) -> None:
        self._watch.cancel()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        self._waiting_bytes = 0  # the client has read: as many bytes at the next look are others
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return  # refused: what else comes on this connection is not parsed
        self._has_received, self._last_read = True, data
        messages, between = self._messages, not self._half or self._messages == 0
        pieces = self._pieces if self._in_body else None
        super().data_received(data)
        while self._unread:
            self._last_read, self._unread = self._unread, b""
            super().data_received(self._last_read)
        self._last_read = b""
        if self._refusal is None and (problem := self._overflow(data, messages, pieces, between=between)):
            self._hang_up(problem)

    def _overflow(self, data: bytes, messages: int, pieces: int | None, *, between: bool) -> Problem | None:
        """The problem of a head or of trailers that go on and on without a complete line.

        A line that has not ended is buffered by the parser, and counted here by the reads it came in. A read that also
        held the end of the request before, or of the head before a body, is left out.
        """
        if self._in_head:
            begun = self._messages - messages
            if begun == 0 or (begun == 1 and between):
                self._unparsed_bytes += len(data)
            return _head_too_large() if self._unparsed_bytes > HEAD_BYTES_MAX else None
        is_more = pieces == self._pieces and self._in_body
        self._unparsed_bytes = self._unparsed_bytes + len(data) if is_more else 0
        return _trailers_too_large() if self._unparsed_bytes > TRAILER_BYTES_MAX else None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._offers_upgrade = False
        self._half, self._in_head, self._head_is_old = True, True, False
        self._slow_looks = 0
        self._unparsed_bytes = self._head_bytes = self._trailer_bytes = 0
        self._messages += 1

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header; one that comes after the head is a trailer, and never becomes a header."""
        if self._in_head:
            self._head_bytes += len(name) + len(value) + len(b": \r\n")
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(_head_too_large())
            lowered = name.lower()
            if lowered == b"expect":
                super().on_header(name, value)
            else:  # as uvicorn does: calling it takes 0.1 µs more a header, of 105 a command
                self.headers.append((lowered, value))
            return
        self._trailer_bytes += len(name) + len(value) + len(b": \r\n")
        if self._trailer_bytes > TRAILER_BYTES_MAX:
            self._refuse(_trailers_too_large())

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body, self._unparsed_bytes = False, True, 0
        if b"#" in self.url:  # no part of a request's address (RFC 9112, 3.2); servers differ in what they make of it
            self._refuse(Problem("bad-request", "the address has a fragment", remedy="leave out # and what follows it"))
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            self._offers_upgrade = True
            return
        if ABSOLUTE_FORM.match(self.url):  # its host is the one that counts (RFC 9112, 3.2.2)
            self._take_host(httptools.parse_url(self.url))
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pieces += 1
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._offers_upgrade:
            return
        self._half = self._in_body = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        super()._start_asgi_task(cycle, lambda scope, receive, _: app(scope, receive, WholeAnswers(cycle)))

    def on_response_complete(self) -> None:
        """Go on with a request that was sent ahead, or wait for the next one."""
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _unset_keepalive_if_required(self) -> None:
        """The connection is in use. The timer goes on, and looks again when it is over: to cancel it takes longer."""
        self._idle_since, self._is_over = None, False

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has been idle for as long as it may, or look again when it could have been."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        remaining = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if remaining <= 0 and self._is_over:
            super().timeout_keep_alive_handler()
            return
        self._is_over = remaining <= 0  # the loop's timers come before what it has to read
        wait = IDLE_LOOK_SECONDS if self._is_over else remaining
        self.timeout_keep_alive_task = self.loop.call_later(wait, self.timeout_keep_alive_handler)

    def _unsupported_upgrade_warning(self) -> None:
        """Have a request read again without its offer of another protocol, with its body and what follows.

        uvicorn calls this while the parser's error is handled, which says where the head ended. The offer may be passed
        over (RFC 9110, 7.8).
        """
        error = sys.exc_info()[1]
        if not isinstance(error, httptools.HttpParserUpgrade):
            raise TypeError(error)
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        lines += [b"%b: %b" % header for header in _without_offer(self.headers)]
        self._unread = b"\r\n".join([*lines, b"", b""]) + self._last_read[error.args[0] :]
        self._messages -= 1
        self.parser = httptools.HttpRequestParser(self)

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused; uvicorn calls this while the parser's error is handled."""
        if self._refusal is None:
            self._refusal = _unparsable(sys.exc_info()[1], self._last_read, msg)
        self._hang_up(self._refusal)

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(_head_too_large())

    def _refuse(self, problem: Problem) -> NoReturn:
        """Stop the parser, which then has uvicorn call `send_400_response`."""
        self._refusal = problem
        raise problem

    def _take_host(self, target: Any) -> None:
        if not target.path:  # means / (RFC 9110, 4.2.3)
            self.url = b"/?" + target.query if target.query else b"/"
        host = b"[%s]" % target.host if b":" in target.host else target.host
        authority = b"%s:%d" % (host, target.port) if target.port else host
        hosts = [name for name, _ in self.headers if name == b"host"]
        if len(hosts) == 1:  # none or two are refused as in any other request
            self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]

    def _look(self) -> None:
        """Hang up on a client that says nothing, though it is its turn, or sends its headers or its body too slowly.

        Also on one that does not read: its answer would stay in memory, and its place among those who stream taken.
        """
        if self._is_unread():
            if self.cycle is not None:
                self.cycle.disconnected = True  # before its writing is resumed, on a transport that is closed by then
            self.transport.abort()
            return
        is_heard = not self.flow.read_paused
        silent = not self._has_received and is_heard
        is_slow = self._in_body and is_heard and self._body_bytes < SLOW_BYTES
        self._slow_looks = self._slow_looks + 1 if is_slow else 0
        if self._half and (silent or self._slow_looks > SLOW_LOOKS_MAX or (self._in_head and self._head_is_old)):
            self._hang_up(
                Problem("request-timeout", "the rest of the request did not come in time", remedy="send it whole")
            )
            return
        self._has_received, self._head_is_old, self._body_bytes = False, self._in_head and self._half, 0
        self._watch = self.loop.call_later(SILENCE_SECONDS_MAX, self._look)

    def _is_unread(self) -> bool:
        """Whether the client has for too long taken nothing of its answer, of which no more is written meanwhile."""
        waiting = self.transport.get_write_buffer_size()
        is_stuck = self.flow.write_paused and waiting == self._waiting_bytes
        self._waiting_bytes, self._unread_looks = waiting, self._unread_looks + 1 if is_stuck else 0
        return self._unread_looks >= UNREAD_LOOKS_MAX

    def _hang_up(self, problem: Problem) -> None:
        """Answer with *problem*, unless an answer is on its way, and close."""
        self._refusal = problem
        if not self.transport.is_closing() and (self.cycle is None or not self._answering(self.cycle)):
            request_id = new_request_id()
            body = json.encode(problem.document("", request_id))
            status = HTTPStatus(problem.kind.status)
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\ncache-control: no-store\r\n"
                f"x-content-type-options: nosniff\r\n{HEADER.decode()}: {request_id}\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()

    @staticmethod
    def _answering(cycle: Any) -> bool:
        return bool(cycle.response_started and not cycle.response_complete)


SERVER_OPTIONS: dict[str, Any] = {
    "http": LimitedHttpProtocol,
    "server_header": False,  # which program serves helps attackers alone
    "timeout_keep_alive": IDLE_SECONDS_MAX,
    "proxy_headers": False,  # who is asking is asserted by our own headers, never by a forwarded address
}  # of uvicorn, wherever it serves the application


def _without_offer(headers: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """*headers* of a request, less those that offer another protocol."""
    for name, value in headers:
        if name == b"connection":
            words = [word for word in value.split(b",") if word.strip().lower() not in OF_THE_OFFER]
            if words:
                yield name, b",".join(words)
        elif name not in OF_THE_OFFER:
            yield name, value


def _head_too_large() -> Problem:
    return Problem("head-too-large", f"no more than {HEAD_BYTES_MAX} bytes may come before a body", remedy=FEW_LINES)


def _trailers_too_large() -> Problem:
    return Problem(
        "head-too-large",
        f"no more than {TRAILER_BYTES_MAX} bytes may come as trailers or extensions of chunks",
        remedy=NO_TRAILERS,
    )


def _unparsable(error: BaseException | None, sent: bytes, message: str) -> Problem:
    """The problem of what the parser stopped at: a method of no HTTP, or something else than HTTP/1."""
    if isinstance(error, httptools.HttpParserInvalidMethodError) and (line := SENT_METHOD.match(sent)):
        return Problem(
            "method-unknown",
            f"the method {line[1].decode('ascii')} is not known here",
            remedy="GET and HEAD read, POST sends a command or a file",
        )
    return Problem("bad-request", message, remedy="send HTTP/1.1")
