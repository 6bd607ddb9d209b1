"""In a real browser: the bureau goes from a warning to an order to an appeal decided, and looks at its other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from socket import socket
from urllib.parse import urlencode
from uuid import UUID

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from api.app import PAGES
from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.messages import AnyCommand
from domain.project.application.acceptance import AcceptItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.supervision.appeals import OrderSupervision
from infrastructure.ledger.approvals import Approvals
from tests.accessibility import barriers, faint_texts
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER, USCC, project_id_of
from tests.infrastructure.projector.running import projecting
from tests.infrastructure.projector.test_projector import project_all
from tests.pages.conftest import DESKTOP, LANGUAGES, NTH_SEEN_IN_THE_DARK, PHONE, page_of
from tests.pages.paper import sheets
from tests.pages.test_forms_in_a_browser import send
from tests.pages.test_in_a_browser import SIDEWAYS, STORED
from tests.watching import Hands, watch_once

pytestmark = pytest.mark.slow
AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)
NAMES = ("late", "soon")
PLAN = (PlannedItem(item="land", name="用地批准", department="land", promise_days=7),)
PERIOD = {"first": "2026-03-01", "last": "2026-03-12"}


def project(name: str) -> UUID:
    """The project called *name* here."""
    return project_id_of(UUID(int=13), name)


@pytest.fixture(scope="module")
def database(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """Two projects on the morning of 12 March: the promise to one is broken, to the other nearly."""
    assert program
    with database_in(server_url, projected_template) as url:
        finish(_tell(url))
        project_all(url)
        yield url


async def _tell(url: str) -> None:
    hands = Hands("2026-03-02 09:00")
    async with Approvals(url, clock=hands) as approvals:
        for name, day in zip(NAMES, ("2026-03-02", "2026-03-04"), strict=True):
            register = RegisterProject(
                name=f"厂房{name}", enterprise=Enterprise("恒信", USCC), manager=MANAGER.id, items=PLAN
            )
            steps: list[tuple[Actor, AnyCommand]] = [
                (MANAGER, register),
                (APPLICANT, SubmitItem(item="land")),
                (LAND, AcceptItem(item="land")),
            ]
            for nth, (by, command) in enumerate(steps):
                hands.at(f"{day} {9 + nth:02}:00")
                await approvals.handle(project(name), command, by, project_id_of(UUID(int=14), f"{name} {nth}"))
        hands.at("2026-03-12 08:30")
        order = OrderSupervision(order="DB-1", item="land", about="请说明进展", feedback_by=date(2026, 3, 13))
        await approvals.handle(project("soon"), order, BUREAU, project_id_of(UUID(int=14), "order"))
        hands.at("2026-03-12 09:00")
        await watch_once(url, approvals)


@pytest.fixture(scope="module")
def site(database: str, listening: socket) -> Iterator[str]:
    """The server, whose views follow what is done."""
    clock = Hands("2026-03-12 10:00")
    with projecting(database), served(database, PAGES, clock, listening=listening) as address:
        yield address


def test_from_a_warning_to_an_order_to_an_appeal_decided(browser: Browser, site: str) -> None:
    with page_of(browser, site, BUREAU, scripts=False) as page:
        page.goto("/supervision")
        strip = page.locator("nav.news")
        expect(strip).to_be_in_viewport(ratio=1)
        strip.get_by_role("link", name="预警").click()
        page.get_by_role("link", name="监察〔2026〕W-").first.click()
        expect(page.locator("p.state")).to_contain_text("前按承诺时限作出决定")
        page.get_by_role("link", name="督办", exact=True).last.click()
        page.fill("#about", "请限期办结并说明原因")
        page.fill("#feedback_by", "2026-03-20")
        send(page)
        page.goto("/supervision/orders?unanswered=true")
        expect(page.locator("tbody")).to_contain_text("请限期办结并说明原因")
    late = f"/pages/projects/{project('late')}/card?card=land-2"
    with page_of(browser, site, LAND, scripts=False) as page:
        page.goto(late)
        page.get_by_role("link", name="对监察牌提出申诉").click()
        page.fill("#reasons", "系统故障，材料已于当日受理")
        send(page)
    with page_of(browser, site, BUREAU, scripts=False) as page:
        page.goto("/supervision/appeals")
        page.get_by_role("link", name="监察〔2026〕Y-").click()
        expect(page.locator("ol.dialogue .department")).to_contain_text("系统故障")
        page.locator(".verdicts").get_by_role("link", name="打回").click()
        page.fill("#reasons", "请补充系统故障的证明")
        send(page)
        page.goto(late)
        expect(page.locator("p.state")).to_contain_text("申诉打回")
        speakers = [re.compile(rf"^\s*{who}\s*$") for who in ("system", "department", "bureau")]
        expect(page.locator("ol.dialogue > li")).to_have_class(speakers)


def places() -> dict[str, tuple[Actor, str]]:
    """Who reads which page."""
    card = f"/pages/projects/{project('late')}/card"
    return {
        "board": (BUREAU, "/supervision?" + urlencode(PERIOD)),
        "card": (BUREAU, f"{card}?card=land-2"),
        "notice": (BUREAU, f"{card}/notice?card=land-2"),
        "rules": (BUREAU, "/supervision/rules?" + urlencode({**PERIOD, "decision_days": 3})),
        "calendars": (BUREAU, "/supervision/calendars"),
        "preview": (BUREAU, "/supervision/calendars/preview?" + urlencode({"days": "2026-03-16 至 2026-03-18 休"})),
        "report": (BUREAU, "/supervision/report?month=2026-03"),
        "ledger": (AUDITOR, f"/audit/projects/{project('late')}?entry=2"),
    }


SEEN_IN_THE_DARK = [*places()][::NTH_SEEN_IN_THE_DARK]


@pytest.mark.long
@pytest.mark.parametrize("name", places())
def test_a_page_has_no_barriers_and_no_stored_values_in_both_languages_and_on_a_phone(
    browser: Browser, site: str, name: str
) -> None:
    by, path = places()[name]
    with page_of(browser, site, by) as page:
        for lang in LANGUAGES:
            response = page.goto(f"{path}{'&' if '?' in path else '?'}lang={lang}")
            assert response is not None
            assert response.status == 200
            assert STORED.findall(page.inner_text("main")) == []
            assert barriers(page) == []
            if name in SEEN_IN_THE_DARK:
                page.emulate_media(color_scheme="dark")
                assert faint_texts(page) == []
                page.emulate_media(color_scheme="light")
            page.set_viewport_size(PHONE)
            assert page.evaluate(SIDEWAYS) <= PHONE["width"]
            page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_first_screens_answer(browser: Browser, site: str, viewport: ViewportSize) -> None:
    answers = {
        "board": "nav.news",
        "card": "p.state",
        "rules": "#first",
        "report": "h1",
        "ledger": ".chain strong",
    }
    for name, answer in answers.items():
        by, path = places()[name]
        with page_of(browser, site, by, viewport) as page:
            page.goto(path)
            expect(page.locator(answer).first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_first_screen_says_whose_answer_is_due(browser: Browser, site: str, viewport: ViewportSize) -> None:
    with page_of(browser, site, BUREAU, viewport) as page:
        page.goto("/supervision")
        link = page.locator("nav.news a.orders_due")
        for part in (link, page.locator("nav.news small")):
            expect(part).to_be_in_viewport(ratio=1)
        expect(page.locator("nav.news small")).to_have_text("land")
        expect(link).to_contain_text("1")
        expect(link).to_contain_text("明日及以前须反馈的督办")
        link.click()
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody")).to_contain_text("请说明进展")


def test_a_notice_prints_in_black_on_one_sheet_without_what_is_around_it(browser: Browser, site: str) -> None:
    by, path = places()["notice"]
    with page_of(browser, site, by) as page:
        page.goto(path)
        page.emulate_media(media="print")
        expect(page.locator(".notice h1")).to_be_visible()
        for part in (".top", ".crumbs", "footer:not(.sealed)"):
            expect(page.locator(part)).to_be_hidden()
        assert sheets(page) == 1


def test_the_ledger_moves_from_entry_to_entry_without_scripts(browser: Browser, site: str) -> None:
    with page_of(browser, site, AUDITOR, scripts=False) as page:
        page.goto(f"/audit/projects/{project('soon')}?entry=2")
        items = page.locator("section:has(#items)")
        expect(items).to_contain_text("已申请")
        page.get_by_role("link", name="后一条").click()
        expect(items).to_contain_text("已受理")
        page.get_by_role("link", name="前一条").click()
        page.get_by_role("link", name="前一条").click()
        expect(items).to_contain_text("未启动")
        page.locator("#entry").fill("3")
        page.locator("form.moment").get_by_role("button", name="查看").click()
        expect(items).to_contain_text("已受理")
        page.get_by_role("link", name="回到现在").click()
        expect(page).not_to_have_url("**entry=**")
