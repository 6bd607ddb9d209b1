"""HTTP server in a separate process: the application on a ledger, or an echo on the same litestar and uvicorn.

`python -m scripts.benches.http_server [URL OF THE LEDGER]` prints its port and serves until its input is closed.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import uvicorn
import uvloop
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ASGIApp

from api.app import create_app
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.settings import Settings
from scripts.server.processes import tune_garbage_collector

HOST = "127.0.0.1"
STOP_SECONDS_MAX = 10


@post("/v1/projects/{project_id:uuid}/commands", status_code=200)
async def echo(request: Request[object, object, State], project_id: FromPath[UUID]) -> Response[bytes]:  # noqa: ARG001 as the real one
    """Return the request body."""
    return Response(await request.body(), media_type="application/json")


async def serve(app: ASGIApp) -> None:
    """Serve *app* on a free port, printed to standard output, until standard input is closed."""
    listening = socket.create_server((HOST, 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", http="httptools", proxy_headers=False
    )
    tune_garbage_collector()
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listening]))
    print(listening.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await task


async def main(url: str | None) -> None:
    """Serve the ledger at *url*; the echo if it is None."""
    if url is None:
        await serve(Litestar([echo], openapi_config=None, logging_config=None))
        return
    async with Approvals(url) as approvals:
        await serve(create_app(approvals, Views(approvals.store), Settings(data=Path("unused"))))


@contextmanager
def serving(url: str | None) -> Iterator[int]:
    """Run this module as a process; yields its port."""
    command = [sys.executable, "-m", "scripts.benches.http_server", *([url] if url else [])]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin
    assert server.stdout
    try:
        yield int(server.stdout.readline())
    finally:
        server.stdin.close()
        try:
            server.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1] if len(sys.argv) > 1 else None))
