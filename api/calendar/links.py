"""Where the pages of calendars are."""

from __future__ import annotations

from urllib.parse import quote

CALENDARS = "/admin/calendars"
YEARS, PREVIEW = "/supervision/calendars", "/supervision/calendars/preview"


def calendar_path(name: str) -> str:
    """The path of the page of a calendar."""
    return f"{CALENDARS}/{quote(name, safe='')}"
