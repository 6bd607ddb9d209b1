"""The answer to a request that comes no further: a page or a redirect for browsers that want a page, else a problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar.types import Receive

from api.html.page import HEADERS
from api.identity.ended_form import ended_form, sent_to
from api.identity.visit import Pairs
from api.web.error_handlers import described
from api.web.http_request import wants_page
from api.web.problems import MEDIA_TYPE, Problem
from api.web.request_checks import RequestChecks
from infrastructure.settings import Settings

NO_STORE = (b"cache-control", b"no-store")
HTML = "text/html; charset=utf-8"
SEE_OTHER = 303

RefusedAnswer = tuple[int, Pairs, bytes]  # status, headers, body


class RefusedRequests:
    """The answers of one installation, by the host names that it is reached at."""

    def __init__(self, settings: Settings) -> None:
        self._checks = RequestChecks(settings)

    async def answer(
        self, scope: Any, receive: Receive, headers: Mapping[bytes, bytes], error: Exception
    ) -> RefusedAnswer:
        """The answer to *error*. Without a session, or a role for it, a browser is led to where it gets one."""
        problem, body = described(scope, error)
        code, status = problem.kind.code, problem.kind.status
        if code not in ("signin-required", "role-not-chosen") or not is_browser(headers):
            return status, _pairs({"content-type": MEDIA_TYPE, **problem.headers}), body
        if scope["method"] == "POST" and self._is_ours(scope):
            return status, _pairs({"content-type": HTML, **HEADERS}), await ended_form(scope, receive, headers, problem)
        location = "/account" if code == "role-not-chosen" else _sign_in_address(scope)
        return SEE_OTHER, _pairs({"location": location}), b""

    def _is_ours(self, scope: Any) -> bool:
        """Whether a page of this server had a browser send it: only what that sent may be offered to be sent again."""
        try:
            self._checks(scope)
        except Problem:
            return False
        return True


def is_browser(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a browser asks for a page that a person reads."""
    return wants_page((headers.get(b"accept", b"").decode("latin-1"),))


def _sign_in_address(scope: Any) -> str:
    """The sign-in page, which leads back to the requested page."""
    if scope["method"] not in ("GET", "HEAD") or scope["path"] == "/":
        return "/sign-in"
    return f"/sign-in?to={quote(sent_to(scope), safe='')}"


def _pairs(headers: Mapping[str, str]) -> Pairs:
    return [NO_STORE, *((name.lower().encode(), value.encode()) for name, value in headers.items())]
