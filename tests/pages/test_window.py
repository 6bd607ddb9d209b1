"""The public window in a real browser: an application in few pages, tracked by its code, complained of and evaluated.

What works here works without script; with it an application saves itself. All is tried on a phone's width as well, by
keyboard, and held against the standards of accessibility in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from socket import socket
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import PAGES
from domain.catalogue.listing import DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import stream_of
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from tests.accessibility import barriers, faint_texts
from tests.api.apply.applicants import CATALOGUE, OWN, SERVICE, pdf, registration
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import APPLICANT, BUREAU, MANAGER, USCC
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.conftest import LANGUAGES, NTH_SEEN_IN_THE_DARK, PHONE, page_of
from tests.pages.test_in_a_browser import CONTROLS, SIDEWAYS, STORED, tabbed

PAGES_MAX = 8  # of an application, from the choice of the item to the receipt
PHONE_WIDTH = PHONE["width"]
SEEN_AT_ONCE = 300  # pixels of a phone, in which a tracked case says what has to be done and until when
DEPARTMENT = "自然资源和规划局", "Bureau of Natural Resources"  # as long as names are
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def zone(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """A database with a catalogue and one project, whose views are as far as the ledger."""
    with database_in(server_url, projected_template) as url:
        finish(_tell(url))
        project_all(url)
        yield url


@pytest.fixture(scope="module")
def address(zone: str, listening: socket) -> Iterator[str]:
    """The server, at which it is always the same morning."""
    with served(zone, PAGES, lambda: at("04-01 09:30"), listening=listening) as opened:
        yield opened


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    by: Actor | None = None,
    *,
    lang: str = "zh-CN",
    width: int = 1300,
    scripts: bool = True,
) -> Iterator[Page]:
    """A tab of someone at the window."""
    with page_of(browser, address, by, {"width": width, "height": 844}, scripts=scripts, locale=lang) as page:
        yield page


async def _tell(url: str) -> None:
    async with Approvals(url, clock=lambda: at("04-01 09:00")) as approvals:
        catalogue = stream_of(CATALOGUE)
        await approvals.handle(catalogue, DefineServiceItem(catalogue=CATALOGUE, service=SERVICE), BUREAU, uuid4())
        publish = PublishCatalogue(catalogue=CATALOGUE, valid_from=date(2026, 1, 1))
        await approvals.handle(catalogue, publish, BUREAU, uuid4())
        await approvals.handle(OWN, registration("恒信新材料有限公司", USCC), MANAGER, uuid4())


def begin(page: Page, item: str) -> None:
    """Choose *item*, and come to the list of tasks."""
    page.goto("/window/apply")
    page.get_by_role("button", name=re.compile(f"开始申请: {item}")).click()


def handed_in(page: Page, item: str, paper: Path) -> tuple[str, str]:
    """Apply for *item* with a file and a paper at the window; number and code on the receipt."""
    begin(page, item)
    page.get_by_role("link", name="继续", exact=True).click()
    page.get_by_role("button", name="资料无误，继续").click()
    page.get_by_label("选择文件").set_input_files(paper)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("button", name=f"移除: {paper.name}")).to_be_visible()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="继续", exact=True).click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator(".receipt dd").nth(1)).to_be_visible()
    page.wait_for_load_state()
    shown = page.locator(".receipt dd").all_inner_texts()
    return shown[0], shown[1]


def require_hidden(page: Page, secrets: Sequence[str]) -> None:
    """None of *secrets* is anywhere on the page."""
    page.wait_for_load_state()
    content = page.content()
    assert [secret for secret in secrets if secret in content] == []


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A file to hand in."""
    path = tmp_path / "申请表.pdf"
    path.write_bytes(pdf())
    return path


def test_an_enterprise_applies_in_few_pages_tracks_complains_and_evaluates_without_script(
    browser: Browser, address: str, zone: str, paper: Path
) -> None:
    seen: list[str] = []
    with visiting(browser, address, APPLICANT, width=PHONE_WIDTH, scripts=False) as page:
        page.on("framenavigated", lambda frame: seen.append(urlsplit(frame.url).path))
        number, code = handed_in(page, "land", paper)
        assert 0 < len(set(seen)) <= PAGES_MAX, seen
        expect(page.get_by_role("heading", name="申请已提交")).to_be_visible()
    project_all(zone)

    with visiting(browser, address, width=PHONE_WIDTH, scripts=False) as page:
        page.goto(f"/window/track?number={number}")
        page.get_by_label("查询码").fill("WRONG2")
        page.get_by_role("button", name="查询").click()
        expect(page.get_by_role("alert")).to_contain_text("不符")
        expect(page.get_by_label("办件编号")).to_have_value(number)
        page.get_by_label("查询码").fill(code.lower())
        page.get_by_role("button", name="查询").click()
        expect(page.locator("main")).to_contain_text("正在决定是否受理")
        expect(page.locator("main")).to_contain_text("现在不需要您做什么")
        require_hidden(page, ("恒信", USCC, "wang", paper.name, code))

        page.get_by_role("link", name="投诉").click()
        page.get_by_label("投诉内容").fill("  ")
        page.get_by_label("联系方式（选填）").fill("13800001111")
        page.get_by_role("button", name="提交投诉").click()
        expect(page.locator("#about-wrong")).to_be_visible()
        expect(page.get_by_label("联系方式（选填）")).to_have_value("13800001111")
        page.get_by_label("投诉内容").fill("窗口没有出具受理凭证。")
        page.get_by_role("button", name="提交投诉").click()
        expect(page.locator("main .alert")).to_contain_text("投诉已提交")

        page.get_by_role("link", name="评价", exact=True).click()
        page.get_by_role("button", name="提交评价").click()
        expect(page.get_by_role("alert")).to_contain_text("请选择一个等级")
        page.get_by_label("满意", exact=True).check()
        page.get_by_role("button", name="提交评价").click()
        expect(page.locator("main .alert")).to_contain_text("评价已提交")


def addresses(page: Page, handed: Handed) -> Iterator[str]:
    """Every page of the window and of the enterprise, as *page*'s reader comes to it."""
    yield from ("/window", "/window/items", "/window/items?q=nothing", "/window/items/LU-1", "/window/published")
    yield from ("/window/decisions", "/window/decisions?text=nothing")
    draft = handed.draft
    yield from ("/window/apply", handed.receipt, draft, f"{draft}/data", f"{draft}/materials", f"{draft}/check", "/my")
    yield "/window/track"
    page.goto("/window/track")
    page.locator("#number").fill(handed.number)
    page.locator("#code").fill(handed.code)
    page.locator("main form button").click()
    yield from (f"/window/track/{handed.number}{below}" for below in ("", "/complaint", "/evaluation"))


class Handed(NamedTuple):
    """A case with its code, the page of its receipt, and a draft that waits to be handed in."""

    number: str
    code: str
    receipt: str
    draft: str


@pytest.fixture(scope="module")
def handed(browser: Browser, address: str, zone: str, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Both, made in the browser."""
    paper = tmp_path_factory.mktemp("papers") / "plan.pdf"
    paper.write_bytes(pdf())
    with visiting(browser, address, APPLICANT) as page:
        number, code = handed_in(page, "plan", paper)
        receipt = urlsplit(page.url).path
        begin(page, "renewal")
        draft = urlsplit(page.url).path
    project_all(zone)
    return Handed(number, code, receipt, draft)


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_has_barriers_or_scrolls_sideways(browser: Browser, address: str, handed: Handed, lang: str) -> None:
    console_lines: list[str] = []
    with visiting(browser, address, APPLICANT, lang=lang) as page:
        page.on("console", lambda message: console_lines.append(message.text))
        for nth, path in enumerate(addresses(page, handed)):
            page.set_viewport_size({"width": 1300, "height": 844})
            page.goto(path)
            assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang], path
            assert barriers(page) == [], path
            assert STORED.findall(page.inner_text("main")) == [], path
            if nth % NTH_SEEN_IN_THE_DARK == 0:
                page.emulate_media(color_scheme="dark")
                assert faint_texts(page) == [], path
                page.emulate_media(color_scheme="light")
            page.set_viewport_size(PHONE)
            assert page.evaluate(SIDEWAYS) <= PHONE_WIDTH, path
    assert console_lines == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_date_of_a_tracked_case_is_seen_at_once_on_a_phone(
    browser: Browser, address: str, handed: Handed, lang: str
) -> None:
    with visiting(browser, address, lang=lang, width=PHONE_WIDTH) as page:
        *_, case, _, _ = addresses(page, handed)
        page.goto(case)
        state = page.locator(".state")
        named = state.inner_text().replace("planning", DEPARTMENT[lang == "en"])
        state.evaluate("(element, text) => { element.textContent = text; }", named)
        for seen in (page.locator("#todo"), page.locator(".until time"), page.locator(".until p").nth(1)):
            box = seen.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= SEEN_AT_ONCE, seen


def test_errors_have_no_barriers_either(browser: Browser, address: str, handed: Handed) -> None:
    with visiting(browser, address, APPLICANT) as page:
        page.goto(f"/window/track?number={handed.number}")
        page.locator("#code").fill("WRONG2")
        page.locator("main form button").click()
        assert barriers(page) == []
        page.goto("/window/decisions?first=2026-05-02&last=2026-05-01&text=fire")
        expect(page.get_by_role("alert")).to_contain_text("结束日期早于开始日期")
        assert barriers(page) == []
        page.goto(f"{handed.draft}/data")
        page.get_by_role("button", name="资料无误，继续").click()
        expect(page.get_by_role("alert")).to_contain_text("延续申请须写明")
        assert barriers(page) == []


def test_an_application_saves_itself_while_it_is_filled_in(browser: Browser, address: str, handed: Handed) -> None:
    with visiting(browser, address, APPLICANT) as page:
        page.goto(f"{handed.draft}/data")
        page.locator("#licence_number").fill("证 7 号")
        expect(page.locator("[data-draft-status]")).to_contain_text("草稿已保存")
        page.reload()
        expect(page.locator("#licence_number")).to_have_value("证 7 号")


def test_everything_is_reached_by_keyboard(browser: Browser, address: str, handed: Handed) -> None:
    with visiting(browser, address, APPLICANT) as page:
        for path in islice(addresses(page, handed), None, None, chosen(3, 1)):
            page.goto(path)
            controls = page.evaluate(CONTROLS)
            reached = list(tabbed(page, 4 * len(controls) + 10))
            radios = sum(kind == "radio" for kind in controls)  # of which the keyboard stops at one
            assert len({nth for nth, _ in reached}) >= len(controls) - max(radios - 1, 0), path
            assert {nth for nth, visible in reached if visible} == {nth for nth, _ in reached}, path


def test_a_case_is_tracked_by_keyboard_alone(browser: Browser, address: str, handed: Handed) -> None:
    with visiting(browser, address) as page:
        page.goto("/window/track")
        page.locator("#number").focus()
        page.keyboard.type(handed.number)
        page.keyboard.press("Tab")
        page.keyboard.type(handed.code)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=2, name="您需要做的")).to_be_visible()
