"""The application, with a way of its own for the one request that comes a thousand times a second: a command.

Litestar finds a route, makes a request object, asks its hooks and wraps the answer: good for a hundred addresses, and
two thirds of the time that a command takes. `POST /projects/{id}/commands` goes past that, to the same functions and
the same answers; the handler in `commands` describes it, and takes what is addressed otherwise than usual.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from litestar import Litestar

from api import parts
from api.commands import carried_out, told
from api.failures import told as failure
from api.problems import MEDIA_TYPE
from api.requests import HEADER, plain_id

PATH = re.compile(r"/projects/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/commands")

Pairs = list[tuple[bytes, bytes]]


class Application(Litestar):
    """An ASGI application: Litestar, but for commands."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        match = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if match is None:
            await super().__call__(scope, receive, send)
            return
        scope.setdefault("state", {})
        status, body, headers = await self._answered(UUID(match[1]), scope, receive)
        headers.append((HEADER, plain_id(scope)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _answered(self, project: UUID, scope: Any, receive: Any) -> tuple[int, bytes, Pairs]:
        """Status, body and headers of the answer. Whatever is raised becomes a problem, as everywhere."""
        try:
            answer = await carried_out(self.state[parts.KEY], project, scope, receive)
        except Exception as error:  # noqa: BLE001 the one place for this address where errors turn into answers
            problem, body = failure(scope, error)
            extra = {**problem.headers, "Cache-Control": "no-store"}
            headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
            headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
            return problem.kind.status, body, headers
        body, headers = told(answer)
        return 200, body, headers
