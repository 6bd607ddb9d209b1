"""The page for a form that came after its session had ended: what was filled in is on it, to be sent once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from litestar.types import Receive

from api.html.page import PageAddress, PageContext
from api.web.form_fields import MULTIPART, FormFields, texts_of
from api.web.problems import Problem


async def ended_form(scope: Any, receive: Receive, headers: Mapping[bytes, bytes], why: Problem) -> bytes:
    """The page; *why* no one sends the form: there is no session, or no role is chosen for it.

    Of a form that can't be read, or is too large, it has no fields, and says how to get back to it. To be called for
    requests of our own pages alone: what another site has a browser send must not be offered to be sent.
    """
    fields: FormFields | None
    try:
        fields = await texts_of(headers, receive)
    except Problem:
        fields = None
    language = headers.get(b"accept-language", b"").decode("latin-1")
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    page = PageContext(PageAddress(scope["path"], query, language))
    is_multipart = headers.get(b"content-type", b"").lower().startswith(MULTIPART.encode())
    html = page.html(
        "ended_form.html",
        is_signed_in=why.kind.code == "role-not-chosen",
        address=sent_to(scope),
        fields=None if fields is None else [(name, text) for name, texts in fields.values.items() for text in texts],
        enctype=MULTIPART if is_multipart else "",
    )
    return html.encode()


def sent_to(scope: Any) -> str:
    """The address that a request was sent to, with its query."""
    query = scope["query_string"].decode("latin-1")
    return quote(scope["path"]) + (f"?{query}" if query else "")
