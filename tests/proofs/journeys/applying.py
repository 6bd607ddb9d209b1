"""A project begins: its manager registers it, its enterprise applies and tracks, an officer asks for papers."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import FilePayload, Request, expect

from tests.proofs.journeys.ground import APPLICANT, MANAGER, OFFICE, Ground
from tests.proofs.journeys.visitor import Manner, Visitor

PAGES_MAX = 8  # of an application, from the choice of the item to the receipt
PAPER: FilePayload = {"name": "申请表.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 a paper"}
PROJECT = re.compile(r"/projects/([0-9a-f-]{36})/")
FIRST_ITEM, REQUESTED = "投资项目首次咨询", "supplement_requested"


def a_project_begins(ground: Ground, manner: Manner) -> str:
    """The journeys of a manager, an enterprise and an officer, one after the other; what they took."""
    title = f"星光封测{manner.name}"
    with ground.visit(APPLICANT, manner) as visitor:
        enterprise: dict[str, Any] = visitor.page.request.get("/v1/me").json()
    with ground.visit(MANAGER, manner) as visitor:
        project = manager_registers(visitor, title, enterprise["over"])
        managed = f"a manager's project in {visitor.clicks} clicks"
    with ground.visit(APPLICANT, manner) as visitor:
        number, code = enterprise_applies(visitor, title)
        applied = f"an application in {visitor.pages} pages"
    with ground.visit("", manner) as visitor:
        stranger_tracks(visitor, number, code)
    with ground.visit(OFFICE, manner) as visitor:
        officer_asks_once(visitor, project, title)
    return f"{managed}, {applied}"


def manager_registers(visitor: Visitor, title: str, code: str) -> str:
    """Register a project, plan it by the flow, fill its information base, key in a tax result; the project's id."""
    page = visitor.page
    visitor.click(page.get_by_role("link", name="登记项目"))
    visitor.fill(page.get_by_label("项目名称"), title)
    visitor.fill(page.get_by_label("企业名称"), "博大医疗器械科技有限公司")
    visitor.fill(page.get_by_label("统一社会信用代码"), code)
    visitor.send()
    visitor.click(page.get_by_role("link", name="返回项目"))
    match = PROJECT.search(f"{page.url}/")
    visitor.require(match, "a receipt leads to its project")
    visitor.click(page.get_by_role("link", name="启用审批流程"))
    visitor.click(page.get_by_label("生产制造"))
    visitor.send()
    visitor.click(page.get_by_role("link", name="返回项目"))
    visitor.click(page.get_by_role("link", name="录入项目信息"))
    visitor.click(page.get_by_label("投资与资金"))
    visitor.click(page.locator("button[value=review]"))
    visitor.fill(page.locator("[name='fields.total']"), "30000")
    visitor.fill(page.locator("[name='fields.own_capital']"), "9000")
    visitor.send()
    visitor.click(page.get_by_role("link", name="返回项目"))
    key_in_tax(visitor)
    assert match is not None
    return match[1]


def key_in_tax(visitor: Visitor) -> None:
    """From the project to its tax item, and the result of the tax office keyed in."""
    page = visitor.page
    visitor.click(page.get_by_role("link", name="税务登记信息确认").first)
    visitor.click(page.get_by_role("link", name="录入系统外结果"))
    visitor.click(page.get_by_label("准予", exact=True))
    visitor.fill(page.locator("#evidence"), "税务登记信息确认表")
    visitor.fill(page.locator("#document_on"), "2026-05-18")
    visitor.fill(page.locator("#source"), "窗口领取的证照")
    visitor.send()
    visitor.click(page.get_by_role("link", name="返回办件"))
    expect(page.locator("main")).to_contain_text("项目经理录入系统外结果：准予")


def enterprise_applies(visitor: Visitor, title: str) -> tuple[str, str]:
    """Apply for an item with a file and papers at the window; number and code on the receipt."""
    page = visitor.page
    visitor.require_readable()
    visitor.click(page.get_by_role("link", name="开始申请"))
    visitor.start()
    visitor.click(page.get_by_role("button", name=re.compile(f"^开始申请: {FIRST_ITEM}, {title}")))
    visitor.click(page.get_by_role("link", name="继续", exact=True))
    visitor.click(page.get_by_role("button", name="资料无误，继续"))
    visitor.attach(page.get_by_label("选择文件"), PAPER)
    visitor.click(page.get_by_role("button", name="上传"))
    expect(page.get_by_role("button", name=f"移除: {PAPER['name']}")).to_be_visible()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        visitor.click(box)
    visitor.click(page.get_by_role("button", name="继续", exact=True))
    visitor.click(page.get_by_role("button", name="提交申请"))
    expect(page.locator(".receipt dd").nth(1)).to_be_visible()
    visitor.require_readable()
    number, code = page.locator(".receipt dd").all_inner_texts()[:2]
    visitor.require(0 < visitor.pages <= PAGES_MAX, f"an application takes {visitor.pages} pages: {visitor.paths}")
    return number, code


def stranger_tracks(visitor: Visitor, number: str, code: str) -> None:
    """Track the case by its code, without sign-in."""
    page = visitor.page
    page.goto("/window/track")
    visitor.fill(page.get_by_label("办件编号"), number)
    visitor.fill(page.get_by_label("查询码"), code)
    visitor.click(page.get_by_role("button", name="查询"))
    expect(page.locator("main")).to_contain_text("正在决定是否受理")


def officer_asks_once(visitor: Visitor, project: str, title: str) -> None:
    """Request what is missing, from the desk; sent again it is the same, and a second request is refused by the law."""
    page = visitor.page
    row = page.locator("tr[data-row]", has_text=title)
    visitor.reload_until(row)
    visitor.click(row.get_by_role("link").first)
    visitor.click(page.get_by_role("link", name="一次告知补正"))
    papers = page.locator("fieldset.paper")
    expect(papers.first).to_be_visible()  # a key does not wait for the page that it opens
    form = page.url
    for nth, paper in enumerate(papers.all()):
        visitor.click(paper.get_by_label("齐全" if nth else "缺", exact=True))
    posted: list[Request] = []
    page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
    visitor.send()
    send_again(visitor, posted[-1])
    page.goto(form)
    visitor.fill(page.locator("#missing-other"), "地形图")
    visitor.click(page.locator("button[value=review]"))
    expect(page.locator("#missing .fault").first).to_contain_text("不能再增加：地形图")
    history: dict[str, Any] = page.request.get(f"/v1/projects/{project}/history").json()
    facts = [entry["fact"]["fact"] for entry in history["entries"]]
    visitor.require(facts.count(REQUESTED) == 1, f"one {REQUESTED} is recorded: {facts}")


def send_again(visitor: Visitor, request: Request) -> None:
    """The same form once more, as a browser sends it on a second click. Raises RefutedError where that fails."""
    headers = {"Content-Type": request.headers["content-type"], "Sec-Fetch-Site": "same-origin"}
    answer = visitor.page.request.post(request.url, data=request.post_data_buffer or b"", headers=headers)
    visitor.require(answer.ok, f"a form that is sent again is answered as before, not {answer.status}")
