"""Histories follow the ledger beside the views: in whatever batches, they become what a rebuild makes of the ledger."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
import pytest

from domain.project.application.correction import AmendEntry, RetractEntry
from domain.project.application.note import NoteStep
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector import catch_up
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.histories import HISTORIES
from tests.effort import chosen
from tests.examples import BUREAU, LAND
from tests.infrastructure.projector.test_projector import project_all, send_story
from tests.law.questions import at

STORIES = chosen(2, 3)
BATCHES = chosen([7], [7, catch_up.BATCH_ENTRIES_MAX])  # entries: many small batches, or one for all


@pytest.fixture
def database_url(projected_database_url: str) -> str:
    """A fresh database with empty views."""
    return projected_database_url


async def send_with_hindsight(approvals: Approvals) -> UUID:
    """A story, and what is learned of it later: a note keyed in late, a date amended, and the amendment retracted."""
    project = await send_story(approvals)
    await approvals.handle(project, NoteStep(activity="site visit", occurred_at=at("03-04 09:00")), LAND, uuid4())
    amend = AmendEntry(version=2, new_occurred_at=at("03-02 08:00"), reasons="as the receipt says")
    amended = await approvals.handle(project, amend, BUREAU, uuid4())
    await approvals.handle(project, NoteStep(activity="another visit"), LAND, uuid4())
    retract = RetractEntry(version=amended.receipt.version, reasons="the receipt was of another project")
    await approvals.handle(project, retract, BUREAU, uuid4())
    return project


@pytest.mark.long
@pytest.mark.parametrize("batch", BATCHES)
async def test_histories_that_follow_are_those_that_are_rebuilt(
    database_url: str, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(catch_up, "BATCH_ENTRIES_MAX", batch)
    historian = Projector(database_url, HISTORIES)
    async with Approvals(database_url) as approvals:
        for _ in range(STORIES):
            await send_with_hindsight(approvals)
            project_all(database_url, historian)

    alone, together = (rebuild(database_url, HISTORIES, swap=False, processes=number) for number in (1, 2))

    assert alone.differences == together.differences == ()
    assert alone.rows == together.rows > 0


async def test_no_query_of_current_rows_waits_for_histories(database_url: str) -> None:
    async with Approvals(database_url) as approvals:
        await send_story(approvals)
        project_all(database_url)
        views = Views(approvals.store)
        assert await views.reached() == await approvals.store.head()
        project_all(database_url, Projector(database_url, HISTORIES))
        await send_story(approvals)
        project_all(database_url)
        assert await views.reached() == await approvals.store.head()

    with psycopg.connect(database_url) as connection:
        behind = connection.execute("SELECT count(*) FROM views.position, ledger.head WHERE position.seq < head.seq")
        assert behind.fetchone() == (len(HISTORIES),)
