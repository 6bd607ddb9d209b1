"""The window's share of this process: so many of its requests at once, so many from one address, and no more.

The window is open to anyone, and officers work on the same machine: however many come to it, most database
connections stay free for those who are signed in. What exceeds the share waits for a moment, then is refused with a
time to try again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from api.identity.rate_headers import rate_headers
from api.web.problems import Problem
from api.window.visitor import address_of
from infrastructure.identity.rates import TokenBuckets
from infrastructure.settings import Settings

SHARE = 3  # one connection in so many is the window's
WAITING_MAX = 50  # requests; more are refused at once
WAIT_SECONDS_MAX = 5.0
PER_SECOND, BURST = 5.0, 60  # of one address: a person reads a page for seconds, an office shares an address
STATE = "window_share"


class WindowShare:
    """The share of one application."""

    def __init__(self, settings: Settings) -> None:
        self.at_once = max(1, settings.connections_max // SHARE)
        self.buckets = TokenBuckets(PER_SECOND, BURST)
        self._room = asyncio.Semaphore(self.at_once)
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Callable[[], None]]:
        """A place among the requests that are worked on at once, with what gives it back before the end.

        Raises Problem busy where none gets free in time.
        """
        if self._waiting >= WAITING_MAX:
            raise _full()
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                await self._room.acquire()
        except TimeoutError as late:
            raise _full() from late
        finally:
            self._waiting -= 1
        is_taken = True

        def leave() -> None:
            nonlocal is_taken
            if is_taken:
                is_taken = False
                self._room.release()

        try:
            yield leave
        finally:
            leave()


class WindowShareMiddleware:
    """Answers requests to the window within its share."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as soon as there is room. Raises Problem too-many-requests and busy."""
        share = share_of(scope)
        allowance = share.buckets.take(address_of(scope), time.monotonic())
        rate = rate_headers("window", share.buckets, allowance)
        if not allowance.allowed:
            raise Problem(
                "too-many-requests",
                "too many requests came from this address in a short time",
                remedy=f"wait {allowance.seconds} s",
                headers={"Retry-After": str(allowance.seconds)}
                | {name.decode(): value.decode() for name, value in rate},
            )

        async with share.place() as leave:

            async def limited(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), *rate]
                    leave()  # all is read by now: who receives slowly keeps no one out
                await send(message)

            await self.app(scope, receive, limited)


def share_of(scope: Scope) -> WindowShare:
    """The share of the application that answers the request of *scope*, made with its first."""
    state: Any = scope["litestar_app"].state
    share: WindowShare | None = state.get(STATE)
    if share is None:
        app: Any = scope["litestar_app"]
        share = state[STATE] = WindowShare(app.services.settings)
    return share


def _full() -> Problem:
    return Problem(
        "busy",
        "the public window has too many visitors now, and nothing of this request was stored",
        remedy="try again in a moment",
        headers={"Retry-After": "2"},
    )
