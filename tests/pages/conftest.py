"""One browser and one filled server for all tests of the pages: a simulated zone and a small one written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.client import identity
from tests.api.served import served
from tests.chromium import launched
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.places import Places, places_in
from tests.projections.zone import tell_zone

PROJECTS, SEED, UNTIL = 3, 7, date(2026, 5, 20)
LOOKED_AT = at("05-20 18:00")
WIDE: ViewportSize = {"width": 1300, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
LANGUAGES = chosen(("zh",), ("zh", "en"))  # in which a page is looked at
LOOKED_AT_PHONES = chosen((), (PHONE,))  # beside the width of a desktop


@pytest.fixture(scope="session")
def database(program: str, server_url: str, migrated_template: str) -> Iterator[str]:
    """A database with both zones in it, and the views as far as the ledger."""
    with database_in(server_url, migrated_template) as url:
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


@pytest.fixture(scope="module")
def window(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A window at the site, whose tabs are 1,300 pixels wide."""
    with opened(browser, site) as window:
        yield window


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """A tab of its own."""
    tab = window.new_page()
    yield tab
    tab.close()


@contextmanager
def opened(
    browser: Browser, site: str, *, scripts: bool = True, by: Actor = LEADER, viewport: ViewportSize = WIDE
) -> Iterator[BrowserContext]:
    """A window at the *site*, with or without scripts, in which *by* reads and acts."""
    window = browser.new_context(
        base_url=site,
        java_script_enabled=scripts,
        viewport=viewport,
        locale="zh-CN",
        extra_http_headers=identity(by),
    )
    yield window
    window.close()


@contextmanager
def page_of(
    browser: Browser, site: str, by: Actor, viewport: ViewportSize = DESKTOP, *, scripts: bool = True
) -> Iterator[Page]:
    """A tab in a window of its own, in which *by* reads and acts."""
    with opened(browser, site, scripts=scripts, by=by, viewport=viewport) as window:
        yield window.new_page()


async def _tell(url: str) -> None:
    hands = [at("03-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await tell_zone(approvals, hands)
