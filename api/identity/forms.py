"""Fields of the forms of sign-in, read from their body, and addresses that sign-in leads back to."""

from __future__ import annotations

from collections.abc import Mapping

from api.web.form_fields import fields_of, require_form, unreadable_form

FORM_BYTES_MAX = 8192
FIELDS_MAX = 12


def fields_in(body: bytes, content_type: str, *, bytes_max: int = FORM_BYTES_MAX) -> Mapping[str, str]:
    """The fields of a form, each once. Raises Problem where *body* is none, or has more than it may."""
    require_form(content_type)
    if len(body) > bytes_max:
        raise unreadable_form()
    pairs = fields_of(body, FIELDS_MAX)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise unreadable_form()
    return fields


def local_address(text: str) -> str:
    """*text* where it is an address of this server, else "/": sign-in sends no one to another site."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\", "/sign-in", "/sign-out"))
    return text if is_path and text.isprintable() and text.isascii() and "\\" not in text else "/"
