"""Records requests in a span and in a line of the access log, neither of which names a person."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import structlog

from api.commands.fast_path import BATCH_PATH, COMMAND_PATH
from api.identity.visit import VISIT, Visit
from api.web.request_id import KEY, ROUTE
from infrastructure.settings import Settings
from infrastructure.tracing.switch import SWITCH

COMMAND_ROUTE = "/v1/projects/{project_id}/commands"
UNROUTED = "-"  # an address that is none of ours
PASSED_ON = b"traceparent"
LOST = 499  # the client went away before it was answered

log = structlog.get_logger("access")


class RequestObserver:
    """An ASGI application around *app*, the outermost: it changes nothing, and keeps no body, query or header."""

    def __init__(self, app: Any, *, logs: bool, traces: bool) -> None:
        self.app, self._logs, self._traces = app, logs, traces

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        began, answered = perf_counter(), [LOST]

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                answered[0] = message["status"]
            await send(message)

        try:
            if self._traces:
                with SWITCH.spans.server_span(scope["method"], _parent(scope)) as span:
                    await self.app(scope, receive, noting)
                    SWITCH.spans.describe(span, scope["method"], route_of(scope), answered[0])
            else:
                await self.app(scope, receive, noting)
        finally:
            if self._logs:
                _write(scope, answered[0], perf_counter() - began)


def observed(app: Any, settings: Settings) -> Any:
    """*app* with what the settings ask for around it; itself where they ask for nothing."""
    if not settings.access_log and not SWITCH.is_on:
        return app
    return RequestObserver(app, logs=settings.access_log, traces=SWITCH.is_on)


def _parent(scope: Any) -> str:
    """The trace that the sender began, if he sent one."""
    header = next((value for name, value in scope["headers"] if name == PASSED_ON), b"")
    return header.decode("latin-1")


def route_of(scope: Any) -> str:
    """The template of the address, so that no id is in it."""
    known: str = scope["state"].get(ROUTE, "")
    if known:
        return known
    if scope["path"] == BATCH_PATH:
        return BATCH_PATH
    return COMMAND_ROUTE if COMMAND_PATH.fullmatch(scope["path"]) else UNROUTED


def sender_of(scope: Any) -> str:
    """What kind of sender it was: a person by a session, a program by a key, a gateway's word, or an unknown one."""
    visit: Visit | None = scope["state"].get(VISIT)
    if visit is None or visit.caller is None:
        return "nobody"
    return "program" if visit.key_use else "person" if visit.signed_in else "gateway"


def _write(scope: Any, status: int, seconds: float) -> None:
    log.info(
        "request_answered",
        method=scope["method"],
        route=route_of(scope),
        status=status,
        ms=round(seconds * 1000, 1),
        sender=sender_of(scope),
        request_id=scope["state"].get(KEY, ""),
    )
