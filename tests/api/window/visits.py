"""A visitor of the public window: a browser with cookies, which types numbers and codes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, cast
from uuid import UUID

import httpx
from litestar import Litestar

from infrastructure.window.query_codes import QueryCodes

CaseOf = Callable[[UUID, str], str]
ADDRESSES = (f"198.51.{nth // 250}.{nth % 250 + 1}" for nth in count())


class Window:
    """One browser at *address*."""

    def __init__(self, app: Litestar, codes: QueryCodes, address: str = "") -> None:
        self.codes = codes
        asgi = cast("Callable[..., Awaitable[None]]", app)
        transport = httpx.ASGITransport(asgi, raise_app_exceptions=False, client=(address or next(ADDRESSES), 4711))
        headers = {"Accept": "text/html"}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://countersign", headers=headers)

    async def get(self, path: str, **params: str) -> httpx.Response:
        """A page, in English."""
        return await self.client.get(path, params={"lang": "en", **params})

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form that is sent."""
        return await self.client.post(path, params={"lang": "en"}, data=fields)

    async def track(self, number: str, code: str = "") -> httpx.Response:
        """Type the number and a code, the right one where none is given; what is answered, a case's page if it fits."""
        answer = await self.post("/window/track", number=number, code=code or self.codes.code_of(number))
        if answer.status_code != 303:
            return answer
        return await self.client.get(answer.headers["location"])

    async def key(self, path: str) -> str:
        """The key in the form at *path*."""
        form = (await self.get(path)).text
        match = re.search(r'name="key" value="([0-9a-f-]{36})"', form)
        assert match, form
        return match[1]
