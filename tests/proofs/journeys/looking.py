"""What the simulated zone's pages look like: how long projects are on a screen, and what pages are on paper."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.pages.conftest import DESKTOP
from tests.pages.paper import faults_on_paper
from tests.proofs.journeys.ground import AUDITOR, BUREAU, LEADER, Ground, today
from tests.proofs.journeys.visitor import Manner, Visitor

SCREENS_MAX = 3  # of a project's page, 1280 pixels wide
HEIGHT = "() => document.documentElement.scrollHeight"
ITEMS_MIN = 20  # of a simulated project; those that journeys plant are shorter
PROJECTS_SEEN = 500
OF_LEADER = ("/", "/pages/progress", "/pages/progress?view=matrix", "/pages/progress?view=gantt")
OF_BUREAU = ("/supervision", "/pages/supervision/cards", "/pages/supervision/decisions")  # of the year so far
LISTS_OF_BUREAU = ("/supervision/orders", "/supervision/complaints", "/pages/supervision/clocks?awaited=true")


def projects_take_three_screens(ground: Ground, manner: Manner) -> str:
    """The page of every simulated project of twenty items or more is at most three screens high."""
    heights = dict[str, float]()
    with ground.visit(LEADER, manner) as visitor:
        for project in simulated(visitor):
            open_page(visitor, f"/pages/projects/{project['project']}")
            heights[project["name"]] = visitor.page.evaluate(HEIGHT) / DESKTOP["height"]
        visitor.require(heights, "the zone has simulated projects of twenty items or more")
        longer = {name: screens for name, screens in heights.items() if screens > SCREENS_MAX}
        visitor.require(not longer, f"projects take more than {SCREENS_MAX} screens: {longer}")
    return f"{len(heights)} projects of twenty items or more, of {max(heights.values()):.1f} screens at most"


def pages_are_printed(ground: Ground, manner: Manner) -> str:
    """Printed without backgrounds, pages keep their states, and each sheet says of when and of which question it is."""
    count = 0
    with ground.visit(LEADER, manner) as visitor:
        project = next(row for row in simulated(visitor) if row["items_open"])
        address = f"/pages/projects/{project['project']}"
        open_page(visitor, address)
        item = visitor.page.locator(f"a[href^='{address}/items/']").first.get_attribute("href") or ""
        for path in (*OF_LEADER, address, item):
            count += require_printed(visitor, path)
    with ground.visit(BUREAU, manner) as visitor:
        year = f"first={today().year}-01-01&last={today()}"
        for path in (*(f"{path}?{year}" for path in OF_BUREAU), *LISTS_OF_BUREAU):
            count += require_printed(visitor, path)
    with ground.visit(AUDITOR, manner) as visitor:
        count += require_printed(visitor, f"/audit/projects/{project['project']}")
    return f"{count} pages on paper"


def simulated(visitor: Visitor) -> list[dict[str, Any]]:
    """The simulated projects of twenty items or more, last changed first."""
    page: Page = visitor.page
    answer = page.request.get(f"/v1/progress?limit={PROJECTS_SEEN}")
    visitor.require(answer.ok, f"the progress table is answered, not {answer.status}")
    rows: list[dict[str, Any]] = answer.json()["projects"]
    return [row for row in rows if row["items_total"] >= ITEMS_MIN and row["kind"]]


def open_page(visitor: Visitor, path: str) -> None:
    """Go to the page at *path*, which has to be there. Raises RefutedError."""
    answer = visitor.page.goto(path)
    visitor.require(answer and answer.ok, f"{path} is answered, not {answer and answer.status}")


def require_printed(visitor: Visitor, path: str) -> int:
    """Print the page at *path*; 1, for the count of pages. Raises RefutedError."""
    open_page(visitor, path)
    faults = [*faults_on_paper(visitor.page)]
    visitor.require(not faults, f"{path} keeps its meaning on paper: {faults}")
    return 1
