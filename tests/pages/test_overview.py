"""The overview in a real browser: a stuck project in two clicks, one screen, without scripts, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from socket import socket

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from api.app import PAGES
from tests.accessibility import barriers
from tests.api.served import served
from tests.effort import chosen
from tests.examples import LEADER
from tests.pages.busy_desk import LOOKED_AT, STUCK, busy_project, busy_zone
from tests.pages.conftest import DESKTOP, LANGUAGES, LOOKED_AT_PHONES, PHONE, WIDE, page_of
from tests.pages.test_in_a_browser import SIDEWAYS, STORED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(program: str, server_url: str, projected_template: str, listening: socket) -> Iterator[str]:
    """A zone in which one project of fourteen is stuck."""
    assert program
    with (
        busy_zone(server_url, projected_template) as url,
        served(url, PAGES, lambda: LOOKED_AT, listening=listening) as address,
    ):
        yield address


@pytest.mark.parametrize("scripts", chosen([False], [True, False]))
def test_a_leader_reaches_what_holds_a_stuck_project_in_two_clicks(browser: Browser, site: str, scripts: bool) -> None:
    with page_of(browser, site, LEADER, WIDE, scripts=scripts) as page:
        page.goto("/")
        row = page.locator("ol.todo li").first
        expect(row).to_contain_text("不予受理，企业未重新申请")
        row.get_by_role("link", name="查看").click()
        page.wait_for_url(f"**/pages/projects/{busy_project(STUCK)}*")
        page.get_by_role("link", name="用地批准").first.click()
        page.wait_for_url("**/items/land*")
        expect(page.locator("main")).to_contain_text("不属于本机关职权范围")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_first_screen_says_what_is_stuck_on_whom_and_how_many_follow(page: Page, viewport: ViewportSize) -> None:
    page.set_viewport_size(viewport)
    page.goto("/")
    row = page.locator("ol.todo li").first
    for part in (row.locator("div > a"), row.locator(".who"), row.locator("p")):
        expect(part).to_be_in_viewport(ratio=1)
    expect(row.locator(".who")).to_have_text("申请人")
    expect(row.locator("p")).to_contain_text("后面还有 1 项")
    assert page.evaluate(SIDEWAYS) <= viewport["width"]


def test_all_of_it_is_one_screen(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/")
    for part in ("#attention", ".sparks a >> nth=3", "#steps", "section.steps tbody tr >> nth=3", "#heat"):
        expect(page.locator(part)).to_be_in_viewport(ratio=1)


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_have_no_barriers_and_no_stored_values(page: Page, lang: str) -> None:
    for path in chosen(("/",), ("/", "/pages/cases?step=acceptance")):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert barriers(page) == []
        assert STORED.findall(page.inner_text("main")) == []
        page.set_viewport_size(PHONE)
        assert page.evaluate(SIDEWAYS) <= PHONE["width"]
        for _ in LOOKED_AT_PHONES:
            assert barriers(page) == []


def test_numbers_lead_to_their_lists(page: Page) -> None:
    page.goto("/")
    page.locator(".sparks a.stuck").click()
    expect(page.locator("tbody tr th")).to_have_count(1)
    page.goto("/")
    page.locator("section.steps tbody tr").first.get_by_role("link").first.click()
    expect(page.locator("tbody tr")).to_have_count(13)
