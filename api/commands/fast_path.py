"""The application: checks before every request, headers on every response, and the hot path for commands.

Litestar finds a route, makes a request object, resolves dependencies and wraps the response: good for a hundred
addresses, and a large part of the time that a command takes. `POST /v1/projects/{id}/commands` bypasses that and calls
the ASGI application that litestar would call (ADR 0021 has the figures); so does `POST /v1/commands/batch`.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.types import ASGIApp, ExceptionHandler

from api.commands.batch import BatchEndpoint, BatchMode
from api.commands.routes import CommandEndpoint
from api.web.dependencies import ApplicationServices
from api.web.problems import Problem
from api.web.request_checks import RequestChecks, is_unescaped
from api.web.response_filter import ResponseFilter
from domain.core.uuids import uuid_from

COMMAND_PATH = re.compile(r"/v1/projects/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/commands")
BATCH_PATH = "/v1/commands/batch"
BATCH_MODES = {b"": BatchMode.EACH} | {f"mode={mode}".encode(): mode for mode in BatchMode}  # by the usual queries
HEAD_BY_ITSELF = "/v1/materials/"  # a file's handler answers HEAD without reading the file


class Application(Litestar):
    """An ASGI application: litestar, but for commands. *not_found* answers where no route is.

    It answers once it is `over` services.
    """

    services: ApplicationServices
    checks: RequestChecks

    def __init__(self, not_found: ExceptionHandler[Any], **options: Any) -> None:
        super().__init__(**options)
        self._not_found = not_found

    def over(self, services: ApplicationServices) -> Application:
        """An application with the same routes over *services*: to register four hundred handlers takes a second."""
        application = copy(self)
        application.services, application.checks = services, RequestChecks(services.settings)
        application.state = State()
        return application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("state", {})
        filtered = ResponseFilter(scope, send)  # by the method that was sent
        endpoint = self._bypassing(scope)
        try:
            self.checks(scope, is_plain=endpoint is not None and is_unescaped(scope))
        except Problem as problem:
            await self._refuse(problem, scope, receive, filtered)
            return
        if type(endpoint) is CommandEndpoint:
            await filtered.send_command_answer(*await endpoint.answer(scope, receive))
            return
        if endpoint is not None:
            await endpoint(scope, receive, filtered)
            return
        if scope["method"] == "HEAD" and not scope["path"].startswith(HEAD_BY_ITSELF):
            scope = {**scope, "method": "GET"}
        await super().__call__(scope, receive, filtered)

    def _bypassing(self, scope: Any) -> ASGIApp | None:
        """What answers a command, or a batch of them, that is addressed in the usual spelling; None: what is routed."""
        if scope["method"] != "POST":
            return None
        approvals, materials, query = self.services.approvals, self.services.materials, scope["query_string"]
        if match := COMMAND_PATH.fullmatch(scope["path"]):
            return None if query else CommandEndpoint(approvals, materials, uuid_from(match[1].encode()))
        if scope["path"] == BATCH_PATH and (mode := BATCH_MODES.get(query)):
            return BatchEndpoint(approvals, materials, mode)
        return None

    async def _refuse(self, problem: Problem, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request that must not reach a route: a browser that wants a page gets one."""
        scope |= {"litestar_app": self, "path_params": {}}
        request: Any = Request(scope, receive, send)
        response: Any = self._not_found(request, problem)
        await response.to_asgi_response(None, request)(scope, receive, send)
