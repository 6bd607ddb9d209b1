"""One browser and one address for all tests of the pages, and where, how wide and in which languages they look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from domain.core.ledger import Actor
from tests.api.served import listening_socket
from tests.chromium import launched
from tests.effort import chosen
from tests.examples import LEADER
from tests.pages.tabs import Window, tabs_of

WIDE: ViewportSize = {"width": 1300, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
LANGUAGES = chosen(("zh",), ("zh", "en"))  # in which a page is looked at
LOOKED_AT_PHONES = chosen((), (PHONE,))  # beside the width of a desktop
NTH_SEEN_IN_THE_DARK = chosen(4, 1)  # of the pages: they share the colours


@pytest.fixture(scope="package")
def browser(program: str) -> Iterator[Browser]:
    """One browser for the folder."""
    with launched(program) as running:
        yield running


@pytest.fixture(scope="package")
def listening() -> Iterator[socket]:
    """The one address of the servers of all files: a tab that was at one of them is used again for the next."""
    with listening_socket() as listening:
        yield listening


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
