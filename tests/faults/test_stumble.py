"""A view that cannot fold a fact stops alone, whichever it is, and goes on where it stopped once it is mended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.examples.story import STORY
from domain.messages import Entry
from domain.project.state.project import Project
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.projector import Projector
from infrastructure.projector.rebuild import rebuild
from projections.registry import VIEWS
from projections.view import EVERY_FACT, SCHEMA, Facts, View, kind_followed
from tests.conftest import database_in, name_of
from tests.effort import chosen, long_unless
from tests.faults.processes import wait_until

STUMBLES_AT = 5
OF_PROJECTS = [nth for nth, view in enumerate(VIEWS) if kind_followed(view) is None]  # the story has no other entries
STUMBLED = chosen(OF_PROJECTS[::4], OF_PROJECTS)
BEGUN, WHOLE = 15, len(STORY)  # in single steps the whole story takes seconds, and each is like the one before
BATCHES = chosen([(1, BEGUN), (7, WHOLE)], [(1, BEGUN), (7, WHOLE), (5000, WHOLE)])


class Stumbling:
    """Another view, which has no idea what to make of one position of the ledger."""

    follows: Facts = EVERY_FACT

    def __init__(self, view: View[Any]) -> None:
        self.name, self.version, self.tables = view.name, view.version, view.tables
        self.start, self.rows, self._fold = view.start, view.rows, view.fold

    def fold(self, state: Any, entry: Entry, project: Project) -> None:
        if entry.position == STUMBLES_AT:
            raise ValueError("no idea what this is")
        self._fold(state, entry, project)


def project_all(url: str, views: tuple[View[Any], ...]) -> dict[str, tuple[int, str | None]]:
    """The position of every view at the end of the ledger, and why it stopped."""
    projector = Projector(url, views)
    with psycopg.connect(url, autocommit=True) as connection:
        wait_until(lambda: projector.take_lead(connection), "the leader before has hung up")
        while projector.step(connection):
            pass
        rows = connection.execute("SELECT view, seq, error FROM views.position").fetchall()
    return {view: (seq, error) for view, seq, error in rows}


class FilledLedger(NamedTuple):
    """A ledger, by the name of a database to be copied; where it ends, and the rows of its views."""

    database: str
    head: int
    rows: dict[str, list[str]]


@pytest.fixture(scope="module")
def ledgers(server_url: str, migrated_template: str) -> Iterator[dict[int, FilledLedger]]:
    """Ledgers by how many steps of the story they hold."""
    with database_in(server_url, migrated_template) as begun, database_in(server_url, migrated_template) as whole:
        yield {steps: fill_ledger(server_url, url, steps) for steps, url in ((BEGUN, begun), (WHOLE, whole))}


def fill_ledger(server_url: str, url: str, steps: int) -> FilledLedger:
    """The first *steps* of the story in the database at *url*; what the views are is seen in a copy."""
    asyncio.run(send_story(url, steps))
    with database_in(server_url, name_of(url)) as copy:
        ((head, error),) = set(project_all(copy, VIEWS).values())
        assert error is None
        assert rebuild(copy, swap=False).differences == ()
        return FilledLedger(name_of(url), head, rows_in(copy))


async def send_story(url: str, steps: int) -> None:
    story = uuid4()
    async with Approvals(url) as approvals:
        for step in STORY[:steps]:
            await approvals.handle(story, step.dated, step.by, uuid4())


def rows_in(url: str) -> dict[str, list[str]]:
    """Every row of every view."""
    rows_by_table = {}
    with psycopg.connect(url) as connection:
        for table in (table for view in VIEWS for table in view.tables):
            rows = connection.execute(SQL("SELECT one::text FROM {} AS one").format(Identifier(SCHEMA, table.name)))
            rows_by_table[table.name] = sorted(text for (text,) in rows)
    return rows_by_table


@pytest.mark.slow
@pytest.mark.parametrize(("batch", "steps"), BATCHES)
@pytest.mark.parametrize("nth", long_unless(lambda nth: nth == OF_PROJECTS[0], STUMBLED))
def test_whichever_view_stumbles_stops_alone(
    server_url: str, ledgers: dict[int, FilledLedger], monkeypatch: pytest.MonkeyPatch, nth: int, batch: int, steps: int
) -> None:
    ledger = ledgers[steps]  # reported before the batches become small
    monkeypatch.setattr("infrastructure.projector.catch_up.BATCH_ENTRIES_MAX", batch)
    stumbling = tuple(Stumbling(view) if at == nth else view for at, view in enumerate(VIEWS))
    with database_in(server_url, ledger.database) as url:
        standing = project_all(url, stumbling)
        stopped = standing.pop(VIEWS[nth].name)
        assert stopped == (STUMBLES_AT - 1, f"position {STUMBLES_AT}: ValueError: no idea what this is")
        assert set(standing.values()) == {(ledger.head, None)}

        assert set(project_all(url, VIEWS).values()) == {(ledger.head, None)}
        assert rows_in(url) == ledger.rows
