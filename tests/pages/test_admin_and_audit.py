"""In a real browser: an administrator lets a person in with a second one's confirmation; an auditor compares days."""

from __future__ import annotations

from collections.abc import Iterator
from socket import socket

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import PAGES
from domain.core.ledger import Actor, Role
from tests.accessibility import barriers
from tests.api.served import served
from tests.effort import chosen
from tests.pages.busy_desk import LOOKED_AT, STUCK, busy_project, busy_zone
from tests.pages.conftest import LANGUAGES, LOOKED_AT_PHONES, PHONE, page_of
from tests.pages.test_in_a_browser import SIDEWAYS, STORED

pytestmark = pytest.mark.slow
XU, FAN = Actor("xu", "", Role.ADMINISTRATOR), Actor("fan", "", Role.ADMINISTRATOR)
AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)


@pytest.fixture(scope="module")
def site(program: str, server_url: str, projected_template: str, listening: socket) -> Iterator[str]:
    """A zone of its own, as these tests write into it."""
    assert program
    with (
        busy_zone(server_url, projected_template) as url,
        served(url, PAGES, lambda: LOOKED_AT, listening=listening) as address,
    ):
        yield address


def require_readable(page: Page) -> None:
    """No barrier and no stored value, nor on a phone, which scrolls in one direction alone."""
    assert barriers(page) == [], page.url
    assert STORED.findall(page.inner_text("main")) == []
    size = page.viewport_size
    page.set_viewport_size(PHONE)
    assert page.evaluate(SIDEWAYS) <= PHONE["width"], page.url
    assert barriers(page) == [], page.url
    page.set_viewport_size(size or PHONE)


@pytest.mark.parametrize(("scripts", "person"), chosen([(True, "shen")], [(True, "shen"), (False, "qian")]))
def test_an_auditor_is_let_in_by_two_administrators(browser: Browser, site: str, scripts: bool, person: str) -> None:
    with page_of(browser, site, XU, scripts=scripts) as page:
        page.goto("/")
        page.wait_for_url("**/admin/people")
        page.locator("summary", has_text="登记人员或程序").click()
        page.get_by_label("编号（永久）").fill(person)
        page.get_by_label("姓名或名称", exact=True).fill("沈静")
        page.get_by_role("button", name="登记人员或程序").click()
        expect(page.locator("main")).to_contain_text(f"登记人员 沈静（{person}）")
        require_readable(page)
        page.get_by_role("button", name="登记人员或程序").click()
        expect(page.locator("p.alert")).to_contain_text("已记入台账")
        page.locator("summary", has_text="授予角色").click()
        page.get_by_label("角色", exact=True).select_option("auditor")
        page.get_by_role("button", name="授予角色").click()
        expect(page.locator("main")).to_contain_text("须由另一名管理员复核后生效")
        require_readable(page)
        page.get_by_role("button", name="提请授予角色").click()
        expect(page.locator("#proposals + ul")).to_contain_text("由您提请")
        expect(page.get_by_role("button", name="复核授权")).to_have_count(0)
    with page_of(browser, site, FAN, scripts=scripts) as page:
        page.goto("/admin/people")
        page.locator(".todo").get_by_role("link", name="沈静").first.click()
        page.get_by_role("button", name="复核授权").click()
        require_readable(page)
        page.get_by_role("button", name="复核授权").click()
        expect(page.locator("#grants + ul")).to_contain_text("审计人员")


def test_a_refusal_keeps_what_was_filled_in(browser: Browser, site: str) -> None:
    with page_of(browser, site, XU) as page:
        page.goto("/admin/people")
        page.locator("summary", has_text="登记人员或程序").click()
        page.get_by_label("编号（永久）").fill("wu")
        page.get_by_label("姓名或名称", exact=True).fill("吴")
        page.get_by_role("button", name="登记人员或程序").click()
        page.get_by_role("button", name="登记人员或程序").click()
        page.locator("summary", has_text="授予角色").click()
        page.get_by_label("理由").first.fill("新入职")
        page.get_by_role("button", name="授予角色").click()
        expect(page.get_by_role("alert")).to_contain_text("请填写部门代码")
        expect(page.get_by_label("理由")).to_have_value("新入职")
        assert barriers(page) == []
        page.get_by_label("部门代码").fill("land")
        page.get_by_role("button", name="授予角色").click()
        page.get_by_role("button", name="授予角色").click()
        expect(page.locator("#grants + ul")).to_contain_text("经办人")


@pytest.mark.parametrize("scripts", chosen([False], [True, False]))
def test_an_auditor_compares_two_days_and_sees_the_chain(browser: Browser, site: str, scripts: bool) -> None:
    with page_of(browser, site, AUDITOR, scripts=scripts) as page:
        page.goto("/audit?text=P-12")
        page.locator("tbody th a").click()
        expect(page.locator(".chain strong")).to_have_text("3/3 已核对")
        expect(page.locator(".chain strong")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="对比")).to_be_in_viewport(ratio=1)
        page.get_by_label("从").fill("2026-05-05")
        page.get_by_label("到", exact=True).fill("2026-05-06")
        page.get_by_role("button", name="对比").click()
        compared = page.locator("section:has(#compared) tbody tr", has_text="用地批准")
        expect(compared.first).to_contain_text("不予受理")
        page.locator("summary", has_text="原始内容").first.click()
        expect(page.locator("pre").first).to_contain_text("item_declined")
        address = page.get_by_role("link", name="下载台账").get_attribute("href")
        assert address is not None
        lines = page.request.get(address).text().splitlines()
        assert len(lines) == 3


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_have_no_barriers_and_no_stored_values(browser: Browser, site: str, lang: str) -> None:
    ledger = f"/audit/projects/{busy_project(STUCK)}"
    for by, path in (
        (XU, "/admin/people"),
        (AUDITOR, "/audit"),
        (AUDITOR, ledger),
        (AUDITOR, f"{ledger}?first=2026-05-05&second=2026-05-06"),
    ):
        with page_of(browser, site, by) as page:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
            assert barriers(page) == [], (path, lang)
            assert STORED.findall(page.inner_text("main")) == []
            page.set_viewport_size(PHONE)
            assert page.evaluate(SIDEWAYS) <= PHONE["width"], path
            for _ in LOOKED_AT_PHONES:
                assert barriers(page) == [], (path, lang, "phone")
