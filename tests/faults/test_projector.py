"""The projector goes on by itself over cut connections, restarted databases, killed leaders; no row is there twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import pytest_asyncio

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.migrate import migrate
from infrastructure.projector import batch as view_batches
from infrastructure.projector import catch_up as following
from infrastructure.projector.projector import Projector
from infrastructure.projector.tables import BATCH_KEY, settle
from tests.conftest import reachable_folder
from tests.effort import PATIENCE_SECONDS, chosen
from tests.faults.ledgers import require_views_follow, views_at
from tests.faults.processes import (
    cut_connections,
    kill,
    kill_database,
    leader,
    named,
    processes,
    project,
    wait_until,
    waiting_for_locks,
)

PROJECTORS = chosen(3, 6)
KILLS = chosen(1, 3)


@pytest.fixture(autouse=True)
def _tries_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it pauses after a blow is not in question here; by default a second, and there are many blows."""
    monkeypatch.setattr("infrastructure.projector.projector.POLL_SECONDS", 0.05)


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


@contextmanager
def running(projector: Projector) -> Iterator[Projector]:
    thread = threading.Thread(target=projector.run, daemon=True)
    thread.start()
    try:
        yield projector
        assert thread.is_alive(), "the projector gave up"
    finally:
        projector.stop()
        thread.join(PATIENCE_SECONDS)


async def send_story(approvals: Approvals, steps: slice = slice(None), project_id: UUID | None = None) -> UUID:
    project_id = project_id or uuid4()
    for step in STORY[steps]:
        await approvals.handle(project_id, step.dated, step.by, uuid4())
    return project_id


async def require_all_projected(approvals: Approvals, url: str) -> None:
    await asyncio.to_thread(require_views_follow, url, await approvals.store.head())


def wait_to_pass(url: str, position: int) -> None:
    wait_until(lambda: min(views_at(url), default=0) > position, f"the views pass position {position}")


@pytest.mark.long
@pytest.mark.parametrize("nth", chosen([2], [1, 2]))
async def test_a_batch_that_is_cut_is_taken_again_whole(
    approvals: Approvals, database_url: str, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Also a later batch: then there are states in memory that must not be ahead of their rows."""
    until_cut = 0

    def settle_and_be_cut(connection: psycopg.Connection[Any], *args: Any) -> None:
        nonlocal until_cut
        until_cut -= 1
        if until_cut == 0:
            cut_connections(database_url)
        settle(connection, *args)

    monkeypatch.setattr("infrastructure.projector.batch.settle", settle_and_be_cut)
    story = uuid4()
    with running(Projector(database_url)):
        for steps in (slice(15), slice(15, 30), slice(30, None)):
            until_cut = nth
            await send_story(approvals, steps, story)
            await require_all_projected(approvals, database_url)
            assert until_cut < 0


async def test_a_batch_whose_commit_is_not_answered_is_not_taken_twice(
    approvals: Approvals, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = view_batches.write
    cuts: list[psycopg.Connection[Any]] = []

    def write_and_lose(connection: psycopg.Connection[Any], *args: Any) -> None:
        write(connection, *args)
        if not cuts:
            cuts.append(connection)
            raise psycopg.OperationalError("the answer to COMMIT never came")

    monkeypatch.setattr(following, "write", write_and_lose)
    with running(Projector(database_url)):
        await send_story(approvals)
        await require_all_projected(approvals, database_url)
    assert cuts


async def test_cut_while_it_waits_it_leads_again(approvals: Approvals, database_url: str) -> None:
    with running(Projector(named(database_url, "waiting"))):
        story = await send_story(approvals, slice(20))
        await require_all_projected(approvals, database_url)
        for _ in range(2):
            # It may still be about to say that it has nothing to do.
            await asyncio.to_thread(
                wait_until, lambda: cut_connections(database_url, "%pg_advisory_unlock_shared%") == 1, "it is cut"
            )
            await asyncio.to_thread(wait_until, lambda: leader(database_url) == "waiting", "it leads again")
        await send_story(approvals, slice(20, None), story)
        await require_all_projected(approvals, database_url)


async def test_a_projector_that_is_there_before_the_tables_waits_for_them(empty_database_url: str) -> None:
    with running(Projector(empty_database_url)):
        await asyncio.sleep(0.2)
        migrate(empty_database_url)
        async with Approvals(empty_database_url) as approvals:
            await send_story(approvals)
            await require_all_projected(approvals, empty_database_url)


async def test_a_new_leader_waits_for_a_rebuild_that_is_under_way(database_url: str) -> None:
    projector = Projector(database_url)
    with psycopg.connect(database_url) as rebuilding:
        rebuilding.execute("SELECT pg_advisory_lock(%s)", [BATCH_KEY])
        with running(projector):
            await asyncio.to_thread(wait_until, lambda: waiting_for_locks(database_url) == 1, "the leader waits")
            assert not rebuilding.execute("SELECT FROM views.position").fetchall()
            rebuilding.execute("SELECT pg_advisory_unlock(%s)", [BATCH_KEY])
            await asyncio.to_thread(wait_until, lambda: views_at(database_url) == {0}, "the leader begins")


@pytest.fixture(scope="module")
def mortal() -> Iterator[EmbeddedPostgres]:
    """A server that may be stopped and killed, without the cost of durability."""
    with reachable_folder() as folder:
        server = EmbeddedPostgres(folder / "data", throw_away=True)
        server.start()
        yield server


def restart(server: EmbeddedPostgres) -> None:
    server.stop()
    server.start()


def kill_and_start(server: EmbeddedPostgres) -> None:
    kill_database(server.data)
    server.start()


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("strike", chosen([kill_and_start], [restart, kill_and_start]))
async def test_a_database_that_comes_back_is_followed(
    mortal: EmbeddedPostgres, strike: Callable[[EmbeddedPostgres], None]
) -> None:
    url = mortal.url()
    migrate(url)
    async with Approvals(url) as approvals:
        with running(Projector(url)):
            story = await send_story(approvals, slice(20))
            await require_all_projected(approvals, url)
            await asyncio.to_thread(strike, mortal)
            await send_story(approvals, slice(20, None), story)
            await require_all_projected(approvals, url)


@pytest.mark.slow
async def test_when_the_leader_is_killed_another_goes_on(approvals: Approvals, database_url: str) -> None:
    async def send_stories() -> None:
        while True:
            await send_story(approvals)

    stories = asyncio.create_task(send_stories())
    with processes() as started:
        standing = {
            f"projector-{n}": started.start(project, named(database_url, f"projector-{n}")) for n in range(PROJECTORS)
        }
        for _ in range(KILLS):
            await asyncio.to_thread(wait_to_pass, database_url, await approvals.store.head())
            killed = leader(database_url)
            assert killed
            kill(standing.pop(killed))
        await asyncio.to_thread(wait_until, lambda: leader(database_url) in standing, "another leads")
        stories.cancel()
        await asyncio.gather(stories, return_exceptions=True)
        await send_story(approvals, slice(1))  # answered after whatever the cancelled one still had on its way
        await require_all_projected(approvals, database_url)
        assert all(process.is_alive() for process in standing.values())
