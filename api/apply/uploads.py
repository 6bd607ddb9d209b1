"""Files of a form, as a browser without script sends them: multipart/form-data, stored while it arrives."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from litestar.types import Receive
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped]  # it ships no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from api.materials.routes import pieces
from api.web.identity import Headers
from api.web.problems import Problem
from infrastructure.materials.media import KINDS
from infrastructure.materials.store import MaterialStore, StoredMaterial

FORM_TYPE = "multipart/form-data"
SEGMENTS_MAX = 8
FIELD_BYTES_MAX = 4096
FILE = "file"  # the name of the field that holds it
SUFFIXES = {kind.suffix: media_type for media_type, kind in KINDS.items()} | {
    "jpeg": "image/jpeg",
    "tiff": "image/tiff",
}

Events = AsyncGenerator[Any, None]


class UploadForm(Struct, frozen=True):
    """The *fields* of the form, and its file under its *name*; None where no file was chosen."""

    fields: dict[str, str]
    name: str = ""
    file: StoredMaterial | None = None


async def upload_form(headers: Headers, receive: Receive, materials: MaterialStore) -> UploadForm:
    """The form in the body of a request, with one file at most, which is stored when this returns.

    Raises Problem bad-request where it is no such form, else as `MaterialStore.receive`.
    """
    kind, options = parse_options_header(headers.get(b"content-type", b"").decode("latin-1"))
    if kind != FORM_TYPE or not options.get("boundary"):
        raise unreadable()
    try:
        with PushMultipartParser(options["boundary"], max_segment_count=SEGMENTS_MAX, strict=True) as parser:
            return await _read(_events(parser, pieces(receive)), materials)
    except MultipartError as wrong:
        raise unreadable() from wrong


async def _read(events: Events, materials: MaterialStore) -> UploadForm:
    fields: dict[str, str] = {}
    name, file = "", None
    async for event in events:
        assert isinstance(event, MultipartSegment), "what is between segments belongs to the one before"
        if event.name == FILE:
            name = (event.filename or "").replace("\\", "/").rpartition("/")[2].strip()
            if name and file is None:
                file = await materials.receive(_content(events), media_type_of(name, event.content_type or ""))
                continue
        value = b"".join([piece async for piece in _content(events, FIELD_BYTES_MAX)])
        fields[event.name or ""] = value.decode("utf-8", "replace").replace("\0", "")
    return UploadForm(fields, name, file)


async def _events(parser: PushMultipartParser, body: AsyncIterator[bytes]) -> Events:
    """Each segment as it begins, its content piece by piece, and None where it ends."""
    async for piece in body:
        if not piece:  # which would say that the form ends here
            continue
        for event in parser.parse(piece):
            yield event


async def _content(events: Events, most: int | None = None) -> AsyncIterator[bytes]:
    """The content of the segment that has begun. Raises Problem where it has more than *most* bytes."""
    size = 0
    async for event in events:
        if event is None:
            return
        size += len(event)
        if most is not None and size > most:
            raise unreadable()
        yield bytes(event)


def media_type_of(name: str, declared: str) -> str:
    """What a browser says a file is, where that is a type that is taken; else what its name says."""
    return declared if declared in KINDS else SUFFIXES.get(name.rpartition(".")[2].lower(), declared)


def unreadable() -> Problem:
    """The problem of a form that can't be read."""
    return Problem("bad-request", "the form can't be read", remedy="send it from the page it is on")
