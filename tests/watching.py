"""A watcher that is there when a test wants it, by a clock that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import psycopg

from infrastructure.ledger.approvals import Approvals
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from tests.effort import PATIENCE_SECONDS


class Hands:
    """The time of the test: it does not run, it is set."""

    def __init__(self, local: str) -> None:
        self.at(local)

    def at(self, local: str) -> None:
        self.now = datetime.fromisoformat(f"{local}+08:00")

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(url: str, hands: Hands) -> AsyncIterator[Approvals]:
    async with Approvals(url, clock=hands) as approvals:
        yield approvals


@asynccontextmanager
async def table_of(url: str) -> AsyncIterator[WatchTable]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield WatchTable(connection)


async def settle(watcher: Watcher, table: WatchTable) -> int:
    """Let the watcher do all there is to do; how many projects and entries it looked at."""
    done = 0
    while step := await watcher.step(table):
        done += step
    return done


async def watch_once(url: str, approvals: Approvals, seconds: float | None = PATIENCE_SECONDS) -> int:
    """A watcher starts, does what there is to do, in *seconds* at most (None: however long), and is gone."""
    watcher = Watcher(approvals, url)
    async with table_of(url) as table, asyncio.timeout(seconds):
        while not await watcher.take_lead(table):  # noqa: ASYNC110 there is no event for the end of a session
            await asyncio.sleep(0.01)
        return await settle(watcher, table)
