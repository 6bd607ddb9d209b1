"""Tabs that are used again: a new one starts a process, fills a cache and reads every script as if for the first time.

To open a page in it takes twice the time. What a reader left behind is cleared away before the next one comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, Page, ViewportSize

from domain.core.ledger import Actor
from tests.api.client import identity

# Between two readers a tab stays at the site, whose policy of openers would have each of them in a new process.
BETWEEN = "/healthz"
CLEAR = "() => { localStorage.clear(); sessionStorage.clear(); }"


class Window(NamedTuple):
    """What can't be changed once a window is open."""

    site: str
    scripts: bool
    locale: str


class Tabs:
    """The tabs of one browser, each in a window of its own, and those of them that nobody looks at."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[Window, list[Page]] = {}

    @contextmanager
    def lent(self, window: Window, by: Actor | None, viewport: ViewportSize) -> Iterator[Page]:
        """A tab in which *by*, or nobody in particular, reads and acts; one in which a test failed is closed."""
        free = self._free.setdefault(window, [])
        page = free.pop() if free else self._opened(window)
        page.context.set_extra_http_headers(identity(by) if by else {})
        page.set_viewport_size(viewport)
        try:
            yield page
        except BaseException:
            page.context.close()
            raise
        _clear(page)
        free.append(page)

    def _opened(self, window: Window) -> Page:
        context = self._browser.new_context(
            base_url=window.site, java_script_enabled=window.scripts, locale=window.locale
        )
        return context.new_page()


def _clear(page: Page) -> None:
    """Leave nothing of what was read and done in *page*: other tabs, cookies, storage, media."""
    for other in page.context.pages:
        if other is not page:
            other.close()
    page.unroute_all()
    if page.url.startswith("http"):
        page.evaluate(CLEAR)
    page.goto(BETWEEN)
    page.context.clear_cookies()
    page.emulate_media(media="null", color_scheme="null")


_tabs: WeakKeyDictionary[Browser, Tabs] = WeakKeyDictionary()


def tabs_of(browser: Browser) -> Tabs:
    """Those of *browser*."""
    return _tabs.setdefault(browser, Tabs(browser))
