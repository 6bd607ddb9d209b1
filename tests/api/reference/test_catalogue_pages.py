"""Catalogues as pages: a change is looked at with its effect on open projects, then published, or refused in words."""

from __future__ import annotations

from datetime import date

import pytest

from domain.catalogue.state import Catalogue, stream_of
from domain.core.ledger import Actor, Role
from domain.examples.people import ENVIRONMENT, LAND
from domain.examples.zone import HEAD, ZONE_NAME
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door
from tests.api.reference.conftest import ReferenceForms

ADMINISTRATOR = Actor("xu", "", Role.ADMINISTRATOR)
PAGE = f"/admin/catalogues/{ZONE_NAME}"
LAND_FIELDS = {
    "task_code": "land-01",
    "task_name": "建设用地规划许可",
    "task_type": "licence",
    "dept_code": LAND.department,
    "mode": "single",
    "anticipate_day": "20",
    "project_type": "promised",
    "server_type": "legal",
    "live": "1",
}
LIST = """task_code,task_name,task_type,dept_code,promise_day
zone-01,投资项目首次咨询,公共服务,zone-office,2
zone-02,入区评审,公共服务,zone-office,5
"""


@pytest.fixture
def forms(door: Door) -> ReferenceForms:
    return ReferenceForms(door, "catalogues", ZONE_NAME)


async def state_of(approvals: Approvals, name: str = ZONE_NAME) -> Catalogue:
    state = await approvals.state(stream_of(name))
    return state if isinstance(state, Catalogue) else Catalogue(state.id)


async def test_an_item_is_changed_and_published_after_its_effect_was_seen(
    forms: ReferenceForms, door: Door, approvals: Approvals
) -> None:
    fields = LAND_FIELDS | {"promise_day": "7", "valid_from": "2026-04-01", "note": "提速"}
    seen = await forms.reviewed("define", HEAD, **fields)
    assert "发布事项目录第 2 版" in seen
    assert "<b>7</b>" in seen
    assert '受影响的在办项目 <small class="number">1</small>' in seen
    assert 'data-label="尚未申请，适用新版">1</td>' in seen
    assert len((await state_of(approvals)).editions) == 1
    page = await forms.pressed("define", HEAD, seen)
    assert "已记入台账，第" in page
    edition = (await state_of(approvals)).editions[-1]
    assert (edition.number, edition.valid_from, edition.note) == (2, date(2026, 4, 1), "提速")
    assert edition.items["land-01"].promise_day == 7
    differences = (await door.get(f"{PAGE}/difference", HEAD, first=1, second=2)).text
    assert "承诺时限（日）" in differences
    assert "2026-04-01" in (await door.get(f"{PAGE}/item", HEAD, code="land-01", lang="en")).text


async def test_a_refusal_is_in_words_and_keeps_what_was_filled_in(forms: ReferenceForms) -> None:
    refused = await forms.sent("define", HEAD, **LAND_FIELDS | {"promise_day": "25", "result_name": "证 & 图"})
    assert "承诺时限不得长于法定时限" in refused.text
    assert 'value="证 &amp; 图"' in refused.text
    assert 'value="25"' in refused.text
    too_early = await forms.sent("publish", HEAD, "en", valid_from="2020-01-01")
    assert "Not possible" in too_early.text
    odd = await forms.sent("define", HEAD, **LAND_FIELDS | {"promise_day": "soon"})
    assert 'name="promise_day" type="number" value="soon" class="short" aria-invalid="true"' in odd.text
    assert '<small class="wrong" id="define-promise_day-wrong">填写不正确，请更正。</small>' in odd.text
    assert (await forms.sent("nothing", HEAD)).status_code == 404


async def test_a_draft_is_changed_alone_and_a_name_has_to_suit_an_address(
    forms: ReferenceForms, door: Door, approvals: Approvals
) -> None:
    own = (await door.get(f"{PAGE}/item", LAND, code="land-01")).text
    assert "施行日期" not in own.split('<form class="fill"')[1]  # a department does not publish
    await forms.done("define", HEAD, **LAND_FIELDS | {"promise_day": "9"})
    known = (await state_of(approvals)).items["land-01"]
    assert (known.promise_day, known.task_name_en) == (9, "")
    unreachable = await ReferenceForms(door, "catalogues", "a/b").sent("import", HEAD, rows=LIST)
    assert "can&#39;t be part of an address" in unreachable.text


async def test_a_list_is_imported_and_published_together_or_not_at_all(door: Door, approvals: Approvals) -> None:
    forms = ReferenceForms(door, "catalogues", "second-zone")
    broken = await forms.sent("import", HEAD, rows=LIST.replace("公共服务", "其他", 1), valid_from="2026-03-10")
    assert "line 2" in broken.text
    assert not (await state_of(approvals, "second-zone")).version
    await forms.done("import", HEAD, rows=LIST, valid_from="2026-03-10")
    assert [sorted(edition.items) for edition in (await state_of(approvals, "second-zone")).editions] == [
        ["zone-01", "zone-02"]
    ]
    fewer = "".join(LIST.splitlines(keepends=True)[:2])
    await forms.done("import", HEAD, file=fewer, absent="withdraw", reasons="并入", valid_from="2026-03-11")
    assert sorted((await state_of(approvals, "second-zone")).editions[-1].items) == ["zone-01"]


async def test_a_department_lists_its_own_items_and_decides_whether_they_are_online(
    forms: ReferenceForms, door: Door, approvals: Approvals
) -> None:
    own = (await door.get(f"{PAGE}/item", LAND, code="land-01")).text
    assert "决定是否网上办理" in own
    online = await forms.reviewed("online", LAND, task_code="land-01", is_online="1")
    assert "尚未申请，适用新版" in online
    other = (await door.get(f"{PAGE}/item", ENVIRONMENT, code="land-01")).text
    assert "有权的是：监察局（全区）" in other
    assert "<form" not in other.split("<main")[1]
    refused = await forms.sent("withdraw", ENVIRONMENT, task_code="land-01", reasons="重复")
    assert "按权限表" in refused.text


async def test_a_department_publishes_until_when_it_takes_applications_in(
    forms: ReferenceForms, door: Door, approvals: Approvals
) -> None:
    own = (await door.get(PAGE, LAND)).text
    assert "17:00 截止，此后或休息日提交的按次一工作日收件" in own, "the hours of the zone's office are listed"
    assert f'<option value="{LAND.department}">' in own
    assert '<option value="zone-office"' not in own
    land = LAND.department
    fields = {"department": land, "close_of_business": "16:30", "valid_from": "2026-03-10", "published": "公告"}
    seen = await forms.reviewed("hours", LAND, **fields)
    assert "只适用于施行日起收到的申请" in seen
    assert "尚未申请，适用新版" not in seen
    assert "16:30 截止" in await forms.pressed("hours", LAND, seen)
    assert (await state_of(approvals)).hours[land][-1].hours.close_of_business == "16:30"
    assert "已公布相同的收件时间" in (await forms.sent("hours", LAND, **fields)).text
    assert "按权限表" in (await forms.sent("hours", ENVIRONMENT, **fields)).text
    odd = await forms.sent("hours", HEAD, **fields | {"close_of_business": "5 pm", "department": "zone-office"})
    assert '<small class="wrong" id="hours-close-wrong">填写不正确，请更正。</small>' in odd.text
    assert "regex" not in odd.text.split("<details")[0]
    assert 'value="5 pm"' in odd.text


@pytest.mark.parametrize("path", ["/admin/catalogues", PAGE, f"{PAGE}?draft=true&text=land", f"{PAGE}/difference"])
async def test_an_administrator_reads_and_sees_who_publishes(door: Door, path: str) -> None:
    answer = await door.get(f"{path}{'&' if '?' in path else '?'}lang=en", ADMINISTRATOR)
    assert answer.status_code == 200
    assert "/admin/acts/" not in answer.text
    assert path.endswith("difference") or "this is for: the supervision bureau" in answer.text
    assert (await door.get(path, None)).status_code == 401


async def test_withdrawing_an_item_names_the_flows_that_need_it(forms: ReferenceForms) -> None:
    seen = await forms.reviewed("withdraw", HEAD, task_code="zone-01", reasons="并入", valid_from="2026-05-01")
    assert "example-flow" in seen
    assert 'data-label="已申请，保持原版">1</td>' in seen
