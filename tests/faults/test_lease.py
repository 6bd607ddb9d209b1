"""A leader that is frozen keeps its session, and loses the lead all the same; one that lives is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from uuid import uuid4

import psycopg
import pytest

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres import lease as leases
from infrastructure.postgres.lease import Lease
from infrastructure.projector.projector import LEADER_KEY, WORK, Projector
from infrastructure.projector.rebuild import rebuild
from infrastructure.projector.tables import BATCH_KEY
from infrastructure.watcher.watch_schedule import LEADER_KEY as WATCH_KEY
from infrastructure.watcher.watch_schedule import WORK as WATCH
from infrastructure.watcher.watcher import Watcher
from tests.effort import PATIENCE_SECONDS
from tests.faults.ledgers import require_views_follow
from tests.faults.processes import leader, named, processes, project, wait_until

BEATS = 3


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, not in the process that is frozen: by default it takes twenty seconds."""
    monkeypatch.setattr(leases, "SILENT_SECONDS_MAX", 0.5)
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("infrastructure.projector.projector.POLL_SECONDS", 0.05)
    monkeypatch.setattr("infrastructure.watcher.watcher.POLL_SECONDS", 0.05)


@contextmanager
def frozen(process: BaseProcess) -> Iterator[None]:
    """*process* as on a frozen machine: it does nothing, and closes no connection."""
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


@contextmanager
def projecting(url: str) -> Iterator[None]:
    projector = Projector(url)
    thread = threading.Thread(target=projector.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        projector.stop()
        thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def owner_of(url: str, work: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT owner FROM process.lease WHERE work = %s", [work]).fetchone()
    return str(row[0]) if row else ""


async def send_story(approvals: Approvals, url: str, steps: slice) -> None:
    """Some of the story; returns once every view has seen it."""
    story = uuid4()
    for step in STORY[steps]:
        await approvals.handle(story, step.dated, step.by, uuid4())
    await asyncio.to_thread(require_views_follow, url, await approvals.store.head())


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.usefixtures("_impatient")
async def test_a_frozen_projector_loses_the_lead_and_is_a_standby_when_it_wakes(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        with processes() as started:
            first = started.start(project, named(database_url, "first"))
            await asyncio.to_thread(wait_until, lambda: leader(database_url) == "first", "the first leads")
            await send_story(approvals, database_url, slice(8))
            with frozen(first):
                # As it would hold the lock in the middle of a rebuild: that has a session of its own.
                held = psycopg.connect(
                    database_url, application_name=owner_of(database_url, WORK), autocommit=True
                )  # closed by the server
                held.execute("SELECT pg_try_advisory_lock(%s)", [BATCH_KEY])  # the frozen one may be in a batch itself
                with projecting(named(database_url, "second")):
                    await asyncio.to_thread(wait_until, lambda: leader(database_url) == "second", "another leads")
                    await send_story(approvals, database_url, slice(8))
                    os.kill(first.pid or 0, signal.SIGCONT)
                    await send_story(approvals, database_url, slice(8))
                    assert leader(database_url) == "second"
                with pytest.raises(psycopg.OperationalError):
                    held.execute("SELECT 1")
                held.close()
            await asyncio.to_thread(wait_until, lambda: leader(database_url) == "first", "the first leads again")
            await send_story(approvals, database_url, slice(8))
    assert rebuild(database_url, swap=False).differences == ()


@pytest.mark.usefixtures("_impatient")
async def test_a_silent_watcher_loses_the_lead(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        with psycopg.connect(database_url, autocommit=True) as silent:
            assert Lease(database_url, WATCH, WATCH_KEY).take(silent)
            watcher = Watcher(approvals, database_url)
            task = asyncio.create_task(watcher.run())
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not watcher.is_leader:  # noqa: ASYNC110 it has no event for it
                    await asyncio.sleep(0.02)
            watcher.stop()
            await task
            with pytest.raises(psycopg.OperationalError):
                silent.execute("SELECT 1")


def test_a_leader_that_renews_its_lease_is_left_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.02)
    leading, waiting = (Lease(database_url, WORK, LEADER_KEY) for _ in range(2))
    with (
        psycopg.connect(database_url, autocommit=True) as first,
        psycopg.connect(database_url, autocommit=True) as other,
    ):
        assert leading.take(first)
        seen = set[object]()

        def beats() -> bool:
            assert not waiting.take(other)
            seen.add(other.execute("SELECT heartbeat_at FROM process.lease").fetchone())
            return len(seen) > BEATS

        with leading.renewed():
            wait_until(beats, "the lease is renewed again and again")
        assert first.execute("SELECT 1").fetchone() == (1,)


def test_after_a_pause_of_the_database_a_leader_has_time_for_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(leases, "monotonic", lambda: now)
    lease = Lease("postgresql://", WORK, LEADER_KEY)
    assert not lease.is_dead("a")
    now += leases.HEARTBEAT_SECONDS - 1
    assert not lease.is_dead("a")
    now += 1
    assert not lease.is_dead("b"), "another leads"
    assert not lease.is_dead(""), "none is silent"
    now += leases.HEARTBEAT_SECONDS
    assert not lease.is_dead(""), "nobody to end"
    assert not lease.is_dead("a")
    now += leases.HEARTBEAT_SECONDS
    assert lease.is_dead("a")


def test_a_name_of_the_address_is_part_of_every_leaders() -> None:
    lease = Lease("postgresql:///x?application_name=" + "n" * 100, WORK, LEADER_KEY)
    assert lease.owner.startswith("nnn")
    assert len(lease.owner) == leases.NAME_BYTES_MAX
    assert lease.owner != Lease("postgresql:///x", WORK, LEADER_KEY).owner


def test_a_heartbeat_ahead_of_the_clock_is_no_sign_of_life(database_url: str) -> None:
    """The clock was set back after the leader froze: its last heartbeat is then of an hour that has yet to come."""
    leading, standby = Lease(database_url, WORK, LEADER_KEY), Lease(database_url, WORK, LEADER_KEY)
    with (
        psycopg.connect(leading.url, autocommit=True) as silent,
        psycopg.connect(standby.url, autocommit=True) as waiting,
    ):
        assert leading.take(silent)
        waiting.execute("UPDATE process.lease SET heartbeat_at = clock_timestamp() + interval '1 hour'")
        assert not standby.take(waiting)
        standby._since -= leases.HEARTBEAT_SECONDS
        assert not standby.take(waiting)
        with pytest.raises(psycopg.OperationalError):
            silent.execute("SELECT 1")
        assert standby.take(waiting)
