"""Take a database back to an earlier moment while commands are sent, as a restored backup or a late standby does."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from msgspec import Struct

from domain.examples.story import MANAGER
from domain.project.application.note import NoteStep
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from infrastructure.postgres.migrate import migrate
from tests.faults.ledgers import command_ends
from tests.faults.processes import kill_database, wait_until

CLIENTS = 8
ANSWERS = 5  # of each client before the database goes back, and after it
AGAIN_SECONDS = 0.01  # before a client that was answered 503 sends the same command again
REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")


class Answered(Struct, frozen=True):
    """A command, whether it was sent once the database had gone back, and what was answered."""

    key: UUID
    project: UUID
    after: bool
    position: int
    version: int


class Clients:
    """Each adds notes to a project of its own and to a shared one, and retries with the same key after a 503."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals, self._stopped = approvals, False
        self.shared, self.answers = uuid4(), list[Answered]()
        self.has_gone_back = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._send(self.shared, REGISTER)
        self._tasks = [asyncio.create_task(self._work(uuid4())) for _ in range(CLIENTS)]

    async def stop(self) -> None:
        """Raises whatever a client met that was neither an answer nor a 503."""
        self._stopped = True
        await asyncio.gather(*self._tasks)

    async def several(self) -> None:
        """Wait for some answers to every client."""
        wanted = len(self.answers) + CLIENTS * ANSWERS
        while len(self.answers) < wanted:
            await asyncio.sleep(AGAIN_SECONDS)
            for task in self._tasks:
                if task.done():
                    await task

    async def _work(self, own: UUID) -> None:
        await self._send(own, REGISTER)
        while not self._stopped:
            for project in (own, self.shared):
                await self._send(project, NoteStep(activity="site visit"))

    async def _send(self, project: UUID, command: RegisterProject | NoteStep) -> None:
        key, after = uuid4(), self.has_gone_back
        while True:
            with suppress(psycopg.OperationalError):  # answered 503 over HTTP
                receipt = (await self._approvals.handle(project, command, MANAGER, key)).receipt
                self.answers.append(Answered(key, project, after, receipt.position, receipt.version))
                return
            await asyncio.sleep(AGAIN_SECONDS)


async def rounds(data: Path, number: int) -> None:
    """Take the database in *data* back *number* times under load, each time to what it was some answers before.

    Fails where an answer was wrong, or where anything was written on what was no longer there.
    """
    server = EmbeddedPostgres(data)
    url = await asyncio.to_thread(server.start)
    migrate(url)
    for _ in range(number):
        async with Approvals(url) as approvals:
            clients = Clients(approvals)
            await clients.start()
            await clients.several()
            await asyncio.to_thread(_keep_a_copy, server)
            await clients.several()
            assert approvals.high_water.times == 0, "a database that was only away has not gone back"
            await asyncio.to_thread(_go_back, server)
            clients.has_gone_back = True
            await clients.several()
            await clients.stop()
            assert approvals.high_water.times > 0
            await _require_right(approvals, clients, url)


def _keep_a_copy(server: EmbeddedPostgres) -> None:
    server.stop()
    subprocess.run(["cp", "-a", str(server.folder), str(_copy(server))], check=True)
    server.start()


def _go_back(server: EmbeddedPostgres) -> None:
    kill_database(server.data)
    wait_until(lambda: server.status() is ServerStatus.STOPPED, "the killed server is gone")
    shutil.rmtree(server.folder)
    _copy(server).rename(server.folder)
    server.start()


def _copy(server: EmbeddedPostgres) -> Path:
    return server.folder.with_name("copy")


async def _require_right(approvals: Approvals, clients: Clients, url: str) -> None:
    """The ledger is whole, holds every answer given since, and the process knows each project as it is there."""
    ends = await asyncio.to_thread(command_ends, url)
    since = [answer for answer in clients.answers if answer.after]
    assert since
    assert [ends.get(answer.key) for answer in since] == [answer.position for answer in since]
    for project in {answer.project for answer in clients.answers}:
        stored = await approvals.store.stream(project)
        assert (await approvals.project(project)).version == len(stored)
        versions = {answer.version for answer in since if answer.project == project}
        assert versions <= {row.version for row in stored}
