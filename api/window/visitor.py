"""Who comes to the public window: from which address, with which ticket to a case, and by which name of this server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.types import Scope
from msgspec import Struct

from api.html.page import PageContext
from api.identity.cookies import cookie_in, set_cookie
from api.identity.forms import fields_in
from api.identity.visit import VISIT
from api.web.http_request import HttpRequest
from domain.core.ledger import Role
from infrastructure.ledger.approvals import Approvals
from infrastructure.settings import Settings
from infrastructure.window.query_codes import QueryCodes
from infrastructure.window.tracking_rates import TrackingRates

TICKET = "countersign-case"
TICKET_MINUTES = 30  # as long as a session may be idle
TEXT_FORM_BYTES_MAX = 64 * 1024  # 4,000 Chinese characters, percent-encoded, fit almost twice over
UNKNOWN_ADDRESS = "unix"
MENU = (
    ("window_guides", "/window/items"),
    ("window_track", "/window/track"),
    ("window_apply", "/window/apply"),
    ("window_decisions", "/window/decisions"),
    ("window_published", "/window/published"),
    ("window_my", "/my"),
)
OF_APPLICANTS = "window_my"  # others have no enterprise


class WindowVisitor(Struct, frozen=True):
    """One visitor: the *address* tries are counted by, the *ticket* of its browser, where this server is reached."""

    address: str
    is_secure: bool
    ticket: str
    base_url: str

    def ticket_cookie(self, ticket: str) -> Cookie:
        """The cookie that stores *ticket* for as long as it is valid."""
        return set_cookie(TICKET, ticket, is_secure=self.is_secure, seconds=TICKET_MINUTES * 60)


def window_visitor(request: HttpRequest, settings: NamedDependency[Settings]) -> WindowVisitor:
    """Who sends the request."""
    scope = request.scope
    visit = scope.get("state", {}).get(VISIT)
    is_secure = visit.is_secure if visit else scope.get("scheme") == "https"
    return WindowVisitor(
        address=address_of(scope),
        is_secure=is_secure,
        ticket=cookie_in(request.headers.get("cookie", "").encode("latin-1"), TICKET, is_secure=is_secure),
        base_url=settings.public_url or f"http{'s' if is_secure else ''}://{request.headers['host']}",
    )


def address_of(scope: Scope) -> str:
    """The address that the request with this *scope* comes from, as the identity middleware resolved it."""
    visit, client = scope.get("state", {}).get(VISIT), scope.get("client")
    return visit.address if visit else client[0] if client else UNKNOWN_ADDRESS


async def text_form(request: HttpRequest) -> Mapping[str, str]:
    """The fields of a form with long texts. Raises Problem where it is none."""
    body, kind = await request.body(), request.headers.get("content-type", "")
    return {
        name: value.replace("\r\n", "\n")
        for name, value in fields_in(body, kind, bytes_max=TEXT_FORM_BYTES_MAX).items()
    }


def query_codes() -> QueryCodes:
    """The codes of this installation. Raises KeystoreError."""
    return QueryCodes.of_this_server()


def tracking_rates(approvals: NamedDependency[Approvals], request: HttpRequest) -> TrackingRates:
    """The tries at codes: counted on the primary, where this server reads from a standby."""
    visit = request.scope.get("state", {}).get(VISIT)
    return TrackingRates(visit.identity.primary if visit else approvals.store)


def new_ticket(codes: QueryCodes, case_number: str, now: datetime) -> str:
    """A ticket to a case from *now* on."""
    return codes.ticket(case_number, now + timedelta(minutes=TICKET_MINUTES))


def framed(page: PageContext) -> dict[str, object]:
    """What the frame of a page of the window has in the place of an office's: its own menu, and no registers."""
    path = page.here().partition("?")[0]
    pages = [entry for entry in MENU if entry[0] != OF_APPLICANTS or page.role in ("", Role.APPLICANT.value)]
    return {
        "menu": [(label, page.link(address), path == address) for label, address in pages],
        "home": page.link("/window"),
        "registers": [],
    }


WINDOW = {
    "window_visitor": Provide(window_visitor, sync_to_thread=False),
    "text_form": Provide(text_form),
    "query_codes": Provide(query_codes, sync_to_thread=False),
    "tracking_rates": Provide(tracking_rates, sync_to_thread=False),
}
