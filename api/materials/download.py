"""A stored file on its way out: whole or one range of it, always to be saved, never shown in place or sniffed."""

from __future__ import annotations

import re
from urllib.parse import quote

from litestar.types import Receive, Scope, Send

from api.materials.form_files import BY_SUFFIX
from api.web.identity import Headers
from api.web.problems import Problem
from api.web.response_filter import send_whole
from infrastructure.materials.media import KINDS
from infrastructure.materials.store import MaterialStore, StoredMaterial

RANGE = re.compile(rb"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
# With any suffix these are devices to Windows, which saves no file of such a name.
DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)")
UNNAMED = "application/octet-stream"
ALWAYS = [
    (b"accept-ranges", b"bytes"),
    (b"cache-control", b"private, no-cache"),  # the content never changes, who may read it does
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
]


class Download:
    """An ASGI application that answers one request for *stored*."""

    def __init__(
        self, materials: MaterialStore, stored: StoredMaterial, name: str, headers: Headers, method: str
    ) -> None:
        self._materials, self._stored, self._request_headers, self._method = materials, stored, headers, method
        self._etag = b'"%s"' % stored.digest.encode()
        self._unchanged = listed_in(headers.get(b"if-none-match", b""), self._etag)
        self._span = None if self._unchanged or method == "HEAD" else self._range()
        self._headers = [
            *ALWAYS,
            (b"content-type", (stored.media_type or UNNAMED).encode()),
            (b"content-disposition", disposition(saved_as(name, stored)).encode()),
            (b"etag", self._etag),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 as ASGI calls it
        if self._unchanged:
            await send_whole(send, 304, self._headers, b"")
            return
        size, span = self._stored.size, self._span
        start, end = span or (0, size)
        headers = [*self._headers, (b"content-length", b"%d" % (end - start))]
        if span:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size)))
        await send({"type": "http.response.start", "status": 206 if span else 200, "headers": headers})
        if self._method != "HEAD":
            async for piece in self._materials.read(self._stored.digest, start, end):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _range(self) -> tuple[int, int] | None:
        """The range asked for, from its first byte to behind its last; None for the whole file.

        What is no single range of bytes is not looked at (RFC 9110, 14.2). Raises Problem range-not-satisfiable.
        """
        match = RANGE.fullmatch(self._request_headers.get(b"range", b""))
        if match is None or self._request_headers.get(b"if-range", self._etag) != self._etag:
            return None
        first, last = match.groups()
        size = self._stored.size
        if first:
            start, end = int(first), min(int(last) + 1, size) if last else size
            if last and int(last) < start:
                return None
        elif last:
            start, end = max(0, size - int(last)), size
        else:
            return None
        if start >= end:
            raise Problem(
                "range-not-satisfiable",
                f"the file has {size} bytes",
                remedy="ask for bytes that it has",
                headers={"Content-Range": f"bytes */{size}"},
            )
        return start, end


def saved_as(name: str, stored: StoredMaterial) -> str:
    """The name to save *stored* under: *name*, unless its suffix could make more of the file than it is,
    or Windows takes the name for a device.
    """
    kind = KINDS.get(stored.media_type)
    suffix = kind.suffix if kind else "bin"
    chosen = name or stored.digest[:16]
    if DEVICE.match(chosen):
        chosen = f"_{chosen}"
    return chosen if chosen.rpartition(".")[2].lower() in BY_SUFFIX and "." in chosen else f"{chosen}.{suffix}"


def disposition(name: str) -> str:
    """A Content-Disposition that saves under *name* (RFC 6266): in ASCII for old clients, in UTF-8 for all others."""
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def listed_in(header: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match names *etag*, weakly compared as RFC 9110 asks."""
    named = {part.strip().removeprefix(b"W/") for part in header.split(b",")}
    return bool({b"*", etag} & named)
