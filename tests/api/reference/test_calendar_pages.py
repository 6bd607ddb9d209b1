"""Calendars as pages: a notice as it was published, the clocks it moves, a second person, and a correction."""

from __future__ import annotations

import pytest

from domain.calendar.state import Calendar, NoticeStage, stream_of
from domain.core.ledger import Actor, Role
from domain.examples.zone import HEAD
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.api.reference.conftest import ReferenceForms
from tests.examples import BUREAU

MANAGER = Actor("wang", "zone-office", Role.PROJECT_MANAGER)
PAGE = "/admin/calendars/CN-GX"
PUBLISHED = "“三月三”放假安排：4月20日（周一）至21日（周二）放假，共2天。4月25日（周六）上班。"
NOTICE = {
    "notice": "CN-GX-2026",
    "published": "2026-03-01",
    "papers": "https://www.gxzf.gov.cn/example-2026.htm",
    "days": PUBLISHED,
}


@pytest.fixture
def forms(door: Door) -> ReferenceForms:
    return ReferenceForms(door, "calendars", "CN-GX")


async def test_a_pasted_notice_is_looked_at_imported_approved_and_applied(
    forms: ReferenceForms, door: Door, approvals: Approvals
) -> None:
    seen = await forms.reviewed("import", HEAD, **NOTICE)
    assert "通知启用后才变动" in seen
    assert seen.count("<time>2026-04-2") == 3
    page = await forms.pressed("import", HEAD, seen)
    assert "等待启用的通知" in page
    own = await forms.sent("approve", HEAD, notice="CN-GX-2026")
    assert "导入人不能复核自己导入的通知" in own.text
    await forms.done("approve", BUREAU, notice="CN-GX-2026")
    applied = await forms.done("apply", HEAD, notice="CN-GX-2026")
    assert "2026-04-25 班" in applied
    correction = (await door.get(PAGE, HEAD, correct="CN-GX-2026")).text
    assert "2026-04-25 班</textarea>" in correction
    state = await approvals.state(stream_of("CN-GX"))
    assert isinstance(state, Calendar)
    assert state.notices["CN-GX-2026"].stage is NoticeStage.APPLIED
    assert (await door.get(PAGE, MANAGER, lang="en")).status_code == 200


async def test_a_notice_is_withdrawn_with_reasons(forms: ReferenceForms, approvals: Approvals) -> None:
    await forms.done("import", HEAD, **NOTICE | {"notice": "CN-GX-wrong", "days": "2026-05-04 休"})
    without = await forms.sent("withdraw", HEAD, notice="CN-GX-wrong", reasons=" ")
    assert "不能办理" in without.text
    await forms.done("withdraw", HEAD, notice="CN-GX-wrong", reasons="年份写错")
    state = await approvals.state(stream_of("CN-GX"))
    assert isinstance(state, Calendar)
    assert state.notices["CN-GX-wrong"].stage is NoticeStage.WITHDRAWN


async def test_a_refusal_keeps_the_text_and_says_what_is_wrong(forms: ReferenceForms) -> None:
    refused = await forms.sent("import", HEAD, **NOTICE | {"days": "5月4日（周二）放假"})
    assert "2026-05-04 is a 星期一" in refused.text
    assert "5月4日（周二）放假" in refused.text
    assert "按权限表" in (await forms.sent("import", MANAGER, **NOTICE)).text
    assert (await forms.sent("nothing", HEAD)).status_code == 404


async def test_every_calendar_is_listed_for_those_who_are_signed_in(door: Door) -> None:
    assert "CN-GX" in (await door.get("/admin/calendars", MANAGER)).text
    assert "有权的是：监察局（全区）" in (await door.get(PAGE, MANAGER)).text
    assert (await door.get("/admin/calendars/none", MANAGER)).status_code == 404
    assert (await door.get("/admin/calendars", None)).status_code == 401
