"""A browser for tests of pages; `tests.conftest` knows where it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.effort import PATIENCE_SECONDS

EXPECT_MILLISECONDS_MAX = PATIENCE_SECONDS * 1000


@contextmanager
def launched(program: str) -> Iterator[Browser]:
    """A browser of *program*. Playwright holds the thread's event loop while it is open: start servers before."""
    expect.set_options(timeout=EXPECT_MILLISECONDS_MAX)
    with sync_playwright() as playwright:
        # in a container there is often no user name space to build a sandbox of; the pages are our own
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
