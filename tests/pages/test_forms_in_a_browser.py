"""Forms in a real browser: an officer acts without script and by keyboard alone; no barriers, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from uuid import UUID

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from api.app import PAGES
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.catalogues.zone import publish_zone
from tests.accessibility import barriers
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import BUREAU, LAND, MANAGER, USCC
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.conftest import LANGUAGES, PHONE, WIDE, page_of
from tests.pages.test_in_a_browser import SIDEWAYS, STORED
from tests.projections.zone import project_id, tell_zone

pytestmark = pytest.mark.slow
OFFICE = Actor("liu", "zone-office")
LOOKED_AT = at("05-20 18:00")
PAPER: FilePayload = {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a paper"}
ENTRY = "entry-review"


@pytest.fixture(scope="module")
def database(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """A database with the shipped catalogue and flow, and the small zone."""
    with database_in(server_url, projected_template) as url:
        finish(_tell(url))
        project_all(url)
        yield url


async def _tell(url: str) -> None:
    hands = [at("03-01")]
    async with Approvals(url, clock=lambda: hands[0]) as approvals:
        await publish_zone(approvals)
        await tell_zone(approvals, hands)


@pytest.fixture(scope="module")
def site(database: str, listening: socket) -> Iterator[str]:
    """The address of the server, at which it is always the same evening."""
    with served(database, PAGES, lambda: LOOKED_AT, listening=listening) as address:
        yield address


class Desk:
    """People at their browsers, without scripts."""

    def __init__(self, browser: Browser, site: str) -> None:
        self._browser, self._site = browser, site

    @contextmanager
    def at(self, by: Actor, path: str, *, scripts: bool = False) -> Iterator[Page]:
        """A page that *by* has opened."""
        with page_of(self._browser, self._site, by, WIDE, scripts=scripts) as page:
            page.goto(f"{path}{'&' if '?' in path else '?'}lang=zh")
            yield page

    def project(self) -> UUID:
        """A project that was registered by its form and follows the flow, with the first item decided."""
        with self.at(MANAGER, "/acts/register_project") as page:
            page.get_by_label("项目名称").fill("星光半导体封测二期")
            page.get_by_label("企业名称").fill("星光半导体有限公司")
            page.get_by_label("统一社会信用代码").fill(USCC)
            send(page)
            match = re.search(r"/projects/([0-9a-f-]{36})/receipts/", page.url)
            assert match is not None
            project = UUID(match[1])
            page.goto(f"/projects/{project}/acts/start_flow?lang=zh")
            page.get_by_label("生产制造").check()
            send(page)
            page.goto(f"/items/{project}/consultation/acts/submit_item?lang=zh")
            send(page)
        for act, choice in (("accept_item", "材料全部齐全"), ("complete_item", "准予")):
            with self.at(OFFICE, f"/items/{project}/consultation/acts/{act}") as page:
                page.get_by_label(choice, exact=True).check()
                send(page)
        return project


def send(page: Page) -> None:
    """Review and act, to the receipt, which fits on a phone however many entries it names."""
    page.get_by_role("button", name="核对效果").click()
    expect(page.locator("h1")).to_contain_text("核对并发出")
    page.locator("button[value=act]").click()
    expect(page.locator("h1")).to_have_text("已记入台账")
    require_narrow(page)
    for receipt in chosen((), (page,)):
        assert barriers(receipt) == [], receipt.url


@pytest.fixture(scope="module")
def desk(browser: Browser, site: str) -> Desk:
    """Browsers for all who act."""
    return Desk(browser, site)


@pytest.mark.long
def test_from_registration_to_a_decision_without_scripts(desk: Desk) -> None:
    project = desk.project()
    with desk.at(MANAGER, f"/items/{project}/{ENTRY}/acts/submit_item") as page:
        page.locator("#_file").set_input_files(files=[PAPER])
        send(page)
        expect(page.locator("main")).to_contain_text(re.compile(r"BDA2026-\d{6}-\d"))
    with desk.at(MANAGER, f"/projects/{project}/acts/record_information?category=investment") as page:
        page.locator("[name='fields.total']").fill("30000")
        page.locator("[name='fields.own_capital']").fill("9000")
        send(page)
    with desk.at(MANAGER, f"/items/{project}/tax/acts/record_external_result") as page:
        page.get_by_label("准予", exact=True).check()
        page.fill("#evidence", "税务登记信息确认表")
        page.fill("#document_on", "2026-05-18")
        page.fill("#source", "窗口领取的证照")
        send(page)
        page.goto(f"/pages/projects/{project}/items/tax?lang=zh")
        expect(page.locator("main")).to_contain_text("项目经理录入系统外结果：准予")
    with desk.at(OFFICE, f"/pages/projects/{project}/items/{ENTRY}") as page:
        expect(page.get_by_role("link", name="申请书.pdf")).to_have_count(1)
        page.get_by_role("link", name="一次告知补正").click()
        papers = page.locator("fieldset.paper")
        papers.nth(0).get_by_label("缺", exact=True).check()
        papers.nth(1).get_by_label("齐全", exact=True).check()
        send(page)
    with desk.at(OFFICE, f"/items/{project}/{ENTRY}/acts/request_supplement") as page:
        page.locator("#missing-other").fill("地形图")
        page.get_by_role("button", name="核对效果").click()
        beside = page.locator("#missing .fault").first
        expect(beside).to_contain_text("不能再增加：地形图")
        expect(beside).to_contain_text("行政许可法第三十二条")
        page.locator(".summary-of-faults a").click()
        expect(page).to_have_url(re.compile("#missing$"))
        expect(page.locator("#missing-other")).to_have_value("地形图")
    with desk.at(OFFICE, f"/items/{project}/{ENTRY}/acts/accept_item") as page:
        page.get_by_label("材料全部齐全").check()
        page.get_by_role("button", name="核对效果").click()
        expect(page.locator("#lacking .fault").first).to_contain_text("不能容缺，须先补正")


def test_a_change_meanwhile_is_shown_and_what_was_filled_in_stays(desk: Desk) -> None:
    path = f"/items/{project_id('running')}/land/acts"
    with desk.at(LAND, f"{path}/complete_item") as page, desk.at(LAND, f"{path}/note_step") as other:
        page.get_by_label("不予许可").check()
        page.get_by_label("理由", exact=False).first.fill("不符合土地利用总体规划")
        page.get_by_role("button", name="核对效果").click()
        other.get_by_label("办理活动").fill("现场踏勘")
        send(other)
        page.locator("button[value=act]").click()
        expect(page.locator("h1")).to_have_text("您将作出不予许可的决定")
        page.locator("button[value=act]").click()
        expect(page.locator("main")).to_contain_text("您填写期间发生了 1 件事")
        expect(page.locator("main")).to_contain_text("不符合土地利用总体规划")
        page.get_by_role("button", name="返回修改").click()
        expect(page.locator("#reasons")).to_have_value("不符合土地利用总体规划")


def test_an_act_by_keyboard_alone(desk: Desk) -> None:
    with desk.at(LAND, f"/items/{project_id('silent')}/land/acts/accept_item", scripts=True) as page:
        tab_to(page, "[name='lacking.all']")
        page.keyboard.press("Space")
        tab_to(page, "button[value=review]")
        page.keyboard.press("Enter")
        page.wait_for_selector("button[value=act]")
        require_clean(page, "zh")
        tab_to(page, "button[value=act]")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("已记入台账")
        require_clean(page, "zh")


@pytest.mark.long
def test_the_interruption_card_has_no_barriers(desk: Desk) -> None:
    with desk.at(MANAGER, f"/items/{project_id('paused')}/land/acts/withdraw_item", scripts=True) as page:
        page.locator("button[value=review]").click()
        page.locator("button[value=act]").click()
        expect(page.locator("h1")).to_have_text("您将撤回这项申请")
        require_clean(page, "zh")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what *selector* names has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is never reached")


FORMS: list[tuple[Actor, str, dict[str, str]]] = [
    (LAND, "/items/{paused}/land/acts/extend_limit", {"#days": "99", "#reasons": "情况复杂"}),
    (LAND, "/items/{paused}/land/acts/suspend_clock", {}),
    (LAND, "/items/{paused}/land/acts/ask_countersignature", {}),
    (MANAGER, "/projects/{paused}/acts/record_information?category=investment", {}),
    (BUREAU, "/items/{paused}/land/acts/order_supervision", {"#about": "请说明", "#feedback_by": "2026-06-01"}),
]


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("by", "path", "fields"), chosen(FORMS[::2], FORMS))
def test_a_form_its_faults_and_its_review_have_no_barriers(
    desk: Desk, by: Actor, path: str, fields: dict[str, str], lang: str
) -> None:
    with desk.at(by, path.format(paused=project_id("paused")), scripts=True) as page:
        page.goto(f"{page.url.replace('lang=zh', f'lang={lang}')}")
        require_clean(page, lang)
        for selector, text in fields.items():
            page.fill(selector, text)
        page.locator("button[value=review]").click()
        require_clean(page, lang)


def require_clean(page: Page, lang: str) -> None:
    """No barrier, no stored value, no sideways scrolling on a phone."""
    expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[lang])
    page.wait_for_load_state()
    assert STORED.findall(page.inner_text("main")) == []
    assert barriers(page) == []
    require_narrow(page)


def require_narrow(page: Page) -> None:
    """No sideways scrolling on a phone."""
    size = page.viewport_size
    page.set_viewport_size(PHONE)
    assert page.evaluate(SIDEWAYS) <= PHONE["width"]
    assert size is not None
    page.set_viewport_size(size)
