"""The fields of a plain form that a page sends by POST: texts by name, some of them several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from urllib.parse import parse_qsl
from uuid import UUID

from litestar.types import Receive
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped]  # it ships no types
    MultipartError,
    MultipartParser,
    parse_options_header,
)

from api.form_heads import HEADER_BYTES_MAX, HeadMender
from api.web.http_request import HttpRequest
from api.web.identity import Headers, headers_of
from api.web.problems import Problem
from api.web.request_body import BODY_BYTES_MAX

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
ENCODINGS = ("utf-8-sig", "gb18030")  # of files: spreadsheets save text in either
FIELDS_MAX = 1000  # a page of the desk has fifty boxes


class FormFields(Struct, frozen=True):
    """What a form was sent with."""

    values: Mapping[str, Sequence[str]] = {}

    def text(self, name: str) -> str:
        """The text of the field *name* with the line ends of the platform; empty where it has none."""
        return next(iter(self.values.get(name, ())), "").replace("\r\n", "\n")

    def all(self, name: str) -> list[str]:
        """Every text of the field *name*, each once, in the order in which they were sent."""
        return list(dict.fromkeys(self.values.get(name, ())))

    def key(self) -> UUID:
        """The id that was made with the form, so that sending it again changes nothing. Raises Problem bad-request."""
        try:
            return UUID(self.text("key"))
        except ValueError as wrong:
            raise unreadable_form() from wrong


async def form_fields(request: HttpRequest) -> FormFields:
    """The fields in the body of a request. Raises Problem: bad-request, body-too-large."""
    return await read_fields(headers_of(request.scope), request.receive)


async def text_form(request: HttpRequest) -> FormFields:
    """The same of a form that may send files of text: what a file holds is the text of its field."""
    headers = headers_of(request.scope)
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    kind, options = parse_options_header(content_type)
    if kind != MULTIPART or not options.get("boundary"):
        return await read_fields(headers, request.receive)
    return _parts(await _body(request.receive), options["boundary"])


async def texts_of(headers: Headers, receive: Receive) -> FormFields:
    """The texts of a form of either kind; its files are left out. Raises Problem: bad-request, body-too-large."""
    kind, options = parse_options_header(headers.get(b"content-type", b"").decode("latin-1"))
    if kind != MULTIPART or not options.get("boundary"):
        return await read_fields(headers, receive)
    return _parts(await _body(receive), options["boundary"], files=False)


async def read_fields(headers: Headers, receive: Receive) -> FormFields:
    """The fields of a body of URL-encoded text. Raises Problem: bad-request, body-too-large."""
    require_form(headers.get(b"content-type", b"").decode("latin-1"))
    values: dict[str, list[str]] = {}
    for name, value in fields_of(await _body(receive), FIELDS_MAX):
        values.setdefault(name, []).append(value)
    return FormFields(values)


async def _body(receive: Receive) -> bytes:
    body, is_whole = bytearray(), False
    while not is_whole:
        event = await receive()
        if event["type"] != "http.request":
            raise Problem("bad-request", "the connection closed before the body was whole", remedy="send it again")
        body += event["body"]
        if len(body) > BODY_BYTES_MAX:
            raise Problem(
                "body-too-large",
                f"the form has more than {BODY_BYTES_MAX} bytes",
                remedy="send fewer rows at once",
                limit=BODY_BYTES_MAX,
            )
        is_whole = not event["more_body"]
    return bytes(body)


def _parts(body: bytes, boundary: str, *, files: bool = True) -> FormFields:
    """The fields of a form in parts, without *files* those of texts alone. Raises Problem bad-request."""
    values: dict[str, list[str]] = {}
    try:
        mender = HeadMender(boundary)
        whole = BytesIO(mender.take(body) + mender.rest())
        limits = {"part_limit": FIELDS_MAX, "spool_limit": BODY_BYTES_MAX, "headersize_limit": HEADER_BYTES_MAX}
        parser = MultipartParser(whole, boundary, **limits)
        for part in parser:
            if part.filename is None or (files and part.filename):  # empty: an input of files that was left empty
                values.setdefault(part.name, []).append(_decoded(part.raw))
    except (MultipartError, UnicodeDecodeError) as wrong:
        raise unreadable_form() from wrong
    if any("\0" in value for texts in values.values() for value in texts):
        raise unreadable_form()
    return FormFields(values)


def _decoded(raw: bytes) -> str:
    """The text of a part, which is UTF-8 or GB 18030. Raises UnicodeDecodeError."""
    try:
        return raw.decode(ENCODINGS[0])
    except UnicodeDecodeError:
        return raw.decode(ENCODINGS[1])


def require_form(content_type: str) -> None:
    """Raise Problem bad-request where a body of this type is no URL-encoded text."""
    if content_type.partition(";")[0].strip().lower() != URLENCODED:
        raise unreadable_form()


def fields_of(body: bytes | bytearray, fields_max: int) -> list[tuple[str, str]]:
    """The fields of URL-encoded text, at most so many, as they were sent. Raises Problem bad-request."""
    try:
        fields = parse_qsl(body.decode("ascii"), True, True, "utf-8", "strict", fields_max)
    except ValueError as wrong:
        raise unreadable_form() from wrong
    if any("\0" in value for _, value in fields):
        raise unreadable_form()
    return fields


def unreadable_form() -> Problem:
    """The problem of a body that is not that of one of our forms."""
    return Problem("bad-request", "the form can't be read", remedy="send it from the page it is on")
