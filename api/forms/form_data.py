"""Parses the body of a form, urlencoded or multipart, within the size limits of the installation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from litestar.types import Receive
from msgspec import Struct, field, json, structs
from multipart import (  # type: ignore[import-untyped]  # it ships no types
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from api.acts.fields import FILES
from api.form_heads import HEADER_BYTES_MAX, mended
from api.materials.form_files import file_name_of, media_type_of
from api.materials.routes import pieces
from api.materials.upload_quota import TOO_MANY, UploadQuota
from api.web.form_fields import unreadable_form
from api.web.identity import Headers
from api.web.problems import Problem
from api.web.request_body import BODY_BYTES_MAX
from domain.core.ledger import Refused
from domain.project.materials.attachment import require_file_name
from infrastructure.materials.media import UnfitMediaError
from infrastructure.materials.store import MaterialStore
from infrastructure.window.form_drafts import FormFile

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
FIELDS_MAX = 2000  # a form with two hundred papers has four for each

Events = AsyncIterator[MultipartSegment | bytearray | None]  # the parts of a body


class FormData(Struct):
    """The fields of a form, its files, and the codes of *refusals* of files that were rejected."""

    values: dict[str, list[str]] = field(default_factory=dict)
    files: list[FormFile] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def text_of(self, name: str) -> str:
        """The text of the field *name*; empty where it has none."""
        return next(iter(self.values.get(name, ())), "").strip()

    def all(self, name: str) -> list[str]:
        """The texts of the field *name*, without empty ones."""
        return [text.strip() for text in self.values.get(name, ()) if text.strip()]

    def add(self, name: str, value: str) -> None:
        """Add one field. A file that was stored with an earlier page of the form is added to the files."""
        if name == FILES:
            self._add_stored(json.decode(value.encode(), type=FormFile))
        else:
            self.values.setdefault(name, []).append(value.replace("\r\n", "\n"))

    def _add_stored(self, file: FormFile) -> None:
        """Add a file that a script sent beforehand, under its name as a form would send it; else note why not."""
        name = file_name_of(file.name)
        try:
            require_file_name(name)
            self.files.append(structs.replace(file, name=name))
        except Refused as unsound:
            self.refusals.append(unsound.code)


class FileIntake(Struct, frozen=True):
    """Where the files of a form are stored, and how many its sender may still upload."""

    materials: MaterialStore
    quota: UploadQuota


async def read_form(headers: Headers, receive: Receive, intake: FileIntake, *, takes_files: bool) -> FormData:
    """The fields and files of a form, each file stored where it *takes_files*. Raises Problem, StorageAwayError."""
    kind, options = parse_options_header(headers.get(b"content-type", b"").decode("latin-1"))
    try:
        if kind == URLENCODED:
            return _texts(await _small_body(receive))
        if kind == MULTIPART and options.get("boundary"):
            most = intake.materials.bytes_max if takes_files else 0
            return await _parts(_events(receive, options["boundary"], most), intake if takes_files else None)
    except (ValueError, MultipartError) as wrong:  # msgspec's errors of a hidden file are ValueErrors
        raise unreadable_form() from wrong
    raise unreadable_form()


def _texts(body: bytes) -> FormData:
    data = FormData()
    for name, value in parse_qsl(body.decode("ascii"), True, True, "utf-8", "strict", FIELDS_MAX):
        data.add(name, value)
    return data


async def _small_body(receive: Receive) -> bytes:
    return b"".join([piece async for piece in _limited(receive, BODY_BYTES_MAX)])


async def _events(receive: Receive, boundary: str, file_bytes_max: int) -> Events:
    """Events of the multipart parser: the headers of each part, its content in chunks, and None at its end."""
    limit = file_bytes_max + BODY_BYTES_MAX
    limits = {"max_segment_count": FIELDS_MAX, "max_header_size": HEADER_BYTES_MAX}
    with PushMultipartParser(boundary, content_length=-1, **limits) as parser:
        async for piece in mended(boundary, _limited(receive, limit)):
            for event in parser.parse(piece):
                yield event
        parser.close()


async def _limited(receive: Receive, limit: int) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Problem where it has more than *limit* bytes."""
    size = 0
    async for piece in pieces(receive):
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        yield piece


async def _parts(events: Events, intake: FileIntake | None) -> FormData:
    data, size = FormData(), 0
    async for head in events:
        if not isinstance(head, MultipartSegment):
            continue  # the end of a part that was read
        if head.filename is not None:
            await _take_file(head, events, intake, data)
            continue
        text = bytearray()
        async for piece in _content(events):
            text += piece
            size += len(piece)
            if size > BODY_BYTES_MAX:
                raise _too_large(BODY_BYTES_MAX)
        data.add(head.name or "", text.decode("utf-8"))
    return data


async def _content(events: Events) -> AsyncIterator[bytes]:
    """The content of the current part of *events*, up to its end."""
    async for event in events:
        if event is None:
            return
        assert isinstance(event, bytearray | bytes)
        yield bytes(event)


async def _take_file(
    head: MultipartSegment,
    events: Events,
    intake: FileIntake | None,
    data: FormData,
) -> None:
    """Store the file of one part; a rejected file is noted and skipped. Without *intake* all are rejected."""
    name = file_name_of(head.filename)
    content = _content(events)
    try:
        if name and intake is not None:
            require_file_name(name)
            if await intake.quota.take():
                data.refusals.append(TOO_MANY)
            else:
                stored = await intake.materials.receive(content, media_type_of(name, head.content_type))
                data.files.append(FormFile(stored.digest, stored.size, stored.media_type, name))
    except (UnfitMediaError, Refused) as refused:
        data.refusals.append(refused.code)
    async for _ in content:
        continue  # what follows in the part of a file that is not taken, or of an input that was left empty


def _too_large(limit: int) -> Problem:
    return Problem("body-too-large", f"the form has more than {limit} bytes", remedy="shorten the texts", limit=limit)
