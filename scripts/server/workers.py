"""What runs beside the HTTP server, each in a process of its own: projectors, watcher, publisher, sender, verifier."""

from __future__ import annotations

import asyncio

import uvloop

from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector, historian
from infrastructure.settings import Settings
from infrastructure.watcher.watcher import Watcher
from scripts.server.processes import Work, lower_priority, run_worker, stop_with
from scripts.server.publishing import publish_while
from scripts.server.sending import send_while
from scripts.server.verifying import verify_while

WATCHER_NICENESS = 5  # its facts may take minutes, commands only milliseconds
HISTORIAN_NICENESS = 10  # current rows and answers come first


def workers_of(settings: Settings) -> list[Work]:
    """What runs beside the HTTP server; beside a reader nothing, as it writes nothing."""
    if settings.reader:
        return []
    work: list[Work] = [project_while, keep_histories_while, watch_while, publish_while, send_while]
    return [*work, verify_while] if settings.verify_hours else work


def project_while(parent: int, url: str) -> None:
    """Run the projector in this process until SIGTERM, or until its parent is gone."""
    run_worker(parent, Projector(url))


def keep_histories_while(parent: int, url: str) -> None:
    """Run the projector of the histories in this process until SIGTERM, or until its parent is gone."""
    lower_priority(HISTORIAN_NICENESS)
    run_worker(parent, historian(url))


def watch_while(parent: int, url: str) -> None:
    """Run the deadline watcher in this process until SIGTERM, or until its parent is gone."""
    lower_priority(WATCHER_NICENESS)
    uvloop.run(_watch(parent, url))


async def _watch(parent: int, url: str) -> None:
    loop = asyncio.get_running_loop()
    approvals = Approvals(url, laws=law_book())
    watcher = Watcher(approvals, url)
    stop_with(parent, lambda: loop.call_soon_threadsafe(watcher.stop))
    async with approvals:
        await watcher.run()
