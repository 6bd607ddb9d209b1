"""Batches that overlap: what was folded ahead is never ahead of what is written; what is there twice is put right."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.examples.story import STORY
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector import batch as view_batches
from infrastructure.projector import catch_up as following
from infrastructure.projector import projector
from infrastructure.projector import workers as fill_processes
from infrastructure.projector.catch_up import ViewFollower
from infrastructure.projector.positions import Views
from infrastructure.projector.rebuild import rebuild
from infrastructure.projector.tables import settle
from tests.effort import PATIENCE_SECONDS
from tests.infrastructure.projector.running import require_lead
from tests.infrastructure.projector.test_projector import project_all

SMALL = 5  # entries a batch
PROJECTS = 4
LATER = 12  # tables settled: that is in another batch than the first


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


class CutError(Exception):
    """An error that no code expects."""


async def send_story(approvals: Approvals, steps: slice = slice(SMALL * 4), project: UUID | None = None) -> UUID:
    """The beginning of the story: a few small batches."""
    project = project or uuid4()
    for step in STORY[steps]:
        await approvals.handle(project, step.dated, step.by, uuid4())
    return project


async def require_views_follow(approvals: Approvals, url: str) -> None:
    head = await approvals.store.head()
    assert {(view.position, view.error) for view in await Views(approvals.store).positions()} == {(head, None)}
    assert rebuild(url, swap=False).differences == ()


async def test_a_batch_that_is_not_written_is_folded_again_with_what_came_after(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH_ENTRIES_MAX", SMALL)
    settled = 0

    def settle_or_stumble(*args: Any) -> None:
        nonlocal settled
        settled += 1
        if settled == LATER:
            raise CutError
        settle(*args)

    monkeypatch.setattr(view_batches, "settle", settle_or_stumble)
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        assert settled > LATER
        await require_views_follow(approvals, database_url)


async def test_the_next_batch_is_folded_while_the_one_before_is_written(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH_ENTRIES_MAX", SMALL)
    fold, write, folded_after = ViewFollower._folded, view_batches.write, list[int]()
    both = threading.Barrier(2)  # one folds ahead, one writes: neither goes on alone

    def fold_beside(self: ViewFollower, connection: Any, views: Any, seq: int, limit: int) -> Any:
        if seq == SMALL:
            both.wait(PATIENCE_SECONDS)
        folded_after.append(seq)
        return fold(self, connection, views, seq, limit)

    def write_beside(connection: Any, batch: view_batches.ViewBatch) -> None:
        if batch.last == SMALL:
            both.wait(PATIENCE_SECONDS)
        write(connection, batch)

    monkeypatch.setattr(ViewFollower, "_folded", fold_beside)
    monkeypatch.setattr(following, "write", write_beside)
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        assert folded_after[:3] == [0, SMALL, 2 * SMALL]
        await require_views_follow(approvals, database_url)


async def test_where_every_connection_is_taken_one_is_enough(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("too many clients already")

    monkeypatch.setattr(following, "BATCH_ENTRIES_MAX", SMALL)
    leading = projector.Projector(database_url)
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        with psycopg.connect(database_url, autocommit=True) as connection, monkeypatch.context() as patch:
            patch.setattr(psycopg, "connect", refuse)
            require_lead(leading, connection)
            while leading.step(connection):
                pass
        await require_views_follow(approvals, database_url)


@pytest.mark.parametrize("few", [0, following.FEW_ROWS_MAX])
async def test_rows_that_are_there_though_they_should_not_are_put_right(
    database_url: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(following, "FEW_ROWS_MAX", few)
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        with psycopg.connect(database_url) as connection:
            assert connection.execute("UPDATE views.access_item SET department = 'none'").rowcount
            connection.execute("UPDATE views.position SET seq = 0 WHERE view = 'access'")  # it has rows, and no sums
        project_all(database_url)
        await require_views_follow(approvals, database_url)


@pytest.mark.long
@pytest.mark.parametrize("dies", [False, True])
async def test_views_that_are_far_behind_are_folded_by_several_processes(
    database_url: str, monkeypatch: pytest.MonkeyPatch, *, dies: bool
) -> None:
    async with Approvals(database_url) as approvals:
        projects = [await send_story(approvals, slice(SMALL)) for _ in range(PROJECTS)]
        project_all(database_url)
        for project in projects:
            await send_story(approvals, slice(SMALL, SMALL * 2), project)
        await send_story(approvals)
        head = await approvals.store.head()
        monkeypatch.setattr(projector, "BATCH_ENTRIES_MAX", head // 3)
        monkeypatch.setattr(projector, "processes_for", lambda _, entries: min(2, max(1, entries)))
        if dies:
            dying = [sys.executable, "-c", "raise SystemExit(3)"]
            monkeypatch.setattr(
                fill_processes,
                "_started",
                lambda: subprocess.Popen(dying, stdin=subprocess.PIPE, stdout=subprocess.PIPE),
            )
        alone = ViewFollower.step
        steps: list[int] = []

        def step(self: ViewFollower, *args: Any) -> int:
            steps.append(alone(self, *args))
            return steps[-1]

        monkeypatch.setattr(ViewFollower, "step", step)
        project_all(database_url)

        assert (steps == [0]) is not dies
        await require_views_follow(approvals, database_url)
