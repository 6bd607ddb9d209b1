"""Where the pages of flows are."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from api.html.page import PageContext

FLOWS = "/admin/flows"


def flow_path(name: str) -> str:
    """The path of the page of a flow."""
    return f"{FLOWS}/{quote(name, safe='')}"


def item_link(page: PageContext, catalogue: str) -> Callable[[str], str]:
    """A function from the code of an item of *catalogue* to the address of its page."""
    return lambda item: page.link(f"/admin/catalogues/{quote(catalogue, safe='')}/item", code=item)
