"""The project manager's page: what to key in, to verify and to push; and results pasted, checked and recorded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from domain.core.ledger import Actor, Role
from domain.core.plan import PlannedItem
from domain.core.types import Outcome
from domain.messages import AnyCommand
from domain.project.application.acceptance import DeclineItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.external.results import RecordExternalResult
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import Door, identity
from tests.api.exports.linked import linked_rows, projects_in
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER, USCC, project_id_of
from tests.law.questions import at

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]

HANDS = [at("04-01 09:00")]
PLAN = (
    PlannedItem(item="land", name="用地批准", department="land"),
    PlannedItem(item="tax", name="税务登记", department="tax", live=False),
    PlannedItem(item="permit", name="施工许可", department="land", requires=("tax",)),
)
AUDITOR = Actor("sun.yu", "audit", Role.AUDITOR)
FORM = "application/x-www-form-urlencoded"
RESULTS = "/pages/results"


def project_of(name: str) -> UUID:
    """The project called *name* here."""
    return project_id_of(UUID(int=6), name)


def registration(name: str, manager: str = MANAGER.id) -> RegisterProject:
    """The registration of the project *name*, whose code is P- and its name."""
    enterprise = Enterprise("恒信", USCC)
    return RegisterProject(name=f"项目{name}", code=f"P-{name}", enterprise=enterprise, manager=manager, items=PLAN)


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Four projects of one manager and one of another; one result is old, one item was declined."""
    async with Approvals(shared_database_url, clock=lambda: HANDS[0]) as opened:
        steps: list[tuple[str, Actor, AnyCommand]] = [
            *((name, MANAGER, registration(name)) for name in ("a", "b", "old", "stuck")),
            ("foreign", MANAGER, registration("foreign", "zhao")),
            ("old", MANAGER, RecordExternalResult(item="tax", outcome=Outcome.GRANTED, evidence="窗口")),
            ("stuck", APPLICANT, SubmitItem(item="land")),
            ("stuck", LAND, DeclineItem(item="land", reasons="不属于本机关职权范围")),
        ]
        for name, by, command in steps:
            await opened.handle(project_of(name), command, by, uuid4())
        HANDS[0] = at("05-08 12:00")
        await Views(opened.store).catch_up(await opened.store.head(), patience=PATIENCE_SECONDS)
        yield opened


async def page_of(door: Door, path: str = "/", by: Actor = MANAGER, lang: str = "zh", **params: str) -> str:
    response = await door.get(path, by, lang=lang, **params)
    assert response.status_code == 200, response.text
    return response.text


def rows(page: str, group: str) -> list[str]:
    """The rows of *group*."""
    return page.partition(f'data-group="{group}">')[2].partition("</ul>")[0].split("</li>")[:-1]


async def send(
    door: Door, text: str, key: UUID | str, checked: str = "", by: Actor = MANAGER, **further: str
) -> httpx.Response:
    body = urlencode({"key": str(key), "rows": text, "checked": checked, **further})
    return await door.client.post(f"{RESULTS}?lang=zh", content=body, headers=identity(by) | {"Content-Type": FORM})


def outcomes(page: str) -> list[str]:
    """What became of each row: "recorded", "possible" or "refused"."""
    return re.findall(r'<tr class="(recorded|possible|refused)">', page)


def mark_in(page: str) -> str:
    """What the form says was checked."""
    (mark,) = re.findall(r'name="checked" value="([^"]*)"', page)
    return str(mark)


def remaining(page: str) -> list[str]:
    """The rows that the form still holds."""
    text = page.partition('aria-describedby="columns">')[2].partition("</textarea>")[0]
    return [line for line in text.split("\n") if line]


async def test_a_manager_finds_what_to_key_in_to_verify_and_to_push_at_the_root(door: Door) -> None:
    page = await page_of(door)
    assert "我的项目" in page
    key_in = rows(page, "key_in")
    assert {str(project_of(name)) for name in ("a", "b", "stuck")} == {
        re.findall(r"/pages/projects/([0-9a-f-]{36})/", row)[0] for row in key_in
    }
    assert f'href="/items/{project_of("a")}/tax/acts/record_external_result?lang=zh"' in page
    (verify,) = rows(page, "verify")
    assert "税务登记" in verify
    assert "已 37 天未核实" in verify
    (stuck,) = rows(page, "stuck")
    assert "不予受理" in stuck
    assert "用地批准" in stuck
    assert 'href="/acts/register_project?lang=zh"' in page
    assert "项目foreign" not in page


async def test_every_figure_is_the_length_of_its_list(door: Door) -> None:
    page = await page_of(door)
    figures = dict(re.findall(r'<a class="(\w+)[^"]*" href="[^"]*"[^>]*>[^<]*<b class="number">(\d+)</b>', page))
    assert figures == {"key_in": "3", "verify": "1", "stuck": "1", "mine": "4"}
    for name, number in figures.items():
        alone = await page_of(door, "/pages/my-projects", group=name)
        assert len(rows(alone, name)) == int(number)


async def test_the_list_of_a_manager_is_a_file_with_its_groups(door: Door) -> None:
    page = await page_of(door)
    table = await linked_rows(door, page, "my-projects", MANAGER)
    shown = [project for name in ("key_in", "verify", "stuck", "mine") for project in projects_in(rows(page, name))]
    assert [line["项目标识"] for line in table] == shown
    (stuck,) = [line for line in table if line["类别"] == "受阻"]
    assert "不予受理" in stuck["情况"]
    assert "<time" not in stuck["情况"]
    alone = await page_of(door, "/pages/my-projects", group="verify")
    assert len(await linked_rows(door, alone, "my-projects", MANAGER)) == 1


@pytest.mark.parametrize(
    ("by", "first"), [(BUREAU, "supervision"), (LAND, "desk"), (AUDITOR, "audit"), (APPLICANT, "my")]
)
async def test_every_role_comes_to_its_own_page_first(door: Door, by: Actor, first: str) -> None:
    answer = await door.client.get("/", params={"lang": "en"}, headers=identity(by) | {"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{first}?lang=en")
    assert "<h1>项目进度表</h1>" in await page_of(door, by=by, text="P-a"), "filters are of the progress table"


async def test_with_filters_a_manager_too_finds_the_progress_table_at_the_root(door: Door) -> None:
    assert "<h1>项目进度表</h1>" in await page_of(door, text="P-a")
    assert "<h1>我的项目</h1>" not in await page_of(door, "/pages/progress")


PASTED_ROWS = (
    "项目代码\t事项\t结果\t文号\t文书日期\t依据\t来源\t核实日期",
    "P-a\t税务登记\t准予\t京税〔2026〕1号\t2026-05-06\t窗口领取的证照\t税务局\t2026/5/7",
    "P-b\ttax\tgranted\t\t\t电子税务局\t\t",
    "P-none\ttax\t准予\t\t\t窗口\t\t",
    "P-a\t施工许可\t准予\t\t\t窗口\t\t",
    "P-b\ttax\t批准\t\t\t窗口\t\t",
    "P-b\ttax\t准予\t\t六月三十一日\t窗口\t\t",
    "P-foreign\ttax\t准予\t\t\t窗口\t\t",
    "P-b\ttax\t准予",
)
PASTED = "\n".join(PASTED_ROWS)


async def test_rows_are_checked_first_then_recorded_and_none_is_lost(door: Door, approvals: Approvals) -> None:
    key, before = uuid4(), await approvals.store.head()
    assert 'name="rows"' in await page_of(door, RESULTS)

    checked = (await send(door, PASTED, key)).text
    assert outcomes(checked) == ["possible", "possible", *["refused"] * 6]
    assert await approvals.store.head() == before, "checking stores nothing"
    assert "可以开始：施工许可" in checked
    for sentence in ("项目代码：无法识别", "结果：无法识别", "文书日期：不是日期", "依据：没有填写"):
        assert sentence in checked
    assert "该部门在本系统内办理" in checked
    assert len(remaining(checked)) == 9

    recorded = (await send(door, PASTED, key, mark_in(checked))).text
    assert outcomes(recorded) == ["recorded", "recorded", *["refused"] * 6]
    assert len(remaining(recorded)) == 6
    tax = (await approvals.project(project_of("a"))).items["tax"]
    assert (tax.outcome, tax.result and tax.result.document_number) == (Outcome.GRANTED, "京税〔2026〕1号")
    after = await approvals.store.head()
    assert after == before + 2

    again = (await send(door, PASTED, key, mark_in(checked))).text
    assert again.count("此前已录入") == 2
    assert await approvals.store.head() == after


async def test_a_changed_text_is_checked_again_before_anything_is_recorded(door: Door, approvals: Approvals) -> None:
    before, row = await approvals.store.head(), "P-stuck\ttax\t不予许可\t\t\t窗口\t\t"
    checked = (await send(door, row, key := uuid4())).text
    changed = (await send(door, row.replace("窗口", "电话"), key, mark_in(checked))).text
    assert outcomes(changed) == ["possible"]
    checked_again = (await send(door, row, key, mark_in(checked), again="1")).text
    assert outcomes(checked_again) == ["possible"]
    assert await approvals.store.head() == before


async def test_only_those_whom_the_table_names_record_results(door: Door, approvals: Approvals) -> None:
    before = await approvals.store.head()
    for by in (LEADER, LAND):
        answer = (await send(door, "P-stuck\ttax\t准予\t\t\t窗口\t\t", uuid4(), by=by)).text
        assert outcomes(answer) == ["refused"]
        assert "权限表" in answer
    assert await approvals.store.head() == before


@pytest.mark.parametrize("text", ["P-a\t" + "x" * 5000, "\n".join(["P-a\ttax"] * 201), "P-a\ttax\t准予\t\t\t\x07\t\t"])
async def test_what_is_too_much_is_refused_with_a_reason(door: Door, text: str) -> None:
    answer = await send(door, text, uuid4())
    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or outcomes(answer.text) == ["refused"]
