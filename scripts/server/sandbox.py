"""A sandbox: a zone of its own beside the live one, with a clock to advance. Watcher and sender run in its process.

They go by the sandbox's clock, so that what falls due on the way comes in the order of its instants.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import uvloop
from msgspec import Struct, json, structs

from api.app import PAGES, create_app
from api.identity.middleware import IdentityMiddleware
from api.sandbox.routes import MOVABLE_CLOCK, TEST_CLOCK, SandboxTime
from infrastructure.access.registrar import PrincipalRegistrar
from infrastructure.identity.service import Identity, options_of
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from infrastructure.ledger.clock_check import utc_now
from infrastructure.projector.positions import Views
from infrastructure.settings import SANDBOX_SUFFIX, Settings, variable
from infrastructure.watcher.watch_schedule import WatchTable
from infrastructure.watcher.watcher import Watcher
from infrastructure.webhooks.sender import WebhookSender
from infrastructure.webhooks.transport import WebhookTransport
from scripts.catalogues.zone import publish_zone
from scripts.server import database, processes, serving
from scripts.server.sandbox_departments import SandboxDepartments
from scripts.server.sending import sender_parts

CLOCK_SUFFIX = "-clock.json"
TICK_SECONDS = 1.0
VIEWS_SECONDS_MAX = 60.0
ROUNDS_MAX = 100_000  # of things that fall due while the clock is moved on: more is an endless chain

PeopleOffered = Callable[[Approvals], Awaitable[None]]


class StoredOffset(Struct, frozen=True):
    """How far a sandbox's clock is ahead of the world's, and where it is stopped, if it is."""

    seconds: float
    held_at: datetime | None = None


class SandboxClock:
    """The sandbox's time: the world's, and ahead of it by what it was moved on, or an instant at which it is held.

    Stored in *file* over restarts.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        stored = json.decode(file.read_bytes(), type=StoredOffset) if file and file.exists() else StoredOffset(0.0)
        self._offset, self._held_at = timedelta(seconds=stored.seconds), stored.held_at

    def __call__(self) -> datetime:
        return self._held_at or utc_now() + self._offset

    @property
    def is_held(self) -> bool:
        """Whether it is stopped."""
        return self._held_at is not None

    def set(self, instant: datetime) -> None:
        """Move on to *instant*; never back. A clock that is held is held there."""
        if self._held_at is not None:
            self._held_at = max(self._held_at, instant)
        self._offset = max(self._offset, instant - utc_now())
        self._store()

    def hold(self) -> None:
        """Stop from now on."""
        self._held_at = self()
        self._store()

    def release(self) -> None:
        """Run again, from where it is."""
        if self._held_at is not None:
            self._offset = self._held_at - utc_now()
            self._held_at = None
            self._store()

    def _store(self) -> None:
        if self._file is not None:
            self._file.write_bytes(json.encode(StoredOffset(self._offset.total_seconds(), self._held_at)))


class SandboxTimeline:
    """Moves a sandbox's clock on, and runs the watcher and the sender at each instant at which something is due."""

    def __init__(self, clock: SandboxClock, approvals: Approvals, watcher: Watcher, sender: WebhookSender) -> None:
        self._clock, self._approvals, self._watcher, self._sender = clock, approvals, watcher, sender
        self._views, self._departments = Views(approvals.store), SandboxDepartments(approvals)
        self._table: WatchTable | None = None
        self._turn = asyncio.Lock()

    def __call__(self) -> datetime:
        return self._clock()

    @property
    def is_held(self) -> bool:
        """Whether the clock is stopped."""
        return self._clock.is_held

    @asynccontextmanager
    async def running(self, url: str) -> AsyncIterator[None]:
        """Watch and send within the block, as time passes by itself."""
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            self._table = WatchTable(connection)
            while not await self._watcher.take_lead(self._table):  # noqa: ASYNC110  there is no event for the death of a leader
                await asyncio.sleep(TICK_SECONDS)
            ending = asyncio.Event()
            ticking = asyncio.create_task(self._tick(ending))
            try:
                yield
            finally:
                ending.set()  # a cancellation can be lost within a query
                await ticking

    async def advance_to(self, instant: datetime, *, hold: bool, first_only: bool) -> SandboxTime:
        """Move the clock on from one due instant to the next until *instant*; what was recorded and sent on the way.

        *hold*: it is then stopped, else it runs. *first_only*: it stops where the first entry is recorded.
        """
        async with self._turn:
            if hold:
                self._clock.hold()
            else:
                self._clock.release()
            first = await self._approvals.store.head()
            sent = await self._settle(advancing=True)
            for _ in range(ROUNDS_MAX):
                if first_only and await self._approvals.store.head() > first:
                    return await self._moved(first, sent)
                due = await self._next()
                if due is None or due > instant:
                    break
                self._clock.set(due)
                sent += await self._settle(advancing=True)
            self._clock.set(instant)
            sent += await self._settle(advancing=True)
            return await self._moved(first, sent)

    async def _moved(self, first: int, sent: int) -> SandboxTime:
        """The answer to moving the clock on; *first*: where the ledger ended before."""
        return SandboxTime(self._clock(), await self._approvals.store.head() - first, sent, self._clock.is_held)

    async def _tick(self, ending: asyncio.Event) -> None:
        """Let happen what is due as time passes, until *ending* is set."""
        while not ending.is_set():
            async with self._turn:
                if not self._clock.is_held:
                    await self._settle()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), TICK_SECONDS)

    async def _settle(self, *, advancing: bool = False) -> int:
        """Let happen what is due at this instant; how many webhooks were sent.

        The simulated departments act only while the clock is *advancing*: programs then know when they do.
        """
        assert self._table is not None, "running() comes first"
        sent, before = 0, -1
        while before != (head := await self._approvals.store.head()):
            before = head
            while await self._watcher.step(self._table):
                continue
            await self._views.catch_up(await self._approvals.store.head(), VIEWS_SECONDS_MAX)
            if advancing and await self._departments.act():
                continue
            while count := await self._sender.step():
                sent += count
        return sent

    async def _next(self) -> datetime | None:
        """When something falls due next, after now."""
        assert self._table is not None, "running() comes first"
        now = self._clock()
        due = [await self._table.next(), await self._sender.next_at()]
        return min((instant for instant in due if instant is not None and instant > now), default=None)


def settings_of_sandbox(live: Settings, port: int) -> Settings:
    """The settings of a sandbox beside a *live* installation, also for the processes it starts."""
    data = live.data.with_name(live.data.name + SANDBOX_SUFFIX)
    os.environ.update({variable("data"): str(data), variable("port"): str(port)})
    for name in ("keys", "proof", "socket", "materials", "master_key", "master_key_next"):
        os.environ.pop(variable(name), None)
    return Settings.of()


async def no_people(_: Approvals) -> None:
    """A sandbox that begins without people."""


def serve(url: str, settings: Settings, announce: Callable[[], None], people: PeopleOffered = no_people) -> None:
    """Serve a sandbox until SIGINT or SIGTERM; *announce* is called once it listens. Raises AddressTakenError.

    *people* registers those who may sign in.
    """
    with contextlib.suppress(KeyboardInterrupt), processes.orderly(), serving.projecting(url):
        uvloop.run(_serve(url, settings, announce, people))


async def _serve(url: str, settings: Settings, announce: Callable[[], None], people: PeopleOffered) -> None:
    clock = SandboxClock(settings.data.with_name(settings.data.name + CLOCK_SUFFIX))
    with database.supervised_server(settings):
        async with sandbox(url, settings, clock, people) as app:
            await serving.listen(app, settings, announce, app.app.services.close)


@asynccontextmanager
async def sandbox(
    url: str, settings: Settings, clock: SandboxClock, people: PeopleOffered = no_people
) -> AsyncIterator[IdentityMiddleware]:
    """The application of a sandbox, with the shipped zone published, watching and sending by its clock.

    Its webhooks may go to a developer's own machine.
    """
    settings = structs.replace(settings, webhooks_private=True)
    async with (
        Approvals(url, laws=law_book(), cases=settings.area, clock=clock) as approvals,
        WebhookTransport(allows_private=True) as transport,
        Identity(approvals.store, url, options_of(settings), PrincipalRegistrar(approvals), clock) as identity,
    ):
        await publish_zone(approvals)
        await people(approvals)
        watcher = Watcher(approvals, url)
        timeline = SandboxTimeline(
            clock, approvals, watcher, WebhookSender(sender_parts(approvals, transport, settings.area), url)
        )
        app = create_app(approvals, Views(approvals.store), settings, pages=PAGES, more=[TEST_CLOCK])
        app.state[MOVABLE_CLOCK] = timeline
        await serving.offer_administration(identity)
        async with timeline.running(url):
            yield IdentityMiddleware(app, identity, settings)
