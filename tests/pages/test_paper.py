"""In a real browser: what is printed without backgrounds says all states, and of which instant and question it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from socket import socket

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from api.app import PAGES
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.effort import chosen, long_unless
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.conftest import DESKTOP, page_of
from tests.pages.paper import FOOT, faults_on_paper, is_same, texts_on_paper, without_spaces
from tests.pages.places import Places, places_in
from tests.projections.zone import record_zone

pytestmark = pytest.mark.slow
PRINTED = ("item", "progress", "board", "project", "chart")
ALSO_PRINTED = (
    "overview",
    "matrix",
    "clock",
    "paused",
    "awaiting",
    "cards",
    "card",
    "clocks",
    "information",
    "person",
    "desk",
)


@pytest.fixture(scope="module")
def database(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """A simulated zone and a small one written by hand."""
    assert program
    with database_in(server_url, projected_template) as url:
        finish(simulate(url, SimulationPlan(2, 7, date(2026, 5, 20), processes=1), lambda _done, _all: None))
        finish(record_zone(url))
        project_all(url)
        yield url


@pytest.fixture(scope="module")
def site(database: str, listening: socket) -> Iterator[str]:
    """The server, at which it is always the same evening."""
    with served(database, PAGES, lambda: at("05-20 18:00"), listening=listening) as address:
        yield address


@pytest.fixture(scope="module")
def places(database: str) -> Places:
    return places_in(database)


@pytest.mark.parametrize("name", long_unless(lambda name: name == "item", chosen(PRINTED, PRINTED + ALSO_PRINTED)))
def test_a_printed_page_keeps_its_meaning_without_backgrounds(page: Page, places: Places, name: str) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto(places.of(name, "zh"))
    assert [*faults_on_paper(page)] == []


def test_the_foot_of_a_sheet_names_the_past_instant_and_the_question(browser: Browser, site: str) -> None:
    feet = []
    for query in ("", "text=nowhere", "text=nowhere&view=matrix", "on=2026-05-01"):
        with page_of(browser, site, LEADER) as page:
            page.goto(f"/pages/progress?{query}")
            foot = FOOT.search(texts_on_paper(page)[0])
            assert foot, query
            feet.append((foot[3], foot[4]))
    assert [day for day, _ in feet] == ["2026-05-20"] * 3 + ["2026-05-01"]
    whole, nowhere, arranged, past = (digest for _, digest in feet)
    assert nowhere == arranged, "the order and the look are no part of a question"
    assert len({whole, nowhere, past}) == 3
    with page_of(browser, site, LEADER) as page:
        page.goto("/pages/progress?lang=en")
        assert "Page1/" in texts_on_paper(page)[0]


def test_what_is_lost_on_paper_would_be_seen(page: Page) -> None:
    page.goto("about:blank")
    page.set_content(
        "<style>@media print { .lost, .aside { display: none; } }</style>"
        '<main><p><span class="tag" style="display: none">x</span><span class="tag lost">超期</span>'
        '<b class="strip"><i></i></b></p>'
        '<div class="aside"><span class="tag">草稿</span></div>'
        '<ul class="legend"><li><svg width="9" height="9"><rect fill="#2a6" width="9" height="9"/></svg> 办结</li>'
        '<li><svg width="9" height="9"><rect fill="#26a64e" width="9" height="9"/></svg> 未启动</li></ul></main>'
    )
    faults = [*faults_on_paper(page)]
    assert "sheet 1 has no foot" in faults
    assert [fault for fault in faults if fault.endswith("is not on paper")] == ["超期 is not on paper"]
    assert [*faults_on_paper(page)] == faults, "what a tab printed before changes nothing"
    assert "in print 办结 looks as 未启动" in faults
    assert "1 of main .strip i are coloured alone" in faults
    assert without_spaces("第 1/2 ⻚数据截⾄ ") == "第1/2页数据截至"
    assert not is_same(Image.new("L", (9, 9), 0), Image.new("L", (9, 9), 255))
