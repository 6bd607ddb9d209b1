"""One browser and one filled server for all tests of the pages: a simulated zone and a small one told by hand."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.client import identity
from tests.api.served import served
from tests.conftest import database_in
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.places import Places, places_in
from tests.projections.zone import tell_zone

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "no Chromium on PATH: on Debian and Ubuntu, apt-get install chromium fonts-noto-cjk"
PROJECTS, SEED, UNTIL = 3, 7, date(2026, 5, 20)
LOOKED_AT = at("05-20 18:00")
WIDE: ViewportSize = {"width": 1300, "height": 900}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


@pytest.fixture(scope="session")
def program() -> str:
    """The machine's own Chromium; without one there is nothing to see, and what needs it is skipped."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(INSTALL)
    return path


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
    """One browser for a file. Playwright holds the thread's event loop while it is open, so the site comes first."""
    with sync_playwright() as playwright:
        # in a container there is often no user name space to build a sandbox of; the pages are our own
        launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        launched.close()


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
