"""Completes every response: request id, headers for browsers and caches, an ETag, and gzip where it pays.

Responses of litestar and of the hot path both pass through here. A HEAD request is routed as a GET, and sent the same
headers without the body.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from litestar.types import HTTPScope, Send

from api.web.request_id import HEADER, plain_id

COMPRESSED_BYTES_MIN = 1000  # a smaller answer fits into one packet as it is
COMPRESSION_LEVEL = 6
THREAD_BYTES_MIN = 256 * 1024  # compressing more takes longer than handing it to a thread
GZIP_WINDOW_BITS = 31  # of zlib: a gzip member, with no time in its head, so that the same body gives the same bytes
COMPRESSIBLE = re.compile(rb"text/(?!event-stream)|application/(?:[a-z.-]+\+)?json|application/x-ndjson|image/svg")
GZIP_ACCEPTED = re.compile(rb"(?i)(?:^|,)\s*(gzip|\*)\s*(?:;\s*q\s*=\s*([0-9.]+)\s*)?(?=,|$)")
INSTANTS = re.compile(rb'"(?:as_of|known_at)":"[^"T]{10}T[^"]{6,30}",?')  # of the question, now where it names none
IDENTITY = b"X-Actor, X-Department, X-Role"  # the answer depends on them
SUFFIX = b'-gzip"'

Pairs = list[tuple[bytes, bytes]]
ALWAYS: Pairs = [
    (b"cache-control", b"private, no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
MEDIA_TYPES_CACHED_MAX = 500
OF_RECEIPTS: Pairs = [*ALWAYS, (b"vary", IDENTITY + b", Accept-Encoding")]


class ResponseFilter:
    """An ASGI `send` for the answer to one request."""

    __slots__ = ("_ended", "_held", "_method", "_packer", "_scope", "_send")

    def __init__(self, scope: HTTPScope, send: Send) -> None:
        self._scope, self._send, self._method = scope, send, scope["method"]
        self._held: Any = None  # the head of the answer, until the body says how it is to be sent
        self._packer: Any = None  # compresses a body that comes in pieces
        self._ended = False  # a HEAD request, before the end of a body that comes in pieces

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            headers: Pairs = [(name.lower(), value) for name, value in message.get("headers", ())]
            known = dict(headers)
            message["headers"] = self._completed(message, headers, known)
            if _is_plain(message, known):
                await self._send(message)
            else:
                self._held = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._held is not None:
            await self._begin(message)
        else:
            await self._go_on(message)

    async def send_command_answer(self, status: int, headers: Pairs, body: bytes) -> None:
        """Send the answer to a command. A small receipt has one shape, and isn't looked through for what it needs."""
        if status == HTTPStatus.OK and len(body) < COMPRESSED_BYTES_MIN:
            completed = [*headers, *OF_RECEIPTS, (HEADER, plain_id(self._scope))]
            await send_whole(self._send, status, completed, body)
        else:
            await send_whole(self, status, headers, body)

    def _completed(self, message: Any, headers: Pairs, known: dict[bytes, bytes]) -> Pairs:
        """The *headers* of an answer, by name as *known*, with those that every answer has."""
        headers += [pair for pair in ALWAYS if pair[0] not in known]
        if HEADER not in known:
            headers.append((HEADER, plain_id(self._scope)))
        vary = []
        if b"vary" in known:
            vary = [value for name, value in headers if name == b"vary"]
            headers = [pair for pair in headers if pair[0] != b"vary"]
        if not known.get(b"cache-control", b"").startswith(b"public"):
            vary.append(IDENTITY)
        if is_compressible(known.get(b"content-type", b"")):
            vary.append(b"Accept-Encoding")
        if vary:
            headers.append((b"vary", b", ".join(vary)))
        if self._method == "OPTIONS" or message["status"] == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = [(name, _with_head(value) if name == b"allow" else value) for name, value in headers]
        return headers

    async def _begin(self, message: Any) -> None:
        """Send the head, now that the body, or its first piece, is there."""
        head, self._held = self._held, None
        if message.get("more_body"):
            if self._wants_gzip(head):
                self._packer = _packer()
                _pack_head(head)
            await self._send(head)
            await self._go_on(message)
            return
        body: bytes = message.get("body", b"")
        if self._method == "POST" and len(body) < COMPRESSED_BYTES_MIN:  # neither tagged nor compressed
            await self._send(head)
            await self._send(message)
            return
        self._tag(head, body)
        packs = len(body) >= COMPRESSED_BYTES_MIN and self._wants_gzip(head)
        if packs:
            _pack_head(head)
        if self._unchanged(head):
            await self._send_unchanged(head)
            return
        if packs:
            body = await asyncio.to_thread(_packed, body) if len(body) >= THREAD_BYTES_MIN else _packed(body)
            head["headers"].append((b"content-length", b"%d" % len(body)))
        await self._send(head)
        await self._go_on({"type": "http.response.body", "body": body, "more_body": False})

    async def _go_on(self, message: Any) -> None:
        """Send one piece of the body. To HEAD the first is the end: a stream of events may have no last one."""
        if self._method == "HEAD":
            if not self._ended:
                self._ended = True
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._packer is not None:
            body = self._packer.compress(body) + (b"" if more else self._packer.flush())
            if more and not body:
                return
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _tag(self, head: Any, body: bytes) -> None:
        """Give a JSON answer to a GET an ETag of its body, where it has none of its own.

        The tag is weak where the body names the instant of the request, which is left out of the digest.
        """
        kind = _value(head, b"content-type")
        is_read = head["status"] == HTTPStatus.OK and self._method in ("GET", "HEAD")
        if is_read and b"json" in kind and not _value(head, b"etag") and _value(head, b"cache-control") != b"no-store":
            lasting = INSTANTS.sub(b"", body, count=2)
            tag = b'"%s"' % sha256(lasting).hexdigest()[:32].encode()
            head["headers"].append((b"etag", tag if lasting == body else b"W/" + tag))

    def _wants_gzip(self, head: Any) -> bool:
        if _value(head, b"content-encoding") or head["status"] in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            return False
        weights = {name.lower(): weight for name, weight in GZIP_ACCEPTED.findall(self._sent(b"accept-encoding"))}
        weight = weights.get(b"gzip", weights.get(b"*"))  # what is named counts, and not what all others are
        return weight is not None and (not weight or bool(weight.strip(b"0.")))

    def _unchanged(self, head: Any) -> bool:
        """Whether the client has this answer already; any coding of it will do (RFC 9110, 13.1.2)."""
        header, etag = self._sent(b"if-none-match"), _value(head, b"etag")
        if not header or not etag or head["status"] != HTTPStatus.OK or self._method not in ("GET", "HEAD"):
            return False
        known = {_plain_tag(part.strip()) for part in header.split(b",")}
        return b"*" in known or _plain_tag(etag) in known

    def _sent(self, wanted: bytes) -> bytes:
        """The header *wanted* of the request: a list, which may come in several lines (RFC 9110, 5.3)."""
        return b",".join(value for name, value in self._scope["headers"] if name == wanted)

    async def _send_unchanged(self, head: Any) -> None:
        remaining = [pair for pair in head["headers"] if not pair[0].startswith(b"content-")]
        await send_whole(self._send, HTTPStatus.NOT_MODIFIED, remaining, b"")


async def send_whole(send: Send, status: int, headers: Pairs, body: bytes) -> None:
    """Send an answer whose body is there as a whole."""
    start: Any = {"type": "http.response.start", "status": status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _is_plain(head: Any, known: dict[bytes, bytes]) -> bool:
    """Whether an answer goes out as it is: a file, a part of one, or what doesn't get smaller."""
    is_file = head["status"] == HTTPStatus.PARTIAL_CONTENT or known.get(b"content-disposition")
    return bool(is_file) or not is_compressible(known.get(b"content-type", b""))


@lru_cache(MEDIA_TYPES_CACHED_MAX)
def is_compressible(media_type: bytes) -> bool:
    """Whether what has this type gets smaller by compression."""
    return COMPRESSIBLE.match(media_type) is not None


def _value(message: Any, wanted: bytes) -> bytes:
    for name, value in message["headers"]:
        if name.lower() == wanted:
            return bytes(value)
    return b""


def _with_head(allow: bytes) -> bytes:
    methods = [part.strip() for part in allow.split(b",")]
    return b", ".join(sorted({*methods, b"HEAD"} if b"GET" in methods else methods))


def _plain_tag(tag: bytes) -> bytes:
    """An ETag without its mark for weak or for compressed."""
    tag = tag.removeprefix(b"W/")
    return tag.removesuffix(SUFFIX) + b'"' if tag.endswith(SUFFIX) else tag


def _pack_head(head: Any) -> None:
    """Say in *head* that the body is compressed; a compressed body is another representation, with its own ETag."""
    changed = [(name, value) for name, value in head["headers"] if name not in (b"content-length", b"accept-ranges")]
    is_tagged = head["status"] == HTTPStatus.OK  # a problem names the version of the project, not its own
    head["headers"] = [
        (name, value[:-1] + SUFFIX if name == b"etag" and is_tagged and not value.startswith(b"W/") else value)
        for name, value in changed
    ]
    head["headers"].append((b"content-encoding", b"gzip"))


def _packer() -> Any:
    return zlib.compressobj(COMPRESSION_LEVEL, zlib.DEFLATED, GZIP_WINDOW_BITS)


def _packed(body: bytes) -> bytes:
    packer = _packer()
    packed: bytes = packer.compress(body) + packer.flush()
    return packed
