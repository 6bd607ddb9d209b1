"""In a real browser: no errors, no barriers, no sideways scrolling, no need of scripts, and a way by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from itertools import product
from pathlib import Path, PurePosixPath
from socket import socket
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import PAGES
from scripts.simulation.simulate import SimulationPlan, simulate
from tests.accessibility import CONTRAST, barriers, faint_texts
from tests.api.client import identity
from tests.api.html.every_page import EveryPage
from tests.api.served import served
from tests.chromium import finish
from tests.conftest import database_in
from tests.effort import chosen
from tests.examples import LEADER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at
from tests.pages.conftest import NTH_SEEN_IN_THE_DARK, PHONE, WIDE, page_of
from tests.pages.places import NAMES, Places, places_in
from tests.projections.zone import record_zone

PROJECTS, SEED, UNTIL = 3, 7, date(2026, 5, 20)
LOOKED_AT = at("05-20 18:00")
OPENED_ELSEWHERE = (  # with the same checks, by other files of the folder
    *("/window", "/window/items", "/window/items/LU-1", "/window/track", "/window/published", "/window/decisions"),
    *("/window/apply", "/my", "/pages/my-projects", "/pages/results", "/projects/a/acts/b", "/items/a/b/acts/c"),
    *("/supervision/rules", "/supervision/calendars", "/supervision/calendars/preview", "/supervision/report"),
    *("/pages/projects/a/card/notice", "/audit", "/audit/projects/a", "/admin/people"),
)
DESKTOP_WIDTH, TABLET_WIDTH, PHONE_WIDTH = 1280, 768, 390
STATUSES = {"unknown": 404, "wrong": 400}
STORED = re.compile(r"\b(?:[a-z]+_)+[a-z]+\b")  # how values are stored, and never spoken
# What takes the keyboard, in the order in which it does; a choice of a day has several stops inside.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
    .filter(one => one.type !== 'hidden' && one.checkVisibility())
    .map((one, nth) => { one.dataset.nth = nth; return one.type || ''; })"""
FOCUSED = """() => { const one = document.activeElement, style = getComputedStyle(one);
    return one === document.body ? null : [Number(one.dataset.nth), style.outlineStyle !== 'none'
        && parseFloat(style.outlineWidth) >= 2]; }"""
OWN_LINKS = re.compile(r'<a\b[^>]*?\shref="((?!//)[/?][^"]*)"')
ANSWER_SECONDS_MAX = 60
SUITE_SECONDS_MAX, PROOF_SECONDS_MAX = (
    300,
    3600,
)  # for all pages; a proof opens each six times, on a machine that is busy
SIDEWAYS = "() => document.documentElement.scrollWidth"

pytestmark = pytest.mark.slow
TAGS = ("zh", "en")
SEEN_IN_THE_DARK = NAMES[::NTH_SEEN_IN_THE_DARK]
in_turn = [(name, TAGS[nth % len(TAGS)]) for nth, name in enumerate(NAMES)]
in_its_languages = pytest.mark.parametrize(("name", "lang"), chosen(in_turn, [*product(NAMES, TAGS)]))


@pytest.fixture(scope="module")
def database(program: str, server_url: str, projected_template: str) -> Iterator[str]:
    """A simulated zone and a small one written by hand, and the views as far as the ledger."""
    assert program
    with database_in(server_url, projected_template) as url:
        finish(simulate(url, SimulationPlan(PROJECTS, SEED, UNTIL, processes=1), lambda _done, _all: None))
        finish(record_zone(url))
        project_all(url)
        yield url


@pytest.fixture(scope="module")
def site(database: str, listening: socket) -> Iterator[str]:
    """The address of the server, at which it is always the same evening."""
    with served(database, PAGES, lambda: LOOKED_AT, listening=listening) as address:
        yield address


@pytest.fixture(scope="module")
def places(database: str) -> Places:
    """Where the pages are."""
    return places_in(database)


@in_its_languages
def test_a_page_opens_without_errors_barriers_or_sideways_scrolling(
    page: Page, places: Places, name: str, lang: str
) -> None:
    console_lines: list[str] = []
    page.on("console", lambda message: console_lines.append(message.text))
    page.on("pageerror", lambda error: console_lines.append(str(error)))
    response = page.goto(places.of(name, lang))

    assert response is not None
    assert response.status == STATUSES.get(name, 200)
    assert [text for text in console_lines if name not in STATUSES or "Failed to load resource" not in text] == []
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert STORED.findall(page.inner_text("main")) == []
    assert barriers(page) == []
    if name in SEEN_IN_THE_DARK:
        page.emulate_media(color_scheme="dark")
        assert faint_texts(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(SIDEWAYS) <= PHONE["width"]


@pytest.mark.long
@pytest.mark.timeout(chosen(SUITE_SECONDS_MAX, PROOF_SECONDS_MAX))
def test_every_page_of_the_application_has_no_barriers(
    browser: Browser, site: str, database: str, tmp_path: Path
) -> None:
    """In the suite those that no other test opens, once each; in a proof all, in both languages and at three widths."""
    ways = list(product(TAGS, (DESKTOP_WIDTH, TABLET_WIDTH, PHONE_WIDTH)))
    addresses = (*places_in(database).by_name.values(), *OPENED_ELSEWHERE)
    opened = [PurePosixPath(urlsplit(address).path) for address in addresses]
    faults = list[str]()
    with httpx.Client(base_url=site, timeout=ANSWER_SECONDS_MAX, follow_redirects=True) as client:
        pages = [*EveryPage(database, tmp_path).read(client, "zh", chosen(opened, []))]
    with page_of(browser, site, LEADER, WIDE) as page:
        for nth, (example, by, _) in enumerate(pages):
            assert by, f"{example.path}: nobody may read it"
            page.context.set_extra_http_headers(identity(by))
            for lang, width in chosen([ways[nth % len(ways)]], ways):
                page.set_viewport_size({"width": width, "height": WIDE["height"]})
                page.goto(example.address(lang))
                faults += [f"{example.path} in {lang} at {width}: {rule} {html}" for rule, html in barriers(page)]
                if page.evaluate(SIDEWAYS) > width:
                    faults.append(f"{example.path} in {lang} at {width}: it scrolls sideways")
    assert faults == []


def test_what_is_only_read_out_in_a_wide_table_widens_no_page(page: Page) -> None:
    page.set_viewport_size({"width": TABLET_WIDTH, "height": WIDE["height"]})
    page.goto("/pages/conformance?lang=en")
    assert page.locator(".wide td:last-child .hidden").count()
    assert page.evaluate(SIDEWAYS) <= TABLET_WIDTH


def test_the_checks_see_what_is_wrong(page: Page) -> None:
    page.goto("about:blank")  # which has no policy against contents that are set
    page.set_content(
        '<html lang="en"><body><img src="x"><p>Black</p><p style="width: 2000px; color: #ddd">Grey</p><a href="/">x</a>'
    )
    assert {"image-alt", CONTRAST} <= {rule for rule, _ in barriers(page)}
    assert [rule for rule, _ in faint_texts(page)] == [CONTRAST]
    assert page.evaluate(SIDEWAYS) > page.viewport_size["width"] if page.viewport_size else False
    assert STORED.findall("item_submitted, 已申请") == ["item_submitted"]


@pytest.mark.parametrize("name", chosen(NAMES[::6], NAMES))
def test_every_control_is_reached_by_keyboard_and_shows_it(page: Page, places: Places, name: str) -> None:
    page.goto(places.of(name))
    controls = page.evaluate(CONTROLS)
    reached = list(tabbed(page, 4 * len(controls) + 10))

    assert reached[0][0] == 0  # the way past the menu
    assert {nth for nth, _ in reached} == set(range(len(controls)))
    assert {nth for nth, visible in reached if visible} == set(range(len(controls)))


def tabbed(page: Page, tries: int) -> Iterator[tuple[int, bool]]:
    """Where each press of Tab leads, until it has been everywhere; whether the focus shows there."""
    for _ in range(tries):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return
        yield focused[0], focused[1]


def test_the_way_past_the_menu_leads_to_the_content(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_without_scripts_filters_pages_and_languages_work(browser: Browser, site: str, places: Places) -> None:
    with page_of(browser, site, LEADER, WIDE, scripts=False) as page:
        page.goto("/pages/progress?limit=2")
        first = page.locator("tbody th a").all_inner_texts()
        page.locator("a[rel=next]").click()
        expect(page.locator("tbody th a").first).not_to_have_text(first[0])
        page.wait_for_load_state()
        second = page.locator("tbody th a").all_inner_texts()
        assert len(first) == 2
        assert first != second
        page.get_by_text("更多条件").click()
        page.get_by_label("预警").select_option("late")
        page.get_by_role("button", name="筛选").click()
        expect(page).to_have_url(re.compile("warned=late"))
        expect(page.locator("i.late").nth(1)).to_be_visible()
        page.get_by_role("link", name="English").click()
        expect(page.locator("h1")).to_have_text("Progress of projects")
        expect(page).to_have_url(re.compile("warned=late"))
        page.goto(places.of("desk"))
        page.get_by_role("link", name="怎么算的").first.click()
        expect(page.locator("#days")).to_contain_text("逐日计算")


@pytest.mark.long
def test_no_link_is_dead(site: str, places: Places) -> None:
    links: dict[str, str] = {}  # one of each kind
    with httpx.Client(
        base_url=site, headers=identity(LEADER), follow_redirects=True, timeout=ANSWER_SECONDS_MAX
    ) as client:
        for name in NAMES:
            page = client.get(places.of(name, "en"))
            for href in OWN_LINKS.findall(page.text.partition("<main")[2].partition("</main>")[0]):
                address = str(page.url.join(unescape(href)))
                links.setdefault(re.sub(r"[0-9a-f-]{36}|=[^&]*", "*", address.partition("#")[0]), address)
        assert len(links) > 15
        answers = {href: client.get(href).status_code for href in links.values()}
    assert {href: status for href, status in answers.items() if status != 200} == {}
