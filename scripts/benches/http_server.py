"""HTTP server in a separate process: the application on a ledger, or an echo on litestar and uvicorn as they come.

`python -m scripts.benches.http_server [URL OF THE LEDGER] [--sign-in]` prints its port and serves until its input is
closed. With `--sign-in` it asks for keys, as every installation does; without, it believes the identity headers.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn
import uvloop
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ASGIApp

from api.app import PAGES, create_app
from api.identity.middleware import IdentityMiddleware
from api.web.http_limits import SERVER_OPTIONS
from api.window.share import STATE, WindowShare
from infrastructure.access.registrar import PrincipalRegistrar
from infrastructure.identity.rates import TokenBuckets
from infrastructure.identity.service import Identity, options_of
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from scripts.server.processes import tune_garbage_collector

HOST = "127.0.0.1"
STOP_SECONDS_MAX = 10
RATE_MAX = 100_000  # a second: the rates of a key, and of an address at the window, are not what is measured
SIGN_IN = "--sign-in"
PLAIN_SERVER: Mapping[str, Any] = {"http": "httptools", "proxy_headers": False}  # uvicorn's own protocol


@post("/v1/projects/{project_id:uuid}/commands", status_code=200)
async def echo(request: Request[object, object, State], project_id: FromPath[UUID]) -> Response[bytes]:  # noqa: ARG001 as the real one
    """Return the request body."""
    return Response(await request.body(), media_type="application/json")


async def serve(app: ASGIApp, options: Mapping[str, Any] = SERVER_OPTIONS) -> None:
    """Serve *app* on a free port, printed to standard output, until standard input is closed.

    *options* of uvicorn are those of every installation.
    """
    listening = socket.create_server((HOST, 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", **options)
    tune_garbage_collector()
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listening]))
    print(listening.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await task


def open_window(app: Litestar, settings: Settings) -> None:
    """Let one address read the public pages of *app* as fast as it can."""
    share = app.state[STATE] = WindowShare(settings)
    share.buckets = TokenBuckets(RATE_MAX, RATE_MAX)


async def main(url: str | None, *, signs_in: bool = False) -> None:
    """Serve the ledger at *url*, which asks for sign-in or does not; the echo if it is None."""
    if url is None:
        await serve(Litestar([echo], openapi_config=None, logging_config=None), PLAIN_SERVER)
        return
    settings = Settings(data=Path("unused"), key_rate=RATE_MAX)
    async with Approvals(url) as approvals:
        app = create_app(approvals, Views(approvals.store), settings, pages=PAGES)
        open_window(app, settings)
        if not signs_in:
            await serve(app)
            return
        async with Identity(approvals.store, url, options_of(settings), PrincipalRegistrar(approvals)) as identity:
            wrapped: Any = IdentityMiddleware(app, identity, settings)
            await serve(wrapped)


@contextmanager
def serving(url: str | None, *, signs_in: bool = False) -> Iterator[int]:
    """Run this module as a process; yields its port."""
    with server_of(url, signs_in=signs_in) as (port, _):
        yield port


@contextmanager
def server_of(url: str | None, *, signs_in: bool = False) -> Iterator[tuple[int, int]]:
    """The same; yields its port and the id of the process."""
    words = [*([url] if url else []), *([SIGN_IN] if signs_in else [])]
    command = [sys.executable, "-m", "scripts.benches.http_server", *words]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin
    assert server.stdout
    try:
        yield int(server.stdout.readline()), server.pid
    finally:
        server.stdin.close()
        try:
            server.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != SIGN_IN]
    uvloop.run(main(words[0] if words else None, signs_in=SIGN_IN in sys.argv))
