"""One id per request: taken from X-Request-Id or made here, sent back, and in every log line written meanwhile."""

from __future__ import annotations

import re
from itertools import count
from uuid import uuid4

from litestar.types import Scope
from structlog.contextvars import bind_contextvars

from api.web.http_request import HttpRequest
from api.web.query_params import require_canonical_ids, require_known

HEADER = b"x-request-id"
KEY = "countersign_request_id"  # where the scope's state keeps it
ROUTE = "countersign_route"  # the template of the address, for the access log and traces
ACCEPTED = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")  # what log lines and headers carry unharmed

_process = uuid4().hex[:16]  # distinguishes processes; a counter those of one: cheaper than a UUID each
_numbers = count(1)


def request_id(scope: Scope) -> str:
    """The id of the request with this *scope*. The caller's own is used if it is short and plain."""
    state = scope["state"]
    known: str | None = state.get(KEY)
    if known is None:
        known = state[KEY] = _fresh(scope)
        bind_contextvars(request_id=known)  # each request is a task, and so has a context, of its own
    return known


def plain_id(scope: Scope) -> bytes:
    """The same as a header's value, for a request that writes no log line: nothing is bound."""
    known: str | None = scope["state"].get(KEY)
    return (known or _fresh(scope)).encode()


def new_request_id() -> str:
    """An id for a request that sent none, or none that could be read."""
    return f"{_process}-{next(_numbers)}"


def _fresh(scope: Scope) -> str:
    return _sent_id(scope) or new_request_id()


def _sent_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == HEADER:
            return value.decode("ascii") if ACCEPTED.fullmatch(value) else ""
    return ""


async def begin(request: HttpRequest) -> None:
    """Give the request its id before anything is logged, and check that its address can be answered as it is spelt."""
    request_id(request.scope)
    request.scope["state"][ROUTE] = request.scope["path_template"]
    require_canonical_ids(request.scope)
    require_known(request.scope, request.query_params)
