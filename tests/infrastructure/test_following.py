"""Batches that overlap: what was folded ahead is never ahead of what is written; what is there twice is put right."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.examples import STORY
from infrastructure import following
from infrastructure.approvals import Approvals
from infrastructure.rebuild import rebuild
from infrastructure.view_tables import settle
from infrastructure.views import Views
from tests.infrastructure.test_projector import project_all

SMALL = 5  # entries a batch
PATIENCE_SECONDS = 30
LATER = 12  # tables settled: that is in another batch than the first


class CutError(Exception):
    """What nobody expects."""


async def tell(approvals: Approvals) -> None:
    """The beginning of the story: a few small batches."""
    project = uuid4()
    for step in STORY[: SMALL * 4]:
        await approvals.handle(project, step.dated, step.by, uuid4())


async def require_views_follow(approvals: Approvals, url: str) -> None:
    head = await approvals.store.head()
    assert {(one.position, one.error) for one in await Views(approvals.store).positions()} == {(head, None)}
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

    monkeypatch.setattr(following, "settle", settle_or_stumble)
    async with Approvals(database_url) as approvals:
        await tell(approvals)
        project_all(database_url)
        assert settled > LATER
        await require_views_follow(approvals, database_url)


async def test_the_next_batch_is_folded_while_the_one_before_is_written(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH_ENTRIES_MAX", SMALL)
    fold, write, folded_after = following.Following._folded, following._write, list[int]()
    both = threading.Barrier(2)  # one folds ahead, one writes: neither goes on alone

    def fold_beside(self: following.Following, connection: Any, views: Any, seq: int, limit: int) -> Any:
        if seq == SMALL:
            both.wait(PATIENCE_SECONDS)
        folded_after.append(seq)
        return fold(self, connection, views, seq, limit)

    def write_beside(connection: Any, batch: following.Batch) -> None:
        if batch.last == SMALL:
            both.wait(PATIENCE_SECONDS)
        write(connection, batch)

    monkeypatch.setattr(following.Following, "_folded", fold_beside)
    monkeypatch.setattr(following, "_write", write_beside)
    async with Approvals(database_url) as approvals:
        await tell(approvals)
        project_all(database_url)
        assert folded_after[:3] == [0, SMALL, 2 * SMALL]
        await require_views_follow(approvals, database_url)


async def test_rows_that_are_there_though_they_should_not_are_put_right(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await tell(approvals)
        project_all(database_url)
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE views.item SET stage = 'delivered'")
            connection.execute("UPDATE views.position SET seq = 0 WHERE view = 'progress'")
        project_all(database_url)
        await require_views_follow(approvals, database_url)
