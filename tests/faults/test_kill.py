"""kill -9 of the writing process and of the database under load: what was acknowledged is there, once, in order."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import cycle, islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from time import sleep
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.effort import chosen
from tests.faults import writer
from tests.faults.ledgers import acknowledged_positions, command_ends, require_views_follow
from tests.faults.processes import Processes, kill, kill_database, processes, project, wait_until
from tests.faults.writer import SHARED, Sent

ROUNDS = chosen(4, 20)  # each fault once in the suite
FAULTS = ("server", "database", "both", "backend")
LOAD_SECONDS = (0.2, 0.6)
ACKNOWLEDGED_MIN = 20  # commands before the next blow: it has to hit a server at work


class Load:
    """One server of ours: a process that writes and one that projects, both replaced when they were killed."""

    def __init__(self, url: str, folder: Path, started: Processes) -> None:
        self.url, self.folder, self.started = url, folder, started
        self.journals: list[Path] = []
        self.begin()

    def begin(self) -> None:
        self.journals.append(self.folder / f"journal-{len(self.journals)}")
        self.journals[-1].touch()
        self.writer: BaseProcess = self.started.start(writer.write, self.url, str(self.journals[-1]))
        self.projector: BaseProcess = self.started.start(project, self.url)

    def kill(self) -> None:
        for process in (self.writer, self.projector):
            kill(process)

    def acknowledged(self) -> int:
        """How many commands the writer that is there now was answered."""
        return sum(sent.position > 0 for sent in writer.read(self.journals[-1]))

    def sent(self) -> list[Sent]:
        return [sent for journal in self.journals for sent in writer.read(journal)]

    def work(self) -> None:
        """Wait until the writer has got somewhere by itself."""
        before = self.acknowledged()
        wait_until(lambda: self.acknowledged() >= before + ACKNOWLEDGED_MIN, "commands acknowledged")
        assert self.writer.is_alive()
        assert self.projector.is_alive()


def strike(fault: str, load: Load, server: EmbeddedPostgres) -> None:
    """Kill, and start again what does not come back by itself."""
    if fault in ("server", "both"):
        load.writer.kill()
        load.projector.kill()
    if fault in ("database", "both"):
        kill_database(server.data)
    if fault == "backend":  # PostgreSQL then ends all its other processes too, and recovers
        kill_appender(load.url)
    server.start()
    if fault in ("server", "both"):
        load.kill()
        load.begin()


def kill_appender(url: str) -> None:
    """Kill -9 the one process of the database that appends, as a machine short of memory does."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%ledger.append%' AND pid <> pg_backend_pid()"
            " AND datname = current_database()"
        ).fetchone()
    assert row
    os.kill(row[0], signal.SIGKILL)


async def register_shared(url: str) -> None:
    register = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
    async with Approvals(url) as approvals:
        for project_id in SHARED:
            await approvals.handle(project_id, register, MANAGER, uuid4())


async def resend(url: str, unanswered: list[Sent]) -> dict[UUID, int]:
    """What an integrator does who got no answer: the same command, under the same key, twice over."""
    async with Approvals(url) as approvals:
        answers: dict[UUID, int] = {}
        for sent in (*unanswered, *unanswered):
            answer = await approvals.handle(sent.project, sent.command, sent.by, sent.key)
            assert answers.setdefault(sent.key, answer.receipt.position) == answer.receipt.position
        return answers


@pytest.mark.long
@pytest.mark.slow
def test_what_was_acknowledged_outlives_kills(server: EmbeddedPostgres, tmp_path: Path) -> None:
    url, random = server.url(), Random(1)
    migrate(url)
    asyncio.run(register_shared(url))
    with processes() as started:
        load = Load(url, tmp_path, started)
        for fault in islice(cycle(FAULTS), ROUNDS):
            load.work()
            sleep(random.uniform(*LOAD_SECONDS))
            strike(fault, load, server)
        load.work()
        load.kill()

        acknowledged = acknowledged_positions(load.sent())
        unanswered = [sent for sent in load.sent() if not acknowledged[sent.key]]
        answers = asyncio.run(resend(url, unanswered))
        stored = command_ends(url)
        assert acknowledged | answers == {key: position for key, position in stored.items() if key in acknowledged}
        assert len(stored) == len(acknowledged) + len(SHARED)

        started.start(project, url)
        require_views_follow(url, max(stored.values()))
