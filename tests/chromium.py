"""A browser for tests of pages; `tests.conftest` knows where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.effort import PATIENCE_SECONDS

EXPECT_MILLISECONDS_MAX = PATIENCE_SECONDS * 1000


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """A browser of *program*. Playwright holds the thread's event loop while it is open, see `finish`."""
    expect.set_options(timeout=EXPECT_MILLISECONDS_MAX)
    with sync_playwright() as playwright:
        # In a container there is often no user name space to build a sandbox of; the pages are our own. The order of
        # the parts of a day that is typed into a field depends on the language of the browser, not of the page.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--lang=en-US"])
        yield browser
        browser.close()


def finish(work: Coroutine[Any, Any, object]) -> None:
    """Await *work* in a thread of its own: Playwright may hold the event loop of this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()
