"""A server that does not answer, or answers too early: what was sent is sent again until it is safely stored, once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio

from domain.examples.story import MANAGER
from domain.project.application.registration import Enterprise, RegisterProject
from infrastructure.ledger import committer
from infrastructure.ledger.approvals import Approvals, CommandAnswer
from infrastructure.ledger.pipeline_connection import NotReplicatedError, PipelineConnection
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from tests.conftest import database_in
from tests.effort import PATIENCE_SECONDS
from tests.faults.ledgers import command_ends
from tests.faults.processes import wait_until

REGISTER = RegisterProject(name="Fab 2", enterprise=Enterprise("Hengxin"), manager="wang")
CANCELS = 3
AT_STANDBY = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()"


@pytest.fixture
def url(server: EmbeddedPostgres) -> Iterator[str]:
    with database_in(server.url()) as url:
        migrate(url)
        yield url


@pytest_asyncio.fixture
async def approvals(url: str) -> AsyncIterator[Approvals]:
    async with Approvals(url) as app:
        yield app


def register(approvals: Approvals, key: UUID) -> asyncio.Task[CommandAnswer]:
    return asyncio.create_task(approvals.handle(uuid4(), REGISTER, MANAGER, key))


def session_of(lane: PipelineConnection) -> int:
    """The number of the server's process at the other end; 0 while there is none."""
    return lane._pgconn.backend_pid if lane._pgconn else 0


def is_open_again(approvals: Approvals, before: int) -> bool:
    """Whether the commands go to another session than *before*."""
    return session_of(approvals.committer._append_lane) not in (0, before)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_connection_that_is_silent_for_too_long_is_given_up(
    approvals: Approvals, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "SILENCE_SECONDS_MAX", 0.3)
    monkeypatch.setattr(committer, "LOOK_SECONDS", 0.05)
    keys = [uuid4() for _ in range(3)]
    await asyncio.sleep(1.0)  # the looks are shorter from the next one on
    with frozen(session_of(approvals.committer._append_lane)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = await asyncio.gather(*[register(approvals, key) for key in keys])
        assert sorted(answer.receipt.position for answer in answers) == [1, 2, 3]
    assert command_ends(url).keys() == set(keys)


async def test_a_command_is_not_acknowledged_before_the_standby_has_it(
    approvals: Approvals, server: EmbeddedPostgres, url: str
) -> None:
    key = uuid4()
    with waiting_for_a_standby(server), psycopg.connect(url, autocommit=True) as other:
        command = register(approvals, key)
        for _ in range(CANCELS):
            await asyncio.to_thread(wait_until, lambda: other.execute(AT_STANDBY).rowcount == 1, "the commit waits")
            before = session_of(approvals.committer._append_lane)
            other.execute(f"SELECT pg_cancel_backend(pid) FROM ({AT_STANDBY}) AS waiting")
            await asyncio.to_thread(wait_until, partial(is_open_again, approvals, before), "it is sent again")
        assert not command.done()
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await command
    assert command_ends(url) == {key: answer.receipt.position}


async def test_a_cancelled_wait_fails_the_statement_it_belongs_to(server: EmbeddedPostgres, url: str) -> None:
    lane = PipelineConnection(url, {"write": b"SELECT pg_logical_emit_message(true, '', '')", "read": b"SELECT 1"})
    await lane.open()
    with waiting_for_a_standby(server), psycopg.connect(url, autocommit=True) as other:
        sent = [lane.run("read", []), lane.run("write", []), lane.run("read", [])]
        await asyncio.to_thread(wait_until, lambda: other.execute(AT_STANDBY).rowcount == 1, "the commit waits")
        other.execute(f"SELECT pg_cancel_backend(pid) FROM ({AT_STANDBY}) AS waiting")
        ends = await asyncio.gather(*sent, return_exceptions=True)
    lane.close()
    assert [isinstance(end, BaseException) for end in ends] == [False, True, False]
    assert isinstance(ends[1], NotReplicatedError)


@contextmanager
def waiting_for_a_standby(server: EmbeddedPostgres) -> Iterator[None]:
    """Every commit waits for a standby that does not exist."""
    with psycopg.connect(server.url(), autocommit=True) as other:
        _set_standby(other, "nowhere")
        wait_until(lambda: _commits_wait(server.url(), other), "commits wait")
        try:
            yield
        finally:
            _set_standby(other, "")


def _set_standby(connection: psycopg.Connection, name: str) -> None:
    connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'".encode())
    connection.execute("SELECT pg_reload_conf()")
    wait_until(lambda: connection.execute("SHOW synchronous_standby_names").fetchone() == (name,), "it is set")


def _commits_wait(url: str, other: psycopg.Connection) -> bool:
    """Whether a commit waits: the checkpointer has to have read the setting as well, which SHOW does not say."""
    with closing(psycopg.connect(url, autocommit=True)) as probe:  # it is left in the middle of a statement
        probe.pgconn.send_query(b"SELECT pg_logical_emit_message(true, '', '')")
        while True:
            probe.pgconn.consume_input()
            if not probe.pgconn.is_busy():
                return False
            waits = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = %s"
            if other.execute(waits, [probe.info.backend_pid]).rowcount:
                return True
