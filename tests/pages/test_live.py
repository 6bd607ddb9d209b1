"""Open pages in a real browser: they hear of changes, leave a reader's hands alone, and work without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from socket import socket
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.calendar import notice_counts
from tests.accessibility import barriers
from tests.api.client import identity
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS
from tests.examples import BUREAU, LAND, MANAGER
from tests.infrastructure.projector.running import projecting
from tests.pages.busy_desk import LOOKED_AT, busy_project, busy_zone
from tests.pages.conftest import page_of
from tests.pages.test_desk import errors_of

pytestmark = pytest.mark.slow
PAPER: FilePayload = {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a paper"}
NEW = ("1号泵站", "2号泵站", "3号泵站")
ITEM = {"item": "land", "name": "用地批准", "department": "land", "promise_days": 10}


@pytest.fixture(scope="module")
def site(program: str, server_url: str, projected_template: str, listening: socket) -> Iterator[str]:
    """A zone at work: what is recorded comes to the views, and from there to open pages."""
    with (
        busy_zone(server_url, projected_template) as url,
        projecting(url),
        served(url, PAGES, lambda: LOOKED_AT, signs_in=True, gateway="open", listening=listening) as address,
    ):
        yield address


def send(site: str, project: UUID, by: Actor, **command: Any) -> None:
    """Give a command elsewhere."""
    headers = identity(by) | {"Idempotency-Key": str(uuid4())}
    answer = httpx.post(
        f"{site}/v1/projects/{project}/commands", json=command, headers=headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200, answer.text


def applied_for(site: str, name: str) -> None:
    """A new project whose land is applied for."""
    project = uuid4()
    about = {"name": name, "manager": MANAGER.id, "enterprise": {"name": "恒信"}, "items": [ITEM]}
    send(site, project, MANAGER, command="register_project", **about)
    send(site, project, MANAGER, command="submit_item", item="land")


def row_of(page: Page, name: str) -> Any:
    """The row of the desk with the project *name*."""
    return page.locator("tr[data-row]", has_text=name)


def test_an_open_desk_shows_a_new_case_and_what_was_opened_stays(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND) as page:
        errors = errors_of(page)
        page.goto("/desk?group=later")
        expect(page.locator("[data-fresh]")).to_contain_text("实时更新")
        page.locator(".more-desks summary").click()
        page.keyboard.press("j")
        focused = page.evaluate("() => document.activeElement.getAttribute('href')")
        applied_for(site, NEW[0])
        expect(row_of(page, NEW[0])).to_have_count(1)
        assert page.evaluate("() => document.activeElement.getAttribute('href')") == focused
        expect(page.locator(".more-desks")).to_have_attribute("open", "")
        assert errors == []
        assert barriers(page) == []


def test_rows_that_are_ticked_are_left_alone_until_the_reader_says_so(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND) as page:
        page.goto("/desk?group=later")
        box = page.locator(f'input[value="{busy_project(0)}/land"]')
        box.check()
        applied_for(site, NEW[1])
        notice = page.locator("[data-notice]")
        expect(notice).to_contain_text("项新变化")
        expect(row_of(page, NEW[1])).to_have_count(0)
        unread = page.locator(".visitor .unread")
        before = unread.inner_text()
        assert barriers(page) == []
        notice.get_by_role("button").click()
        expect(row_of(page, NEW[1])).to_have_count(1)
        expect(unread).to_have_text(str(int(before) + 1))
        expect(box).to_be_checked()
        expect(page.get_by_role("button", name="受理所选 1 件")).to_be_visible()


def test_figures_that_are_still_counted_go_on_by_themselves(
    browser: Browser, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = LOOKED_AT.date() + timedelta(days=1)
    days = urlencode({"days": f"{first} 至 {first + timedelta(days=4)} 休"})
    with page_of(browser, site, BUREAU) as page, monkeypatch.context() as idle:
        errors = errors_of(page)
        idle.setattr(notice_counts, "INTEREST_SECONDS", -1.0)
        page.goto(f"/supervision/calendars/preview?{days}")
        counting = page.locator("[data-counting]")
        expect(counting).to_contain_text("已统计 0 个项目")
        assert barriers(page) == []
        idle.undo()
        expect(counting).to_have_count(0)
        expect(page.locator("main")).to_contain_text("以上是全部")
        expect(page.locator(".tiles dd").first).to_have_text(re.compile(r"^[1-9]"))
        assert barriers(page) == []
        assert errors == []


def test_a_half_filled_form_loses_nothing(browser: Browser, site: str) -> None:
    """The effect is shown beside it, the file is sent beforehand, and a reader who comes back has it all again."""
    path = f"/items/{busy_project(1)}/land/acts/suspend_clock"
    with page_of(browser, site, LAND) as page:
        errors = errors_of(page)
        page.goto(path)
        page.locator("#_file").set_input_files(files=[PAPER])
        digest = sha256(PAPER["buffer"]).hexdigest()
        expect(page.locator(".uploads")).to_contain_text(digest[:16])
        page.locator("form[data-draft] [type=radio]").first.check()
        expect(page.locator("[data-draft-status]")).to_contain_text("草稿已保存")
        send(site, busy_project(1), LAND, command="note_step", item="land", activity="现场踏勘")
        expect(page.locator("[data-notice]")).to_contain_text("您填写期间有 1 项新变化")
        assert barriers(page) == []
        assert [error for error in errors if "409" not in error] == [], "the act is refused as the item is now"
    with page_of(browser, site, LAND, scripts=False) as page:
        page.goto(path)
        expect(page.locator("main")).to_contain_text("已恢复您上次填写的内容")
        expect(page.locator("main")).to_contain_text("您填写期间发生了 1 件事")
        expect(page.locator("form[data-draft] [type=radio]").first).to_be_checked()
        expect(page.locator("input[name=_file][type=hidden]")).to_have_attribute("value", re.compile(digest))
        page.get_by_role("button", name="放弃，重新填写").click()
        expect(page.locator("input[name=_file][type=hidden]")).to_have_count(0)


def test_the_effect_is_shown_while_a_form_is_filled_in(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND) as page:
        page.goto(f"/items/{busy_project(2)}/land/acts/accept_item")
        page.get_by_label("材料全部齐全").check()
        preview = page.locator("[data-preview]")
        expect(preview.locator("table")).to_contain_text("受理")
        expect(preview.locator("svg").first).to_be_visible()
        assert barriers(page) == []
        page.get_by_role("button", name="核对效果").click()
        expect(page.locator("h1")).to_contain_text("核对并发出")


def test_without_scripts_a_page_says_how_to_see_what_is_new(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND, scripts=False) as page:
        page.goto("/desk?group=later")
        applied_for(site, NEW[2])
        expect(row_of(page, NEW[2])).to_have_count(0)
        expect(page.locator("[data-notice] p")).to_be_empty()
        page.get_by_role("link", name="刷新本页").click()
        expect(row_of(page, NEW[2])).to_have_count(1)
