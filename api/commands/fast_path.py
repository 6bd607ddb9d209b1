"""The application: checks before every request, headers on every answer, and a way past routing for commands.

Litestar finds a route, makes a request object, asks its hooks and wraps the answer: good for a hundred addresses, and
two thirds of the time that a command takes. `POST /projects/{id}/commands` goes past that, to the same functions and
the same answers; the handler in `commands` describes it, and takes what is addressed otherwise than usual.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Litestar, Request

from api.commands.routes import carried_out, told
from api.web import dependencies as parts
from api.web.error_handlers import told as failure
from api.web.problems import MEDIA_TYPE, Problem
from api.web.request_checks import RequestChecks
from api.web.response_filter import Pairs, ResponseFilter, headers_of_short

PATH = re.compile(r"/projects/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/commands")
UNCACHED = (b"cache-control", b"no-store")  # a problem may be over with the next try
HEAD_BY_ITSELF = "/materials/"  # a file's handler answers HEAD without reading the file


class Application(Litestar):
    """An ASGI application: Litestar, but for commands."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("state", {})
        try:
            self._checks(scope)
        except Problem as problem:
            await self._refuse(problem, scope, receive, ResponseFilter(scope, send))
            return
        match = PATH.fullmatch(scope["path"]) if scope["method"] == "POST" and not scope["query_string"] else None
        if match is None:
            filtered = ResponseFilter(scope, send)  # by the method that was sent
            if scope["method"] == "HEAD" and not scope["path"].startswith(HEAD_BY_ITSELF):
                scope = {**scope, "method": "GET"}
            await super().__call__(scope, receive, filtered)
            return
        status, body, headers = await self._answered(UUID(match[1]), scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    @property
    def _checks(self) -> RequestChecks:
        checks: RequestChecks = self.state[parts.CHECKS]
        return checks

    async def _refuse(self, problem: Problem, scope: Any, receive: Any, send: Any) -> None:
        """Answer what must not come as far as a route: to a browser that wants a page with one."""
        scope |= {"litestar_app": self, "path_params": {}}
        request: Any = Request(scope, receive, send)
        response = self.state[parts.LOST](request, problem)
        await response.to_asgi_response(None, request)(scope, receive, send)

    async def _answered(self, project: UUID, scope: Any, receive: Any) -> tuple[int, bytes, Pairs]:
        """Status, body and headers of the answer. Whatever is raised becomes a problem, as everywhere."""
        try:
            answer = await carried_out(self.state[parts.KEY], project, scope, receive)
        except Exception as error:  # noqa: BLE001 the one place for this address where errors turn into answers
            problem, body = failure(scope, error)
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
            headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
            return problem.kind.status, body, headers + headers_of_short(scope, UNCACHED)
        body, headers = told(answer)
        return 200, body, headers + headers_of_short(scope)
