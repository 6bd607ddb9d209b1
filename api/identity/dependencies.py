"""Dependencies of the pages of sign-in: the visit, the fields of the form, and a page that needs no read model."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.di import NamedDependency, Provide

from api.html.page import Lang, PageAddress, PageContext
from api.html.titles import titles_of
from api.identity.cookies import PENDING, cookie_in
from api.identity.forms import fields_in
from api.identity.visit import Visit, visit_of
from api.web.dependencies import ReadDependency
from api.web.http_request import HttpRequest
from infrastructure.ledger.approvals import DEFAULT_LAW, Approvals

FormFields = NamedDependency[Mapping[str, str]]


def visit(request: HttpRequest) -> Visit:
    """Who sends the request, and from where. Raises Problem where this server has no sign-in."""
    return visit_of(request.scope)


async def form_fields(request: HttpRequest) -> Mapping[str, str]:
    """The fields of the form in the body. Raises Problem where it is none."""
    return fields_in(await request.body(), request.headers.get("content-type", ""))


async def plain_page(
    page_address: NamedDependency[PageAddress],
    approvals: NamedDependency[Approvals],
    lang: Lang = "",  # noqa: ARG001  checked here, read from the address
) -> PageContext:
    """The frame of a page that needs no read model: people sign in also while those are being made."""
    return PageContext(page_address, DEFAULT_LAW, await titles_of(approvals))


def pending_token(request: HttpRequest, visit: NamedDependency[Visit]) -> str:
    """What the browser keeps of a sign-in that was begun at the provider; empty for none."""
    return cookie_in(request.headers.get("cookie", "").encode("latin-1"), PENDING, is_secure=visit.is_secure)


def site_url(request: HttpRequest, visit: NamedDependency[Visit]) -> str:
    """The address of this server, as the browser names it."""
    return f"http{'s' if visit.is_secure else ''}://{request.headers['host']}"


PROVIDERS = {
    "visit": Provide(visit, sync_to_thread=False),
    "form_fields": Provide(form_fields),
    "plain_page": ReadDependency(plain_page),
    "site_url": Provide(site_url, sync_to_thread=False),
    "pending_token": Provide(pending_token, sync_to_thread=False),
}
