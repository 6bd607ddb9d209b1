"""The desk and the manager's page in a real browser: by keyboard, by mouse, without scripts, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from socket import socket

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import PAGES
from tests.accessibility import barriers
from tests.api.client import identity
from tests.api.served import served
from tests.effort import PATIENCE_SECONDS, chosen
from tests.examples import LAND, LEADER, MANAGER
from tests.law.questions import at
from tests.pages.busy_desk import LOOKED_AT, busy_project, busy_zone
from tests.pages.conftest import DESKTOP, LANGUAGES, LOOKED_AT_PHONES, PHONE, page_of
from tests.pages.paper import sheets
from tests.pages.test_in_a_browser import SIDEWAYS, STORED

SHEETS_MAX = 6  # a project in a folder

pytestmark = pytest.mark.slow
LATE = at("05-20 10:00")  # a day on which results keyed in on the 6th have not been verified for long
HANDS = [LOOKED_AT]
# In the suite test_in_a_browser looks at these, in another zone.
SEEN_ELSEWHERE = chosen(
    (), ((LEADER, "/desk"), (LEADER, "/pages/progress?view=matrix"), (LEADER, "/pages/progress?view=gantt"))
)


@pytest.fixture(scope="module")
def site(program: str, server_url: str, projected_template: str, listening: socket) -> Iterator[str]:
    """A zone of its own, as these tests write into it."""
    HANDS[0] = LOOKED_AT
    with (
        busy_zone(server_url, projected_template) as url,
        served(url, PAGES, lambda: HANDS[0], signs_in=True, gateway="open", listening=listening) as address,
    ):
        yield address


@contextmanager
def looked_at(instant: datetime) -> Iterator[None]:
    """The server's clock at *instant*."""
    before, HANDS[0] = HANDS[0], instant
    yield
    HANDS[0] = before


def errors_of(page: Page) -> list[str]:
    """What the browser complains about on *page*, as it comes."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def stage_of(site: str, nth: int, item: str) -> str:
    """The stage of an item now, as the interface has it."""
    answer = httpx.get(
        f"{site}/v1/projects/{busy_project(nth)}", headers=identity(LEADER), timeout=PATIENCE_SECONDS
    ).json()
    stage: str = next(row["stage"] for row in answer["items"] if row["item"] == item)
    return stage


def accept(site: str, nth: int) -> None:
    """Accept one application at another desk."""
    headers = identity(LAND) | {"Idempotency-Key": f"other-desk-{nth}"}
    body = {"command": "accept_item", "item": "land"}
    answer = httpx.post(
        f"{site}/v1/projects/{busy_project(nth)}/commands", json=body, headers=headers, timeout=PATIENCE_SECONDS
    )
    assert answer.status_code == 200, answer.text


def test_what_the_first_screen_must_answer_is_on_it(browser: Browser, site: str) -> None:
    """Officer: what must I decide, until when, what if I do not. Manager: what to key in, to verify, what is stuck."""
    for viewport in (DESKTOP, PHONE):
        with page_of(browser, site, LAND, viewport) as page:
            page.goto("/desk")
            row = page.locator("tr[data-row]").first
            for part in (row.locator("th a"), row.locator("svg.limit"), row.locator(".clock time")):
                expect(part).to_be_in_viewport(ratio=1)
            expect(row.locator(".consequence")).to_contain_text("视为受理")
            expect(row.locator(".consequence")).to_be_in_viewport(ratio=1)
            assert page.evaluate(SIDEWAYS) <= viewport["width"]
        with looked_at(LATE), page_of(browser, site, MANAGER, viewport) as page:
            page.goto("/")
            for group in ("待录入 13", "待核实 1", "受阻 1"):
                expect(page.get_by_role("link", name=group)).to_be_in_viewport(ratio=1)
            expect(page.locator('[data-group="key_in"] li').first).to_be_in_viewport(ratio=1)
            assert page.evaluate(SIDEWAYS) <= viewport["width"]
        with page_of(browser, site, LEADER, viewport) as page:
            page.goto("/pages/progress")
            row = page.locator("tbody tr").first
            expect(row.locator("th a")).to_be_in_viewport(ratio=1)
            expect(row.locator(".now")).to_be_in_viewport(ratio=1)
            expect(row.locator(".clock")).to_be_in_viewport(ratio=1)


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_have_no_barriers_and_no_stored_values(browser: Browser, site: str, lang: str) -> None:
    row = "P-0\ttax\t准予\t\t\t窗口\t\t\nP-0\tnothing\t准予\t\t\t窗口\t\t"
    with looked_at(LATE):
        for by, path in (
            (LAND, "/desk"),
            (LAND, "/desk?group=today"),
            (MANAGER, "/"),
            (MANAGER, "/pages/my-projects?group=key_in"),
            (MANAGER, "/pages/results"),
            (LEADER, f"/pages/progress?open={busy_project(0)}"),
            (LEADER, f"/pages/projects/{busy_project(0)}#graph"),
            *SEEN_ELSEWHERE,
        ):
            with page_of(browser, site, by) as page:
                errors = errors_of(page)
                address = path.partition("#")
                joint = "&" if "?" in path else "?"
                page.goto(f"{address[0]}{joint}lang={lang}{address[1]}{address[2]}")
                if path == "/pages/results":
                    page.get_by_role("textbox").fill(row)
                    page.get_by_role("button").first.click()
                    expect(page.locator("tr.refused")).not_to_have_count(0)
                assert errors == []
                assert barriers(page) == [], (path, lang)
                assert STORED.findall(page.inner_text("main")) == []
                page.set_viewport_size(PHONE)
                assert page.evaluate(SIDEWAYS) <= PHONE["width"], path
                for _ in LOOKED_AT_PHONES:
                    assert barriers(page) == [], (path, lang, "phone")


def test_the_keys_are_shown_and_a_row_opens_beside_the_list(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND) as page:
        page.goto("/desk")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        name = page.locator("tr[data-row]").first.locator("th a").inner_text()
        page.keyboard.press("Enter")
        pane = page.locator("[data-pane]")
        expect(pane.get_by_role("heading", name=name)).to_be_visible()
        expect(pane.get_by_role("heading", name="现在由谁办理")).to_be_visible()
        expect(page).to_have_url(re.compile("/desk$"))
        box = pane.bounding_box()
        assert box is not None
        assert box["x"] > DESKTOP["width"] / 3
    with page_of(browser, site, LAND, {"width": 1100, "height": 800}) as page:
        page.goto("/desk")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/items/land*")


def test_an_officer_accepts_ten_applications_by_keyboard_alone(browser: Browser, site: str) -> None:
    with page_of(browser, site, LAND) as page:
        page.goto("/desk")
        for _ in range(10):
            page.keyboard.press("j")
            page.keyboard.press("x")
        expect(page.get_by_role("button", name="受理所选 10 件")).to_be_visible()
        page.keyboard.press("a")
        expect(page.get_by_role("status")).to_have_text("已受理 10 件")
        expect(page.locator("tr.accepted")).to_have_count(10)
        expect(page.locator("tr.accepted time"), "each with the last day of its decision").to_have_count(10)
        page.reload()
        expect(page.get_by_text("此前已受理")).to_have_count(10)


def test_bulk_with_a_refused_application_among_them_works_without_scripts(browser: Browser, site: str) -> None:
    """One of the chosen is accepted at another desk meanwhile; the pages still show it."""
    open_ones = [nth for nth in range(14) if stage_of(site, nth, "land") == "submitted"]
    taken, free = open_ones[:2]
    with page_of(browser, site, LAND, scripts=False) as page:
        page.goto("/desk")
        for nth in (taken, free):
            page.locator(f'input[value="{busy_project(nth)}/land"]').check()
        accept(site, taken)
        page.get_by_role("button", name="受理所选").click()
        expect(page.locator("tr.accepted")).to_have_count(1)
        expect(page.locator("tr.refused")).to_contain_text("现在是“已受理”")
        page.get_by_role("link", name="返回工作台").click()
        page.wait_for_url("**/desk?department=land")
    assert stage_of(site, free, "land") == "accepted"


@pytest.mark.parametrize(("scripts", "nth"), chosen([(False, 1)], [(True, 0), (False, 1)]))
def test_a_manager_pastes_results_which_are_checked_then_recorded(
    browser: Browser, site: str, scripts: bool, nth: int
) -> None:
    known = f"P-{nth}\t税务登记\t准予\t京税{nth}号\t2026-05-07\t电子税务局\t税务局\t2026-05-07"
    rows = f"{known}\nP-{nth}\t税务\t准予\t\t\t窗口"
    with page_of(browser, site, MANAGER, scripts=scripts) as page:
        page.goto("/")
        page.get_by_role("link", name="批量录入结果").click()
        page.get_by_label("结果（每行一个）").fill(rows)
        page.get_by_role("button", name="检查").click()
        expect(page.locator("p.asof[role=status]")).to_have_text("已录入 0 行，可以录入 1 行，有问题 1 行")
        expect(page.locator("tr.refused")).to_contain_text("事项：无法识别")
        assert stage_of(site, nth, "tax") == "not_started"
        page.get_by_role("button", name="录入 1 行").click()
        expect(page.locator("p.asof[role=status]")).to_have_text("已录入 1 行，可以录入 0 行，有问题 1 行")
        expect(page.get_by_label("结果（每行一个）")).to_have_value(rows.split("\n")[1])
    assert stage_of(site, nth, "tax") == "completed"


def test_a_project_is_read_part_by_part_within_three_screens(browser: Browser, site: str) -> None:
    with page_of(browser, site, LEADER) as page:
        page.goto(f"/pages/projects/{busy_project(3)}")
        assert page.evaluate("() => document.documentElement.scrollHeight") <= 3 * DESKTOP["height"]
        expect(page.locator("#history")).to_be_hidden()
        expect(page.locator(".gantt .arrow:not(.decides):visible")).to_have_count(0)
        page.locator(".gantt li", has=page.locator(".arrow:not(.decides)")).first.get_by_role("link").focus()
        expect(page.locator(".gantt .arrow:not(.decides):visible")).not_to_have_count(0)
        page.get_by_role("link", name="前置图").click()
        expect(page.locator("svg.graph")).to_be_visible()
        expect(page.locator("#progress")).to_be_hidden()
        page.locator("svg.graph a").last.click()
        page.wait_for_url("**/items/permit*")
        page.goto(f"/pages/projects/{busy_project(3)}#entry-2")
        expect(page.locator("#entry-2")).to_be_visible()


def test_a_project_prints_its_state_and_links_to_other_parts(browser: Browser, site: str) -> None:
    with page_of(browser, site, LEADER) as page:
        page.goto(f"/pages/projects/{busy_project(3)}")
        expect(page.locator(".on-paper")).to_be_hidden()
        page.emulate_media(media="print")
        for part in (".tiles", ".gantt", "#items-caption", ".on-paper a[href$='#history']"):
            expect(page.locator(part).first).to_be_visible()
        for part in ("#history", "#materials", "#feedback", "#graph", "#waiting"):
            expect(page.locator(part)).to_be_hidden()
        assert sheets(page) <= SHEETS_MAX
        page.goto(f"/pages/projects/{busy_project(3)}#history")
        expect(page.locator("#history")).to_be_visible()
