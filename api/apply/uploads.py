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

from api.form_heads import HEADER_BYTES_MAX, mended
from api.materials.form_files import file_name_of, media_type_of
from api.materials.routes import pieces
from api.web.form_fields import unreadable_form
from api.web.identity import Headers
from infrastructure.materials.store import MaterialStore, StoredMaterial

FORM_TYPE = "multipart/form-data"
SEGMENTS_MAX = 8
FIELD_BYTES_MAX = 64 * 1024  # a file that was sent beforehand is named in one, and at any length
FILE = "file"  # the name of the field that holds it

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
        raise unreadable_form()
    try:
        limits = {"max_segment_count": SEGMENTS_MAX, "max_header_size": HEADER_BYTES_MAX}
        with PushMultipartParser(options["boundary"], strict=True, **limits) as parser:
            return await _read(_events(parser, mended(options["boundary"], pieces(receive))), materials)
    except MultipartError as wrong:
        raise unreadable_form() from wrong


async def _read(events: Events, materials: MaterialStore) -> UploadForm:
    fields: dict[str, str] = {}
    name, file = "", None
    async for event in events:
        assert isinstance(event, MultipartSegment), "what is between segments belongs to the one before"
        if event.name == FILE:
            name = file_name_of(event.filename)
            if name and file is None:
                file = await materials.receive(_content(events), media_type_of(name, event.content_type))
                continue
        value = b"".join([piece async for piece in _content(events, FIELD_BYTES_MAX)])
        fields[event.name or ""] = value.decode("utf-8", "replace").replace("\0", "")
    return UploadForm(fields, name, file)


async def _events(parser: PushMultipartParser, body: AsyncIterator[bytes]) -> Events:
    """Each segment as it begins, its content piece by piece, and None where it ends."""
    async for piece in body:
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
            raise unreadable_form()
        yield bytes(event)
