"""The project's page says who has to act and when it may be over, in both languages and in the law's own words."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.html.translations import TABLES
from domain.project.flow.durations import Basis
from domain.project.waiting.wait import HeldBy, WaitKind
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import REGISTER, Door
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LAND, LEADER

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]
MARK = "<script>alert(1)</script>"
ITEMS = [
    {"item": "land", "department": "land", "name": "用地预审"},
    {"item": "site-plan", "department": "planning", "requires": ["land"], "name": MARK},
    {"item": "tax", "department": "tax", "live": False},
    {"item": "build", "department": "land", "requires": ["site-plan"], "name": "施工许可"},
]


@pytest.fixture(scope="module")
def views(approvals: Approvals) -> Views:
    return Views(approvals.store)


async def reviewed(door: Door, views: Views) -> UUID:
    """A project whose land item is at its experts."""
    project = uuid4()
    story: list[tuple[dict[str, Any], Any]] = [
        ({"command": "submit_item", "item": "land"}, APPLICANT),
        ({"command": "accept_item", "item": "land"}, LAND),
        ({"command": "suspend_clock", "item": "land", "ground": "expert_review"}, LAND),
    ]
    await door.done(project, {**REGISTER, "items": ITEMS})
    for body, by in story:
        receipt = await door.done(project, body, by)
    await views.catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    return project


def cells(text: str) -> list[str]:
    """What the rows of the table of waits say, without their marks."""
    table = text[text.index('id="waiting-caption"') :].partition("</tbody>")[0].partition("<tbody>")[2]
    rows = [re.sub(r"<[^>]+>", " ", row) for row in table.split("</tr>")]
    return [" ".join(row.split()) for row in rows if row.strip()]


async def test_both_languages_say_who_holds_it(door: Door, views: Views) -> None:
    project = await reviewed(door, views)
    chinese = (await door.get(f"/pages/projects/{project}")).text
    land, plan, tax, build = cells(chinese)
    assert "中止计时的事由结束 专家评审" in land
    assert "第三方" in land
    assert "关键路径" in land
    assert "前置事项 用地预审 第三方" in plan.replace("（专家、检测机构等）", "")
    assert plan.count("用地预审") == 2  # waited for at once, and in the end
    assert "用地预审 前置环节数： 2 施工许可 → &lt;script&gt;alert(1)&lt;/script&gt; → 用地预审" in build
    assert "系统外结果 系统外部门 tax" in tax
    assert "估算结果，不是承诺" in chinese
    assert MARK not in chinese

    english = (await door.get(f"/pages/projects/{project}", lang="en")).text
    land, plan, *_ = cells(english)
    assert "The end of a suspension expert review" in land
    assert "the law&#39;s or the promised limit" in plan
    finish = re.findall(r"<dt>Everything granted by \(estimate\)</dt><dd>(.*?)</dd>", english)
    assert len(re.findall(r"<time>\d{4}-\d\d-\d\d</time>", finish[-1])) == 3


async def test_the_page_needs_no_ones_name_and_says_nothing_where_nothing_is_left(door: Door, views: Views) -> None:
    project = uuid4()
    receipt = await door.done(project, {**REGISTER, "items": []})
    await views.catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    answer = await door.get(f"/pages/projects/{project}", by=LEADER)
    assert answer.status_code == 200
    assert "waiting-caption" not in answer.text


def test_there_are_words_for_every_wait_holder_and_basis() -> None:
    assert TABLES["wait"].keys() == set(WaitKind)
    assert TABLES["turn"].keys() == set(HeldBy)
    assert TABLES["basis"].keys() == set(Basis)
