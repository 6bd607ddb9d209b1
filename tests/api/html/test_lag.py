"""A page says what is missing on it while the views are behind the ledger, and nothing once they are not."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from infrastructure.projector.projector import Projector
from tests.api.client import REGISTER, Door
from tests.examples import LEADER

pytestmark = pytest.mark.pages

MISSING = "the latest {} entries may be missing here"


@pytest.fixture
def connection(shared_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        yield connection


async def test_a_page_says_what_is_missing_on_it(
    door: Door, shared_database_url: str, connection: psycopg.Connection
) -> None:
    projector = Projector(shared_database_url)
    assert projector.take_lead(connection)
    project = uuid4()
    await door.done(project, REGISTER)
    await door.done(project, {"command": "note_step", "activity": "x"})

    for path in ("/", "/desk", "/supervision", f"/pages/projects/{project}"):
        behind = (await door.get(path, LEADER, lang="en")).text
        assert MISSING.format(2) in behind, path
        assert "No project is registered yet" not in behind

    while projector.step(connection):
        pass
    page = (await door.get("/pages/progress", LEADER, lang="en")).text
    assert "may be missing" not in page
    assert f"/pages/projects/{project}" in page
