"""Who works through the zone: an officer accepts ten by keyboard, the bureau goes to an appeal decided, others look."""

from __future__ import annotations

import re
from datetime import date, timedelta
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import Locator, expect

from tests.proofs.journeys.ground import (
    AFTERWARDS,
    AUDITOR,
    BUREAU,
    LEADER,
    MANAGER,
    OFFICER,
    Ground,
    plant_applications,
    plant_stuck,
    today,
)
from tests.proofs.journeys.visitor import Manner, Visitor

ACCEPTED, ROWS_MAX = 10, 200
CLICKS_MAX = 2  # from the first screen to what holds a stuck project
COUNT_TICKED = "() => document.querySelectorAll('input[name=case]:checked').length"
ROW_HAS_BOX = "() => !!document.activeElement.closest('tr[data-row]')?.querySelector('input[name=case]')"


def ten_are_accepted(ground: Ground, manner: Manner) -> str:
    """An officer accepts ten applications with the keys of the desk alone; the seconds that took."""
    title = f"十件{manner.name}"
    with ground.visit(MANAGER, manner) as visitor:
        plant_applications(visitor, ACCEPTED, title)
    with ground.visit(OFFICER, manner) as visitor:
        page = visitor.page
        visitor.reload_until(page.locator("tr[data-row]", has_text=f"{title}第{ACCEPTED}号"))
        begun, ticked = monotonic(), 0
        for _ in range(ROWS_MAX):
            page.keyboard.press("j")
            if page.evaluate(ROW_HAS_BOX):
                page.keyboard.press("x")
            ticked = page.evaluate(COUNT_TICKED)
            if ticked == ACCEPTED:
                break
        visitor.require(ticked == ACCEPTED, f"{ACCEPTED} rows are ticked by keyboard, not {ticked}")
        page.keyboard.press("a")
        expect(page.get_by_role("status")).to_have_text(f"已受理 {ACCEPTED} 件")
        seconds = monotonic() - begun
        expect(page.locator("tr.accepted")).to_have_count(ACCEPTED)
    return f"ten acceptances by keyboard in {seconds:.1f} s"


def an_appeal_is_decided(ground: Ground, manner: Manner) -> str:
    """From a warning to an order, from a card to the department's appeal, to the bureau's decision."""
    with ground.visit(BUREAU, manner) as visitor:
        page = visitor.page
        visitor.click(page.get_by_role("link", name="今年"))
        visitor.click(page.get_by_role("link", name="预警", exact=True).last)
        visitor.click(page.get_by_role("link", name="监察〔").first)
        visitor.click(page.get_by_role("link", name="督办", exact=True).last)
        about = f"请说明原因（{manner.name}）"
        visitor.fill(page.locator("#about"), about)
        visitor.fill(page.locator("#feedback_by"), str(today() + timedelta(days=10)))
        visitor.send()
        visitor.click(page.get_by_role("link", name="返回办件"))
        page.goto("/supervision/orders?unanswered=true")
        visitor.reload_until(page.locator("tbody", has_text=about))
    with ground.visit(OFFICER, manner) as visitor:
        card = department_appeals(visitor, manner)
    with ground.visit(BUREAU, manner) as visitor:
        bureau_decides(visitor, card)
    return "a warning, an order, an appeal decided"


def department_appeals(visitor: Visitor, manner: Manner) -> str:
    """From the desk to a card that can be appealed against, and the appeal; the address of the card."""
    page = visitor.page
    visitor.click(page.locator("nav.figures a.supervision"))
    cards = page.locator("tr[data-row] th a", has_text=re.compile("监察〔"))
    expect(cards.first).to_be_visible()
    addresses = [str(link.get_attribute("href")) for link in cards.all()]
    appeal = page.get_by_role("link", name="对监察牌提出申诉")
    for address in addresses:
        page.goto(address)
        if appeal.count():
            visitor.click(appeal)
            visitor.fill(page.locator("#reasons"), f"系统故障，材料已于当日受理（{manner.name}）")
            visitor.send()
            return address
    visitor.require(False, f"the department can appeal against one of {len(addresses)} cards")
    return ""


def bureau_decides(visitor: Visitor, card: str) -> None:
    """From the list of appeals to the card, and the verdict."""
    page = visitor.page
    visitor.click(page.get_by_role("link", name="申诉", exact=True).first)
    link = page.locator(f'a[href^="{card}"]').first
    visitor.reload_until(link)
    visitor.click(link)
    visitor.click(page.locator(".verdicts").get_by_role("link", name="维持"))
    visitor.fill(page.locator("#reasons"), "当日没有系统故障的记录")
    visitor.send()
    page.goto(card)
    expect(page.locator("p.state")).to_contain_text("申诉维持")


def a_stuck_project_is_reached(ground: Ground, manner: Manner) -> str:
    """A leader comes from the first screen to what holds a planted project in two clicks."""
    title = f"停滞{manner.name}"
    with ground.visit(MANAGER, manner) as manager, ground.visit(OFFICER, manner) as officer:
        plant_stuck(manager, officer, title)
    with ground.visit(LEADER, manner) as visitor:
        page = visitor.page
        row = page.locator("ol.todo li", has_text=title)
        visitor.reload_until(row)
        expect(row).to_contain_text(f"后面还有 {AFTERWARDS} 项")
        visitor.start()
        visitor.click(row.get_by_role("link", name="查看"))
        visitor.click(page.get_by_role("link", name="用地预审").first)
        expect(page.locator("main")).to_contain_text("不属于本机关职权范围")
        visitor.require(visitor.clicks <= CLICKS_MAX, f"it takes {visitor.clicks} clicks")
    return f"a stuck project in {visitor.clicks} clicks"


def two_moments_are_compared(ground: Ground, manner: Manner) -> str:
    """An auditor compares the last day of the simulated project with the most entries with one a year before.

    The project may have ended long ago. The auditor then goes back through its ledger.
    """
    with ground.visit(AUDITOR, manner) as visitor:
        page = visitor.page
        rows = page.locator("main tbody tr")
        visitor.require(rows.count(), "the simulated zone has ledgers")
        visitor.click(longest(rows))
        expect(page.locator(".chain strong")).to_contain_text("已核对")
        last = date.fromisoformat(page.locator("table time").first.inner_text().split()[0])
        visitor.fill(page.get_by_label("从"), str(last - timedelta(days=365)))
        visitor.fill(page.get_by_label("到", exact=True), str(last))
        visitor.click(page.get_by_role("button", name="对比"))
        compared = page.locator("section:has(#compared) tbody tr")
        expect(compared.first).to_be_visible()
        differences = compared.count()
        visitor.click(page.get_by_role("link", name="前一条"))
        expect(page.get_by_role("link", name="后一条")).to_be_visible()
        page.goto(f"{urlsplit(page.url).path}/bundle")
        visitor.require_readable()
        visitor.fill(page.locator("#reason"), " ")
        visitor.click(page.get_by_role("button", name="下载审计包"))
        expect(page.get_by_role("alert")).to_contain_text("请填写用途")
        visitor.require_readable()
    return f"{differences} differences between two days"


def longest(rows: Locator) -> Locator:
    """The link to the ledger with the most entries among *rows*."""
    counts = [int(text.replace(",", "")) for text in rows.locator("td:nth-of-type(1)").all_inner_texts()]
    return rows.nth(counts.index(max(counts))).locator("th a")
