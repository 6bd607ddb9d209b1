"""Starts everything that an installation needs: database, HTTP server, projector, deadline watcher."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
import uvicorn
import uvloop

from api.app import PAGES, create_app
from api.identity.middleware import IdentityMiddleware
from api.observing import observed
from api.web.http_limits import SERVER_OPTIONS
from infrastructure.access.registrar import PrincipalRegistrar
from infrastructure.errors import OperatorError
from infrastructure.identity.primary import PrimaryStore
from infrastructure.identity.service import Identity, options_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.connect import settled
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from infrastructure.tracing import switch as tracing
from infrastructure.verifier.startup import check_at_start
from scripts.console import screen
from scripts.server import database
from scripts.server.processes import orderly, supervised, tune_garbage_collector
from scripts.server.workers import project_while, workers_of

log = structlog.get_logger()

REQUEST_SECONDS_MAX = 10  # for requests in progress at shutdown, as incomplete ones never end


class AddressTakenError(OperatorError):
    """The server can't listen at the address of the settings. The message says what to set."""


def projecting(url: str) -> AbstractContextManager[None]:
    """A projector in a process of its own during the block."""
    return supervised(project_while, url)


def serve(url: str, settings: Settings, announce: Callable[[], None]) -> None:
    """Serve HTTP until SIGINT or SIGTERM; *announce* is called once the server listens.

    Raises AddressTakenError, LedgerUnsoundError, OlderLedgerError.
    """
    check_at_start(url)
    database.require_no_way_back(url, settings)
    tracing.configure(settings, "server")
    with contextlib.suppress(KeyboardInterrupt), orderly(), contextlib.ExitStack() as workers:
        for work in workers_of(settings):
            workers.enter_context(supervised(work, url))
        uvloop.run(_serve(url, settings, announce))


async def _serve(url: str, settings: Settings, announce: Callable[[], None]) -> None:
    async with database.opened(url, settings) as approvals, _identity(approvals, url, settings) as signing_in:
        app = create_app(approvals, Views(approvals.store), settings, pages=PAGES)
        if not settings.reader:
            await offer_administration(signing_in)
        tune_garbage_collector()
        served = observed(IdentityMiddleware(app, signing_in, settings), settings)
        await listen(served, settings, announce, app.services.close)


async def listen(app: Any, settings: Settings, announce: Callable[[], None], end_streams: Callable[[], None]) -> None:
    """Answer HTTP by *app* until SIGINT or SIGTERM. Raises AddressTakenError.

    *announce* is called once it listens, *end_streams* before it waits for open requests.
    """
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        uds=settings.socket or None,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=REQUEST_SECONDS_MAX,
        **SERVER_OPTIONS,
    )
    await _Announcing(config, announce, end_streams).serve()


def _identity(approvals: Approvals, url: str, settings: Settings) -> Identity:
    """Sign-in, with the principals and grants of the ledger."""
    primary = PrimaryStore(settled(settings.primary_url) if settings.primary_url else "") if settings.reader else None
    return Identity(approvals.store, url, options_of(settings), PrincipalRegistrar(approvals), primary=primary)


async def offer_administration(identity: Identity) -> None:
    """Print a one-time code for the first administrator's sign-in, where none can sign in."""
    if not await identity.has_administrator():
        code = await identity.accounts.new_code(identity.clock())
        screen.print(
            f"No administrator yet: sign in at /sign-in with the one-time code {code}, valid for an hour.",
            highlight=False,
            soft_wrap=True,
        )


class _Announcing(uvicorn.Server):
    """A uvicorn server that calls *announce* once it listens, and *end_streams* before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None], end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce, self._end_streams = announce, end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("http_stopping")
        self._end_streams()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit as failure:  # uvicorn has logged the system's error
            raise AddressTakenError(
                f"Countersign can't listen on {self.config.host}, port {self.config.port}: it is in use, is no"
                " address of this machine, or this account may not have it, as ports below 1024 mostly are for root"
                " alone. Set COUNTERSIGN_PORT or COUNTERSIGN_HOST to another one."
            ) from failure
        except OSError as failure:  # of a socket, which uvicorn does not look after
            raise AddressTakenError(
                f"Countersign can't listen at the socket {self.config.uds}: {failure.strerror or failure}. Set"
                " COUNTERSIGN_SOCKET to a path that this account may make, and at which there is nothing yet."
            ) from failure
        if self.started:
            log.info("http_listening", host=self.config.host, port=self.config.port, socket=self.config.uds)
            self._announce()
