"""How much paper a page takes."""

from __future__ import annotations

from playwright.sync_api import Page


def sheets(page: Page) -> int:
    """How many sheets of paper the page takes, printed without backgrounds."""
    printed = page.pdf(prefer_css_page_size=True, print_background=False)
    return printed.count(b"/Type /Page\n")
