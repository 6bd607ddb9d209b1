"""Start everything one installation needs: the database, the projector and the watcher beside it, the HTTP server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import uvicorn
import uvloop

from api.app import PAGES, create_app
from api.identity.middleware import IdentityMiddleware
from api.project_page.pages import lost
from api.web.http_limits import SERVER_OPTIONS
from infrastructure.identity.service import Identity, options_of
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.connect import connect_url
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.postgres.roles import login_of
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.settings import Settings
from infrastructure.watcher.watcher import Watcher
from scripts.console import screen
from scripts.server.processes import END_SECONDS_MAX, beside, calm_collector, orderly, stop_with

WATCHER_NICENESS = 5  # of the processor it takes what the others leave: its facts have minutes, commands milliseconds
REQUEST_SECONDS_MAX = 10  # for requests under way at the end; one that was sent by half never comes to an end


class AddressTaken(Exception):  # noqa: N818  it says what was found
    """Nothing can listen at the address of the settings. The sentence says what to set."""


def ready(settings: Settings) -> str:
    """The address of a database that is up and migrated; the embedded one is started where none is given.

    Its account does not own the ledger: of the embedded server always, elsewhere where the administrator sees to it.
    """
    url = connect_url(settings)
    migrate(url)
    return url if settings.database_url else login_of(url)


@contextmanager
def kept_alive(settings: Settings) -> Iterator[None]:
    """Bring the embedded server back should it die; nothing to do for a server of somebody else's."""
    if settings.database_url:
        yield
        return
    ended = threading.Event()
    keeper = threading.Thread(target=EmbeddedPostgres(settings.data).keep, args=(ended,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join(END_SECONDS_MAX)


@asynccontextmanager
async def opened(url: str, settings: Settings) -> AsyncIterator[Approvals]:
    """The application, open in this event loop, over a database that is kept alive meanwhile."""
    with kept_alive(settings):
        async with Approvals(
            url, queue_max=settings.queue_max, connections_max=settings.connections_max, laws=law_book()
        ) as approvals:
            yield approvals


def project_while(parent: int, url: str) -> None:
    """Run the projector in this process until it is told to end, or until its parent is gone."""
    projector = Projector(url)
    stop_with(parent, projector.stop)
    calm_collector()
    projector.run()


def watch_while(parent: int, url: str) -> None:
    """Run the deadline watcher in this process until it is told to end, or until its parent is gone."""
    if hasattr(os, "nice"):
        os.nice(WATCHER_NICENESS)
    uvloop.run(_watch(parent, url))


async def _watch(parent: int, url: str) -> None:
    loop = asyncio.get_running_loop()
    approvals = Approvals(url, laws=law_book())
    watcher = Watcher(approvals, url)
    stop_with(parent, lambda: loop.call_soon_threadsafe(watcher.stop))
    async with approvals:
        await watcher.run()


def serve(url: str, settings: Settings, announce: Callable[[], None]) -> None:
    """Serve HTTP until interrupted or told to end; *announce* is called once requests are answered.

    Raises AddressTaken.
    """
    with (
        contextlib.suppress(KeyboardInterrupt),
        orderly(),
        beside(project_while, url),
        beside(watch_while, url),
    ):
        uvloop.run(_serve(url, settings, announce))


async def _serve(url: str, settings: Settings, announce: Callable[[], None]) -> None:
    identity = partial(Identity, url=url, options=options_of(settings))
    async with opened(url, settings) as approvals, identity(approvals.store) as signing_in:
        app = create_app(approvals, Views(approvals.store), settings, pages=PAGES, lost=lost)
        await offer_administration(signing_in)
        config = uvicorn.Config(
            IdentityMiddleware(app, signing_in, settings),
            host=settings.host,
            port=settings.port,
            uds=settings.socket or None,
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=REQUEST_SECONDS_MAX,
            **SERVER_OPTIONS,
        )
        calm_collector()
        server = _Announcing(config, announce)
        await server.serve()


async def offer_administration(identity: Identity) -> None:
    """Print a one-time code for the first administrator's sign-in, where there is none and it is no demonstration."""
    if await identity.accounts.administrator() is None and not await identity.accounts.demo_people():
        code = await identity.accounts.new_code(identity.clock())
        screen.print(
            f"No administrator yet: sign in at /sign-in with the one-time code {code}, valid for an hour.",
            highlight=False,
            soft_wrap=True,
        )


class _Announcing(uvicorn.Server):
    """uvicorn, telling when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as unable:  # uvicorn has logged what the operating system says
            raise AddressTaken(
                f"Countersign can't listen at {self.config.host}, port {self.config.port}: another program does, or the"
                " address is not this machine's. Set COUNTERSIGN_PORT or COUNTERSIGN_HOST to a free one."
            ) from unable
        if self.started:
            self._announce()
