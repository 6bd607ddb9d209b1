"""A view that cannot fold a fact stops alone, whichever it is, and goes on where it stopped once it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
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
from tests.conftest import database_in, name_of
from tests.faults.processes import wait_until

STUMBLES_AT = 5
BEGUN, WHOLE = 15, len(STORY)  # in single steps the whole story takes seconds, and each is like the one before


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


@pytest.fixture(scope="module")
def ledgers(server_url: str, migrated_template: str) -> Iterator[dict[int, str]]:
    """Databases to be copied, by how many steps of the story stand in their ledgers."""
    with database_in(server_url, migrated_template) as begun, database_in(server_url, migrated_template) as whole:
        databases = {BEGUN: begun, WHOLE: whole}
        for steps, url in databases.items():
            asyncio.run(tell(url, steps))
        yield {steps: name_of(url) for steps, url in databases.items()}


async def tell(url: str, steps: int) -> None:
    story = uuid4()
    async with Approvals(url) as approvals:
        for step in STORY[:steps]:
            await approvals.handle(story, step.dated, step.by, uuid4())


@pytest.mark.slow
@pytest.mark.parametrize(("batch", "steps"), [(1, BEGUN), (7, WHOLE), (5000, WHOLE)])
@pytest.mark.parametrize("nth", range(len(VIEWS)))
def test_whichever_view_stumbles_stops_alone(
    server_url: str, ledgers: dict[int, str], monkeypatch: pytest.MonkeyPatch, nth: int, batch: int, steps: int
) -> None:
    monkeypatch.setattr("infrastructure.projector.BATCH_ENTRIES_MAX", batch)
    stumbling = tuple(Stumbling(view) if at == nth else view for at, view in enumerate(VIEWS))
    with database_in(server_url, ledgers[steps]) as url:
        standing = project_all(url, stumbling)
        stopped = standing.pop(VIEWS[nth].name)
        assert stopped == (STUMBLES_AT - 1, f"position {STUMBLES_AT}: ValueError: no idea what this is")
        ((head, error),) = set(standing.values())
        assert head >= steps
        assert error is None

        assert set(project_all(url, VIEWS).values()) == {(head, None)}
        found = rebuild(url, swap=False)
        assert (found.differences, found.entries) == ((), head)
