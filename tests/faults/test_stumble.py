"""A view that cannot fold a fact stops alone, whichever it is, and goes on where it stopped once it is mended."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from domain.examples import STORY
from domain.project.state import Project
from domain.vocabulary import Entry
from infrastructure.approvals import Approvals
from infrastructure.projector import Projector
from infrastructure.rebuild import rebuild
from projections.catalogue import VIEWS
from projections.view import View
from tests.faults.processes import wait_until

STUMBLES_AT = 5


class Stumbling:
    """Another view, which has no idea what to make of one position of the ledger."""

    def __init__(self, view: View[Any]) -> None:
        self.name, self.version, self.tables = view.name, view.version, view.tables
        self.start, self.rows, self._fold = view.start, view.rows, view.fold

    def fold(self, state: Any, entry: Entry, project: Project) -> None:
        if entry.position == STUMBLES_AT:
            raise ValueError("no idea what this is")
        self._fold(state, entry, project)


def project_all(url: str, views: tuple[View[Any], ...]) -> dict[str, tuple[int, str | None]]:
    """Where every view stands at the end of the ledger, and why it stopped."""
    projector = Projector(url, views)
    with psycopg.connect(url, autocommit=True) as connection:
        wait_until(lambda: projector.take_lead(connection), "the leader before has hung up")
        while projector.step(connection):
            pass
        rows = connection.execute("SELECT view, seq, error FROM views.position").fetchall()
    return {view: (seq, error) for view, seq, error in rows}


@pytest.mark.parametrize("batch", [1, 7, 5000])
@pytest.mark.parametrize("nth", range(len(VIEWS)))
async def test_whichever_view_stumbles_stops_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch, nth: int, batch: int
) -> None:
    monkeypatch.setattr("infrastructure.projector.BATCH_ENTRIES_MAX", batch)
    stumbling = tuple(Stumbling(view) if at == nth else view for at, view in enumerate(VIEWS))
    async with Approvals(database_url) as approvals:
        story = uuid4()
        for step in STORY:
            await approvals.handle(story, step.dated, step.by, uuid4())
        head = await approvals.store.head()

    standing = project_all(database_url, stumbling)
    stopped = standing.pop(VIEWS[nth].name)
    assert stopped == (STUMBLES_AT - 1, f"position {STUMBLES_AT}: ValueError: no idea what this is")
    assert set(standing.values()) == {(head, None)}

    assert set(project_all(database_url, VIEWS).values()) == {(head, None)}
    assert rebuild(database_url, swap=False).differences == ()
