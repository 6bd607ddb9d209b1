"""A window on a small zone: one case in each state, and the story of the examples, with their numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from litestar import Litestar

from api.app import PAGES
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.window.query_codes import QueryCodes
from tests.api.conftest import Pages
from tests.api.window.visits import CaseOf, Window
from tests.effort import PATIENCE_SECONDS
from tests.law.questions import at
from tests.projections.zone import tell_zone

NUMBERS = "SELECT project, item, case_number FROM views.case_number ORDER BY application DESC"


@pytest_asyncio.fixture(scope="module")
async def clock() -> list[datetime]:
    """The hands of the window's clock, which a test may move."""
    return [at("03-01")]


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, clock: list[datetime], projector: Projector) -> AsyncIterator[Approvals]:
    """The zone, projected, on the evening of 20 May; pages wait for the projector."""
    async with Approvals(shared_database_url, clock=lambda: clock[0]) as opened:
        await tell_zone(opened, clock)
        clock[0] = at("05-20 18:00")
        await Views(opened.store).catch_up(await opened.store.head(), PATIENCE_SECONDS)
        yield opened


@pytest.fixture(scope="module")
def case_of(approvals: Approvals, shared_database_url: str) -> CaseOf:
    """The number of a case, by project and item."""
    with psycopg.connect(shared_database_url) as connection:
        numbers = {(project, item): number for project, item, number in connection.execute(NUMBERS).fetchall()}

    def of(project: UUID, item: str) -> str:
        return str(numbers[project, item])

    return of


@pytest.fixture
def window(app: Litestar) -> Window:
    """A browser of its own at the window, with an address of its own."""
    return Window(app, QueryCodes.of_this_server())


@pytest.fixture(scope="module")
def pages() -> Pages:
    return PAGES
