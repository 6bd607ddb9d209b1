"""The application behind a real server on a real port, for tests that send what no well-behaved client would."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
import uvloop
from litestar.types import ControllerRouterHandler

from api.app import create_app
from api.identity.middleware import IdentityMiddleware
from api.web.http_limits import SERVER_OPTIONS
from infrastructure.access.registrar import PrincipalRegistrar
from infrastructure.identity.primary import PrimaryStore
from infrastructure.identity.service import Identity, options_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings

START_SECONDS_MAX = 60  # the machine may be busy
END_SECONDS_MAX = 5  # for answers that a client never reads to their end
TEST_SERVER: dict[str, Any] = {
    **SERVER_OPTIONS,
    "log_level": "warning",
    "lifespan": "off",
    "timeout_graceful_shutdown": END_SECONDS_MAX,
}


def listening_socket(port: int = 0) -> socket.socket:
    """A socket that listens on this machine. Of one that does not say TCP, asyncio leaves Nagle's algorithm on.

    Every answer in two writes would then wait forty milliseconds for the client's acknowledgement.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


@contextmanager
def served(
    database_url: str,
    pages: Sequence[ControllerRouterHandler] = (),
    clock: Callable[[], datetime] | None = None,
    *,
    signs_in: bool = False,
    listening: socket.socket | None = None,
    **chosen: Any,
) -> Iterator[str]:
    """Serve in a thread with an event loop of its own; yields the server's address. *chosen* are settings.

    Where it *signs_in*, sessions and keys say who sends a request, as in every installation; else its headers do.
    Of a socket that is *listening* a copy is used: one server after the other has its address.
    """
    with TemporaryDirectory() as folder, listening.dup() if listening else listening_socket() as taken:
        settings = Settings(**{"data": Path(folder), **chosen})

        @asynccontextmanager
        async def application() -> AsyncIterator[Any]:
            async with Approvals(database_url, clock=clock) as approvals, AsyncExitStack() as opened:
                app = create_app(approvals, Views(approvals.store), settings, pages=pages)
                yield await _signing_in(opened, app, approvals, database_url, settings) if signs_in else app

        with serving(application, taken) as address:
            yield address


@contextmanager
def serving(application: Callable[[], AbstractAsyncContextManager[Any]], listening: socket.socket) -> Iterator[str]:
    """Serve the application that *application* opens, in a thread with an event loop of its own; yields its address.

    The loop is that of an installation, which takes less time than the one of the standard library.
    """
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with application() as app:
            server = uvicorn.Server(uvicorn.Config(app, **TEST_SERVER))
            task = asyncio.create_task(server.serve([listening]))
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
            started.set()
            await asyncio.to_thread(stop.wait)
            server.should_exit = True
            await task

    thread = threading.Thread(target=uvloop.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(START_SECONDS_MAX)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()


async def _signing_in(opened: AsyncExitStack, app: Any, approvals: Approvals, url: str, settings: Settings) -> Any:
    """*app*, which principals of the ledger sign in to."""
    primary = PrimaryStore(settings.primary_url) if settings.reader else None
    directory = PrincipalRegistrar(approvals)
    identity = Identity(approvals.store, url, options_of(settings), directory, primary=primary)
    return IdentityMiddleware(app, await opened.enter_async_context(identity), settings)
