"""Fields of the forms of sign-in, read from their body, and addresses that sign-in leads back to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from api.web.problems import Problem

FORM_BYTES_MAX = 8192
FIELDS_MAX = 12
FORM_TYPE = "application/x-www-form-urlencoded"


def fields_in(
    body: bytes, content_type: str, *, bytes_max: int = FORM_BYTES_MAX, fields_max: int = FIELDS_MAX
) -> Mapping[str, str]:
    """The fields of a form, each once. Raises Problem where *body* is none, or has more than it may."""
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE or len(body) > bytes_max:
        raise _unreadable()
    try:
        pairs = parse_qsl(body.decode("ascii"), True, True, "utf-8", "strict", fields_max)
    except ValueError as wrong:
        raise _unreadable() from wrong
    fields = dict(pairs)
    if len(fields) != len(pairs) or any("\0" in value for value in fields.values()):
        raise _unreadable()
    return fields


def local_address(text: str) -> str:
    """*text* where it is an address of this server, else "/": sign-in sends no one to another site."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\", "/sign-in", "/sign-out"))
    return text if is_path and text.isprintable() and text.isascii() and "\\" not in text else "/"


def _unreadable() -> Problem:
    return Problem("bad-request", "the form can't be read", remedy="send it from the page it is on")
