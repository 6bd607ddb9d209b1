"""In a real browser: an edition of a catalogue is published after its effect was seen; flows and calendars are read."""

from __future__ import annotations

from collections.abc import Iterator
from socket import socket

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import PAGES
from domain.examples.zone import FLOW_NAME, HEAD, ZONE_NAME
from infrastructure.ledger.approvals import Approvals
from tests.accessibility import barriers
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.effort import chosen
from tests.example_zone import AFTER_THE_STORIES, tell_example_zone
from tests.infrastructure.projector.test_projector import project_all
from tests.pages.conftest import DESKTOP, LANGUAGES, LOOKED_AT_PHONES, PHONE, page_of
from tests.pages.test_in_a_browser import SIDEWAYS, STORED

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(program: str, server_url: str, projected_template: str, listening: socket) -> Iterator[str]:
    """A zone of its own, as these tests write into it."""
    assert program
    with database_in(server_url, projected_template) as url:
        finish(_tell(url))
        project_all(url)
        with served(url, PAGES, lambda: AFTER_THE_STORIES, listening=listening) as address:
            yield address


async def _tell(url: str) -> None:
    hands = [AFTER_THE_STORIES]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await tell_example_zone(approvals, hands)


def require_readable(page: Page) -> None:
    """No barrier and no stored value on a desktop and on a phone, which scrolls in one direction alone."""
    assert barriers(page) == []
    assert STORED.findall(page.inner_text("main")) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(SIDEWAYS) <= PHONE["width"]
    for _ in LOOKED_AT_PHONES:
        assert barriers(page) == []
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize(("scripts", "days"), chosen([(True, "5")], [(True, "5"), (False, "6")]))
def test_an_edition_is_published_after_its_effect_was_seen(
    browser: Browser, site: str, scripts: bool, days: str
) -> None:
    with page_of(browser, site, HEAD, scripts=scripts) as page:
        page.goto("/admin/catalogues")
        page.get_by_role("link", name="示例开发区").click()
        page.locator("tbody").get_by_role("link", name="建设用地规划许可").click()
        page.locator("summary", has_text="修改事项").click()
        change = page.get_by_role("form", name="修改事项")
        change.get_by_label("承诺时限（日）").fill("99")
        change.get_by_label("同时发布新版，施行日期").fill("2026-04-01")
        change.get_by_role("button", name="核对影响").click()
        expect(page.get_by_role("alert")).to_contain_text("承诺时限不得长于法定时限")
        expect(page.get_by_label("施行日期")).to_have_value("2026-04-01")
        page.get_by_label("承诺时限（日）").fill(days)
        page.get_by_role("button", name="核对影响").click()
        expect(page.locator("#effect + ul")).to_contain_text("自 2026-04-01 起施行")
        expect(page.locator("section:has(#impact) tbody")).to_contain_text("建设用地规划许可")
        if scripts:
            require_readable(page)
        page.get_by_role("button", name="修改事项并发布").click()
        expect(page.locator("p.alert[role=status]")).to_contain_text("已记入台账")
        expect(page.locator("main tbody").first).to_contain_text("2026-04-01")


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_reference_data_is_readable_in_both_languages(browser: Browser, site: str, lang: str) -> None:
    with page_of(browser, site, HEAD) as page:
        for path in (f"catalogues/{ZONE_NAME}", f"flows/{FLOW_NAME}", "calendars/CN-GX"):
            page.goto(f"/admin/{path}?lang={lang}")
            require_readable(page)
