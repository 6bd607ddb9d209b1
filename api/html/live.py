"""Live pages: where an open page hears that something changed, and which pages do.

A page names the position of the ledger that its content is at least as new as. Events after it come by the stream at
`/live`; then the page asks for its own address again. Pages of a past instant never change, so they have no stream.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from api.web.dependencies import services_of
from api.web.http_request import HttpRequest
from api.web.identity import VISITOR
from api.web.request_id import begin
from domain.access.table import TABLE
from domain.core.ledger import Role

LIVE = "/live"
FEED = "feed"
POSITION = "page_position"  # where the scope's state has how far the views had come before the page was read
PAST = ("on", "as_of", "known_at", "known", "second")  # parameters of pages that show a past instant
DEAD = ("/account", "/sign-in", "/admin", "/verify", "/window", "/pages/exports", "/pages/access")
QUIET = ("/window/apply/", "/pages/results")  # forms: they say that something changed, and stay as they are
ACTS = "/acts/"
OF_PROJECT = re.compile(r"/(?:pages/projects|audit/projects|projects|items)/([0-9a-f-]{36})\b")
DESK = "/desk"


class LivePage(Struct, frozen=True):
    """The *stream* of one page, with the position to begin after. A *quiet* page is never changed under its reader."""

    stream: str
    quiet: bool = False


async def begin_page(request: HttpRequest) -> None:
    """Begin the request of a page: beside its id note how far the views are, before anything is read."""
    await begin(request)
    state: dict[str, Any] = request.scope["state"]
    if state.get(VISITOR) is not None:
        state[POSITION] = await services_of(request.scope).views.reached()


def live_page(
    method: str, path: str, query: Mapping[str, str], role: str, over: str, position: int | None
) -> LivePage | None:
    """The stream of the page at *path*, read in *role*; None for pages that are not live.

    What was answered to a form stays as it is, as only a GET can be asked for again.
    """
    if position is None or role not in {each.value for each in TABLE[FEED].roles} or any(map(query.get, PAST)):
        return None
    quiet = path.startswith(QUIET) or ACTS in path
    if not quiet and (method != "GET" or path.startswith(DEAD)):
        return None
    criteria = {"after": str(position)}
    if match := OF_PROJECT.match(path):
        criteria["project"] = match[1]
    elif path == DESK and (department := query.get("department", "") or (over if role == Role.OFFICER else "")):
        criteria["department"] = department
    return LivePage(f"{LIVE}?{urlencode(criteria)}", quiet)
