"""One browser and one filled server for all tests of the pages: a simulated zone and a small one written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served
from tests.chromium import launched
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.places import Places, places_in
from tests.pages.tabs import Window, tabs_of
from tests.projections.zone import tell_zone

PROJECTS, SEED, UNTIL = 3, 7, date(2026, 5, 20)
LOOKED_AT = at("05-20 18:00")
WIDE: ViewportSize = {"width": 1300, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
LANGUAGES = chosen(("zh",), ("zh", "en"))  # in which a page is looked at
LOOKED_AT_PHONES = chosen((), (PHONE,))  # beside the width of a desktop
NTH_SEEN_IN_THE_DARK = chosen(4, 1)  # of the pages: they share the colours


@pytest.fixture(scope="session")
def database(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """A database with both zones in it, and the views as far as the ledger."""
    with database_in(server_url, projected_template) as url:
        asyncio.run(simulate(url, SimulationPlan(PROJECTS, SEED, UNTIL, processes=1), lambda _done, _all: None))
        asyncio.run(_tell(url))
        project_all(url)
        yield url


@pytest.fixture(scope="session")
def site(database: str) -> Iterator[str]:
    """The address of the server, at which it is always the same evening."""
    with served(database, PAGES, lambda: LOOKED_AT) as address:
        yield address


@pytest.fixture(scope="session")
def places(database: str) -> Places:
    """Where the pages are."""
    return places_in(database)


@pytest.fixture(scope="module")
def browser(program: str, site: str) -> Iterator[Browser]:
    """One browser for a file; the site comes first."""
    with launched(program) as running:
        yield running


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A tab 1,300 pixels wide, in which a leader reads."""
    with page_of(browser, site, LEADER, WIDE) as page:
        yield page


@contextmanager
def page_of(
    browser: Browser,
    site: str,
    by: Actor | None,
    viewport: ViewportSize = DESKTOP,
    *,
    scripts: bool = True,
    locale: str = "zh-CN",
) -> Iterator[Page]:
    """A tab at the *site*, with or without scripts, in which *by* reads and acts."""
    with tabs_of(browser).lent(Window(site, scripts, locale), by, viewport) as page:
        yield page


async def _tell(url: str) -> None:
    hands = [at("03-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await tell_zone(approvals, hands)
