"""The bureau's further pages: trends, the card as a dialogue, its notice, orders, report, rules, calendars."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from html import unescape
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from pypdf import PdfReader

from api.notice import document
from api.proof.code import code_svg
from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.api.exports.linked import linked_rows
from tests.api.supervision.test_supervision_pages import MARK, plain, registration, shown
from tests.examples import APPLICANT, BUREAU, LAND, MANAGER
from tests.projections.supervision.test_query import Zone
from tests.watching import Hands

pytestmark = pytest.mark.pages

LENGTH = re.compile(r'<span class="number">\(([\d,]+)\)</span>')
TREND = re.compile(r'<td class="figure"><a href="([^"]+)">(\d+)</a></td>')
LEVELS = re.compile(r'<td class="figure"><a href="([^"]+)#assumed">(\d+)</a></td>')
CARD: dict[str, Any] = {"card": "land-2"}


@pytest.fixture(scope="module")
def hands() -> Hands:
    return Hands("2026-03-02 09:00")


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str, hands: Hands) -> AsyncIterator[Approvals]:
    async with Approvals(shared_database_url, clock=hands) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def slow(door: Door, shared_database_url: str, approvals: Approvals, hands: Hands) -> UUID:
    """A project that breaks its promise of three days: warned, a card, an order, a report, and an appeal returned."""
    zone, project = Zone(shared_database_url, approvals, hands), uuid4()
    order = {"order": "DB-1", "item": "land", "about": MARK, "feedback_by": "2026-03-20", "card": "land-2"}
    story: list[tuple[str, Actor | None, Any]] = [
        ("2026-03-02 09:00", MANAGER, {"command": "register_project", "name": "厂房二期", **registration()}),
        ("2026-03-02 10:00", APPLICANT, {"command": "submit_item", "item": "land"}),
        ("2026-03-02 11:00", LAND, {"command": "accept_item", "item": "land"}),
        ("2026-03-10 00:01", None, {}),
        ("2026-03-12 09:00", None, {}),
        ("2026-03-13 10:00", BUREAU, {"command": "order_supervision", **order}),
        ("2026-03-14 09:00", LAND, {"command": "answer_supervision", "order": "DB-1", "answer": "人员调整"}),
        ("2026-03-16 09:00", LAND, {"command": "appeal_card", "card": "land-2", "reasons": "系统故障"}),
    ]
    for at, by, command in story:
        await zone.on(at)
        if by:
            await door.done(project, command, by)
    await zone.on("2026-03-16 10:00")
    return project


async def page_of(door: Door, path: str, by: Actor = BUREAU, **params: Any) -> str:
    return shown(await door.get(path, by, **params))


async def length_at(door: Door, address: str) -> int:
    """The length that the head of the list at *address* says it has."""
    (length,) = LENGTH.findall(shown(await door.get(unescape(address), BUREAU)))
    return int(length)


async def test_trends_are_numbers_of_weeks_that_lead_to_their_lists(door: Door, slow: UUID) -> None:
    board = await page_of(door, "/supervision")
    trends = board.split('id="trends-caption"')[1].split("</table>")[0]
    numbers = TREND.findall(trends)

    assert slow
    assert [int(number) for _, number in numbers] == [1, 1, 1, 1]  # a warning and a card, of all and of the department
    for address, number in numbers:
        assert await length_at(door, address) == int(number)
    assert board.count('<rect class="level yellow"') == 3  # both columns and the legend


async def test_a_past_board_has_the_trends_of_then(door: Door, slow: UUID) -> None:
    assert slow
    assert "近十二周没有预警或监察牌" in await page_of(door, "/supervision", on="2026-03-03")


@pytest.mark.parametrize(
    ("lang", "sentence", "check"),
    [
        ("zh", r"应于 2026-03-1\d 前按承诺时限作出决定，到 2026-03-1\d 00:00 仍未完成。", "核对：若撤销第"),
        (
            "en",
            r"had to decide within its promise by 2026-03-1\d, and had not at 2026-03-1\d 00:00\.",
            "Check: if entry",
        ),
    ],
)
async def test_a_card_begins_with_its_sentence(door: Door, slow: UUID, lang: str, sentence: str, check: str) -> None:
    page = await page_of(door, f"/pages/projects/{slow}/card", **CARD, lang=lang)

    assert re.search(sentence, plain(page.split('<p class="state">')[1].split("</p>")[0]))
    assert check in plain(page)
    assert page.count('class="crossing"') == 2  # the last day, and the legend
    assert MARK not in page


async def test_the_thread_is_a_dialogue_and_the_verdicts_are_offered_to_the_bureau(door: Door, slow: UUID) -> None:
    address = f"/pages/projects/{slow}/card"
    page = await page_of(door, address, **CARD)
    sides = re.findall(r'<li class="(system|bureau|department)"><div>', page)

    assert sides == ["system", "bureau", "department", "department"]
    verdicts = re.findall(r'href="([^"]*decide_appeal[^"]*verdict=(\w+)[^"]*)"', page)
    assert [verdict for _, verdict in verdicts] == ["uphold", "revoke", "return"]
    assert "verdict=" not in await page_of(door, address, LAND, **CARD)
    form = (await door.get(unescape(verdicts[1][0]), BUREAU)).text
    assert re.search(r'value="revoke"[^>]* checked', form)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_notice_names_all_that_it_has_to(door: Door, slow: UUID, lang: str) -> None:
    page = plain(await page_of(door, f"/pages/projects/{slow}/card/notice", **CARD, lang=lang))
    own = {"zh": ("黄牌", "申诉权利", "证据", "印章"), "en": ("yellow card", "Right of appeal", "Evidence", "seal")}

    for words in (*own[lang], "监察〔2026〕Y-", "督办〔2026〕", "2026-03-20", MARK, "厂房二期"):
        assert words in page
    before = plain(await page_of(door, f"/pages/projects/{slow}/card/notice", **CARD, as_of="2026-03-13T00:00:00Z"))
    assert "本通知未附督办" in before


async def test_a_notice_as_a_file_is_tagged_and_says_the_same(door: Door, slow: UUID) -> None:
    answer = await door.get(f"/pages/projects/{slow}/card/notice.pdf", BUREAU, **CARD)
    reader = PdfReader(BytesIO(answer.content))
    root: Any = reader.root_object
    text = "".join(page.extract_text() for page in reader.pages)

    assert answer.headers["content-type"] == "application/pdf"
    assert root["/MarkInfo"]["/Marked"]
    assert "pdfuaid" in str(root["/Metadata"].get_object().get_data())
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith("监察通知书（黄牌） 监察〔2026〕Y-")
    for words in ("申诉权利", "2026-03-20", "<script>"):
        assert words in text


async def test_the_code_on_a_file_has_words_for_those_who_can_not_see_it(
    door: Door, slow: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without them typst refuses the file; the log that makes the code is not part of this server."""

    async def code(*_: object) -> str:
        return code_svg("the proof of an entry", "proof")

    monkeypatch.setattr("api.notice.pages.code_for", code)
    answer = await door.get(f"/pages/projects/{slow}/card/notice.pdf", BUREAU, **CARD)

    assert answer.status_code == 200
    root: Any = PdfReader(BytesIO(answer.content)).root_object
    tags = list(tags_in(root["/StructTreeRoot"]))
    assert [tag["/Alt"] for tag in tags if tag["/S"] == "/Figure"] == ["扫描后在 /verify 页面验证，内容不会发送。"]
    assert [tag["/S"] for tag in tags].count("/H1") == 1


def tags_in(node: Any) -> Iterator[Any]:
    """The structure elements of a PDF below *node*."""
    node = node.get_object()
    if isinstance(node, list):
        for part in node:
            yield from tags_in(part)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from tags_in(node["/K"])


async def test_without_the_extra_the_page_prints_and_the_file_is_refused(
    door: Door, slow: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.notice.pages.is_installed", lambda: False)
    monkeypatch.setattr(document, "is_installed", lambda: False)
    page = await page_of(door, f"/pages/projects/{slow}/card/notice", **CARD)
    refused = await door.get(f"/pages/projects/{slow}/card/notice.pdf", BUREAU, **CARD)

    assert "notice.pdf" not in page
    assert refused.status_code == 501
    assert "没有安装生成 PDF 的组件" in refused.text


async def test_orders_are_listed_with_their_reports(door: Door, slow: UUID) -> None:
    assert slow
    assert "人员调整" in await page_of(door, "/supervision/orders")
    assert "没有待反馈的督办" in await page_of(door, "/supervision/orders", unanswered="true")


async def test_orders_and_appeals_are_files(door: Door, slow: UUID) -> None:
    (order,) = await linked_rows(door, await page_of(door, "/supervision/orders"), "orders", BUREAU)
    assert (order["项目标识"], order["反馈"], order["状态"]) == (str(slow), "人员调整", "已反馈")
    unanswered = await page_of(door, "/supervision/orders", unanswered="true")
    assert await linked_rows(door, unanswered, "orders", BUREAU) == []
    before = await page_of(door, "/supervision/orders", as_of="2026-03-14T00:00:00+08:00")
    (waiting,) = await linked_rows(door, before, "orders", BUREAU)
    assert (waiting["反馈"], waiting["状态"]) == ("", "待反馈")
    appeals = (await door.get("/supervision/appeals", BUREAU)).headers["location"]
    (appealed,) = await linked_rows(door, shown(await door.get(appeals, BUREAU)), "cards", BUREAU)
    assert (appealed["项目标识"], appealed["状态"]) == (str(slow), "申诉中")


async def test_appeals_lead_to_the_list_of_those_pending(door: Door, slow: UUID) -> None:
    answer = await door.get("/supervision/appeals", BUREAU)

    assert slow
    assert answer.status_code == 303
    assert await length_at(door, answer.headers["location"]) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_report_has_figures_that_are_lists_and_says_how_it_counts(door: Door, slow: UUID, lang: str) -> None:
    page = await page_of(door, "/supervision/report", month="2026-03", lang=lang)
    for label in ("查询摘要（SHA-256）", "Digest of the query (SHA-256)"):
        assert page.count(label) == (label.isascii() == (lang == "en")), "at the foot of each sheet alone"
    departments = page.split('id="departments-caption"')[1].split("</table>")[0]

    assert slow
    for address, number in TREND.findall(departments):
        assert await length_at(door, address) == int(number)
    assert len(TREND.findall(departments)) >= 6
    clocks = TREND.findall(page.split('id="clocks-caption"')[1].split("</table>")[0])
    for address, number in clocks:
        listed = shown(await door.get(unescape(address), BUREAU))
        assert listed.count('<th scope="row">') == int(number)
    assert len(clocks) == 4  # the decision in time, the promise broken: of the department, and of all
    text = plain(page)
    assert ("统计方法" if lang == "zh" else "Method") in text
    assert "厂房二期" in text
    assert MARK in text  # what was ordered in the month
    (itself,) = re.findall(r'href="([^"]*report[^"]*as_of=[^"]*)"', page)
    again = shown(await door.get(unescape(itself), BUREAU))
    assert again.split('<dl class="tiles">')[1:] == page.split('<dl class="tiles">')[1:]
    earlier = plain(await page_of(door, "/supervision/report", month="2026-02", lang=lang))
    assert ("本月没有监察牌" if lang == "zh" else "No card in this month") in earlier


async def test_a_report_of_no_month_is_refused_with_what_would_do(door: Door, slow: UUID) -> None:
    assert slow
    for month in ("2026-13", "march", "0000-01"):
        answer = await door.get("/supervision/report", BUREAU, month=month)
        assert answer.status_code == 400
        assert f"month: {month} is no month" in unescape(answer.text)


async def test_other_rules_say_which_open_cases_would_cross(door: Door, slow: UUID) -> None:
    address = "/supervision/rules"
    page = await page_of(door, address, first="2026-03-01", last="2026-03-16", decision_days="5")
    numbers = LEVELS.findall(page)

    assert "按此规则，1 件在办申请会新增预警或监察牌" in plain(page)
    assert f"/pages/projects/{slow}" in page
    for listed, number in numbers:
        assert await length_at(door, listed) == int(number)
    assert len(numbers) >= 5
    unchanged = await page_of(door, address, first="2026-03-01", last="2026-03-16")
    assert "按此规则" not in unchanged
    assert "自受理行政许可申请之日起二十日内" in unchanged  # the law's own words


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"decision_days": "five"}, "请填写整数"),
        ({"warn_percent": "101"}, "请填写整数"),
        ({"first": "2026-02-30", "decision_days": "5"}, "请填写日期"),
        ({"first": "2026-03-02", "last": "2026-03-01", "decision_days": "5"}, "截止日不能早于起始日"),
        ({"under": "cn-licensing@1999-01-01"}, "没有这个版本"),
    ],
)
async def test_what_is_wrong_with_the_rules_is_said_beside_its_field(
    door: Door, slow: UUID, fields: dict[str, Any], says: str
) -> None:
    page = await page_of(door, "/supervision/rules", **fields)

    assert slow
    assert says in plain(page)
    assert 'class="faulty"' in page
    for name, value in fields.items():
        assert name in ("first", "last", "under") or f'name="{name}" type="text" value="{value}"' in page


async def test_a_calendar_shows_its_year_with_the_notices_it_rests_on(door: Door, slow: UUID) -> None:
    page = await page_of(door, "/supervision/calendars", year="2026")

    assert slow
    assert "248 个工作日" in plain(page)
    assert page.count('<g class="date make_up') == 7  # six days and the legend
    assert "国务院办公厅关于2026年部分节假日安排的通知" in page
    assert "该年没有放假通知" not in page
    assert "没有涉及该年的通知" in await page_of(door, "/supervision/calendars", year="2031")


async def test_a_notice_is_previewed_before_it_is_imported(door: Door, slow: UUID) -> None:
    preview = "/supervision/calendars/preview"
    days = "2026-03-24 至 2026-03-26 休\n2026-03-28 班"
    page = await page_of(door, preview, days=days)

    assert f"/pages/projects/{slow}" in page
    assert f">{days}</textarea>" in page
    for wrong in ("2026-03-24", "soon 休", "2026-03-28 班\n2026-03-28 休", "1980-03-24 休"):
        shown = await page_of(door, preview, days=wrong)
        assert "无法识别这些日期" in plain(shown)
        assert f">{wrong}</textarea>" in shown
    assert (await door.get(preview, LAND, days=days)).status_code == 403
