"""Officers, managers and the bureau act by forms: filled in, reviewed, done, and refused beside the field at fault."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from domain.core.ledger import Actor, Role
from infrastructure.ledger.approvals import Approvals
from tests.api.client import Door, unmarked
from tests.api.forms.conftest import (
    ENTRY,
    ENVIRONMENT,
    OFFICE,
    WATERS,
    accepted,
    applied_for,
    consulted,
    form,
    new_project,
    registered,
    seen,
)
from tests.examples import APPLICANT, BUREAU, LAND, LEADER, MANAGER, USCC, WATER
from tests.projections.zone import project_id

pytestmark = pytest.mark.usefixtures("projector")
DUE = re.compile(r"到期 20\d\d-\d\d-\d\d")


async def test_a_manager_registers_a_project_adopts_a_flow_and_has_an_item_decided(
    door: Door, approvals: Approvals
) -> None:
    project = new_project()
    fields = {"name": "星光半导体封测二期", "enterprise__name": "星光半导体", "enterprise__uscc": USCC}
    await form(door, "register_project", project, by=MANAGER).done(**fields, manager=MANAGER.id)
    await form(door, "start_flow", project, by=MANAGER).done(flow="zone-investment", kind="manufacturing")
    await form(door, "submit_item", project, "consultation", by=MANAGER).done()
    await form(door, "accept_item", project, "consultation", by=OFFICE).done(lacking__all="complete")
    await form(door, "complete_item", project, "consultation", by=OFFICE).done(outcome="granted")
    state = await approvals.project(project)
    assert state.items["consultation"].outcome == "granted"
    assert state.manager == MANAGER.id
    assert len(state.items) > 20


async def test_the_address_of_a_new_project_opens_a_form_of_its_own(door: Door) -> None:
    opened = await door.get("/acts/register_project", MANAGER)
    assert opened.status_code == 303
    assert re.fullmatch(r"/projects/[0-9a-f-]{36}/acts/register_project", opened.headers["location"])
    assert (await door.get("/acts/register_project", LAND)).status_code == 403


async def test_nothing_is_recorded_before_the_act(door: Door, approvals: Approvals) -> None:
    project = await applied_for(door)
    version = (await approvals.project(project)).version
    accept = form(door, "accept_item", project, ENTRY, by=OFFICE)
    await accept.open()
    page = seen(await accept.review(lacking__all="complete"))
    assert (await approvals.project(project)).version == version
    assert "您将作出 受理，单部门办理，法定时限 20 个工作日" in page
    assert "发出受理通知书" in page
    assert f"依据第 {version + 1} 条记录之前的情况" in page
    assert "记入后不能删除，只能更正" in page
    await accept.act()
    assert (await approvals.project(project)).version == version + 1


async def test_the_review_shows_clocks_before_and_after(door: Door) -> None:
    project = await applied_for(door)
    accept = form(door, "accept_item", project, ENTRY, by=OFFICE)
    await accept.open()
    html = await accept.review(lacking__all="complete")
    page = seen(html)
    assert "受理 剩 5 个工作日 / 5" in page
    assert "停止计时（按期）" in page
    assert "决定 尚未开始 剩 20 个工作日 / 20" in page
    assert len(DUE.findall(page)) == 3
    assert html.count('<svg width="160"') == 4


async def test_a_receipt_has_number_time_place_and_what_follows(door: Door) -> None:
    project = await consulted(door)
    page = seen(await form(door, "submit_item", project, ENTRY, by=MANAGER).done(materials=["立项申请书"]))
    assert re.search(r"办件编号 BDA2026-\d{6}-\d", page)
    assert re.search(r"台账序号 \d+", page)
    assert re.search(r"哈希 [0-9a-f]{64}", page)
    assert "接下来 受理 到期" in page


async def test_a_receipt_is_for_who_acted_and_for_who_may_read_the_history(door: Door) -> None:
    project = await applied_for(door)
    decline = form(door, "accept_item", project, ENTRY, by=OFFICE)
    await decline.open()
    await decline.review(lacking__all="complete")
    to = await decline.act()
    assert (await door.get(to, LEADER)).status_code == 200
    assert (await door.get(to, LAND)).status_code == 404


async def test_a_supplement_names_every_paper_as_judged(door: Door, approvals: Approvals) -> None:
    project = await applied_for(door)
    ask = form(door, "request_supplement", project, ENTRY, by=OFFICE)
    page = seen(await ask.open())
    assert "这是唯一一次" in page
    assert "企业情况说明 必备" in page
    page = seen(await ask.review(422, missing__0__state="complete"))
    assert "尚未选择齐全、缺或不符" in page
    page = seen(await ask.review(422, missing__0__state="complete", missing__1__state="complete"))
    assert "没有需要补正的内容" in page
    page = seen(await ask.review(422, missing__0__state="complete", missing__1__state="defective"))
    assert "请写明不符之处" in page
    await ask.review(missing__0__state="lacking", missing__1__state="defective", missing__1__note="未盖章")
    await ask.act()
    papers = (await approvals.project(project)).items[ENTRY].missing
    assert len(papers) == 2
    assert papers[1].endswith("（不符：未盖章）")


async def test_a_second_supplement_is_refused_beside_the_field_with_the_article(door: Door) -> None:
    project = await applied_for(door)
    first = form(door, "request_supplement", project, ENTRY, by=OFFICE)
    await first.done(missing__0__state="lacking", missing__1__state="complete")
    second = form(door, "request_supplement", project, ENTRY, by=OFFICE)
    await second.open()
    html = await second.review(409, missing__0__state="lacking", missing__other="地形图")
    beside = html.partition('id="missing-fault"')[2].partition("</span>")[0]
    assert "不能再增加：地形图" in beside
    assert "行政许可法第三十二条第一款第四项" in beside
    assert html.count("不能再增加：地形图") == 2  # once in the summary on top
    assert '<a href="#missing">' in html
    assert "地形图</textarea>" in html  # what was filled in is still there


async def test_an_officer_suspends_consults_and_decides(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    suspend = form(door, "suspend_clock", project, ENTRY, by=OFFICE)
    assert "行政许可法第四十五条" in seen(await suspend.open())
    page = seen(await suspend.review(ground="hearing", notified="true"))
    assert "中止计时 · 剩" in page
    await suspend.act()
    await form(door, "resume_clock", project, ENTRY, by=OFFICE).done(suspension="s1")
    ask = form(door, "ask_countersignature", project, ENTRY, by=OFFICE)
    await ask.open()
    page = seen(await ask.review(departments=["environment", "water"], order="parallel", within_days=5))
    assert "会签：生态环境局 尚未开始 剩 5 个工作日 / 5" in page
    await ask.act()
    await form(door, "countersign", project, ENTRY, by=ENVIRONMENT).done(opinion="agreed")
    objection = form(door, "countersign", project, ENTRY, by=WATERS)
    await objection.open()
    assert "请说明理由" in seen(await objection.review(409, opinion="objected"))
    await objection.review(opinion="agreed_with_conditions", conditions="雨污分流")
    await objection.act()
    decide = form(door, "complete_item", project, ENTRY, by=OFFICE)
    await decide.open()
    assert "请先综合会签意见" in seen(await decide.review(409, outcome="granted"))
    consolidate = form(door, "consolidate_opinions", project, ENTRY, by=OFFICE)
    await consolidate.done(text="两部门原则同意", conditions="雨污分流")
    await decide.open()
    await decide.review(outcome="granted", document_number="入区〔2026〕12号")
    await decide.act()
    assert (await approvals.project(project)).items[ENTRY].outcome == "granted"


async def test_the_form_of_an_opinion_knows_the_step_at_which_it_was_requested(door: Door) -> None:
    project = await accepted(door)
    request = {"departments": ["environment"], "order": "parallel", "step": "site-visit"}
    await form(door, "ask_countersignature", project, ENTRY, by=OFFICE).done(**request)
    opinion = form(door, "countersign", project, ENTRY, by=ENVIRONMENT)
    assert '<input type="hidden" name="step" value="site-visit">' in await opinion.open()
    await opinion.review(opinion="agreed")
    await opinion.act()


async def test_an_extension_beyond_the_law_is_refused_with_what_is_left(door: Door) -> None:
    project = await accepted(door)
    extend = form(door, "extend_limit", project, ENTRY, by=OFFICE)
    assert "最多 10 天" in seen(await extend.open())
    html = await extend.review(409, days=11, reasons="情况复杂", approver="agency_head", clock="decision")
    assert "超过法律允许的延长天数" in html.partition('id="days-fault"')[2].partition("</span>")[0]
    await extend.review(days=10)
    await extend.act()


async def test_a_refusal_has_to_be_confirmed_on_a_card(door: Door, approvals: Approvals) -> None:
    project = await applied_for(door)
    decline = form(door, "decline_item", project, ENTRY, by=OFFICE)
    await decline.open()
    page = seen(await decline.review(422, reasons="另有主管部门"))
    assert "请选择“具体理由”" in page
    await decline.review(reasons="另有主管部门", reasons__ground="not_our_powers")
    page = seen(await decline.act(200))
    assert "您将对这项申请作出不予受理" in page
    assert (await approvals.project(project)).items[ENTRY].stage == "submitted"
    await decline.act()
    assert (await approvals.project(project)).items[ENTRY].stage == "declined"


async def test_going_back_keeps_what_was_filled_in(door: Door) -> None:
    project = await applied_for(door)
    decline = form(door, "decline_item", project, ENTRY, by=OFFICE)
    await decline.open()
    await decline.review(reasons="另有主管部门", reasons__ground="no_licence_needed")
    html = await decline.press("edit", 200, [])
    assert "另有主管部门</textarea>" in html
    assert re.search(r'value="no_licence_needed" checked', html)


async def test_what_happened_meanwhile_is_shown_and_nothing_is_lost(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    decide = form(door, "complete_item", project, ENTRY, by=OFFICE)
    await decide.open()
    await decide.review(outcome="granted", document_number="入区〔2026〕13号")
    await form(door, "note_step", project, ENTRY, by=OFFICE).done(activity="site_visit", label="现场踏勘")
    await form(door, "suspend_clock", project, ENTRY, by=OFFICE).done(ground="testing", notified="true")
    page = seen(await decide.act(412))
    assert "您填写期间发生了 2 件事" in page
    assert "办理备注：现场踏勘" in page
    assert "中止计时：检测" in page
    assert "入区〔2026〕13号" in page
    assert (await approvals.project(project)).items[ENTRY].stage == "accepted"
    await decide.act()
    assert (await approvals.project(project)).items[ENTRY].stage == "completed"


async def test_what_is_refused_after_a_change_comes_back_as_the_form(door: Door) -> None:
    project = await accepted(door)
    first = form(door, "complete_item", project, ENTRY, by=OFFICE)
    await first.open()
    await first.review(outcome="granted", document_number="入区〔2026〕14号")
    await form(door, "complete_item", project, ENTRY, by=OFFICE).done(outcome="granted")
    html = await first.act(409)
    assert "您填写期间发生了 1 件事" in html
    assert "事项现在是“已办结”" in html
    assert "入区〔2026〕14号" in html


async def test_the_same_act_sent_twice_is_recorded_once(door: Door, approvals: Approvals) -> None:
    project = await applied_for(door)
    accept = form(door, "accept_item", project, ENTRY, by=OFFICE)
    await accept.open()
    await accept.review(lacking__all="complete")
    to = await accept.act()
    version = (await approvals.project(project)).version
    assert await accept.act() == to
    assert (await approvals.project(project)).version == version


async def test_a_manager_keys_in_the_result_of_a_department_outside(door: Door, approvals: Approvals) -> None:
    project = project_id("joint")
    key_in = form(door, "record_external_result", project, "tax", by=MANAGER)
    await key_in.open()
    html = await key_in.review(422, outcome="granted")
    assert "请填写“凭据”" in html.partition('id="evidence-fault"')[2].partition("</span>")[0]
    html = await key_in.review(422, outcome="granted", evidence="税务登记证", source="窗\u200b口")
    assert "看不见的字符（U+200B）" in html.partition('id="source-fault"')[2].partition("</span>")[0]
    page = seen(await key_in.review(evidence="税务登记证复印件", document_on="2026-05-18", source="窗口领取的证照"))
    assert "未核实" in page
    await key_in.act()
    entries = await approvals.history(project)
    assert entries[-1].occurred_at.isoformat() == "2026-05-17T16:00:00+00:00"  # the document's day in Beijing


async def test_the_bureau_orders_and_decides_an_appeal(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    issue = form(door, "issue_card", project, ENTRY, by=BUREAU)
    await issue.open()
    await issue.review(colour="red", reasons="窗口拒收材料")
    assert "您将发出一张红牌" in seen(await issue.act(200))
    await issue.act()
    (card,) = (await approvals.project(project)).signals
    order = form(door, "order_supervision", project, ENTRY, by=BUREAU)
    page = await order.open(card=card)
    assert re.search(r"监察〔2026〕R-\d+", page)
    page = seen(await order.review(422, about="请说明拒收的原因", feedback_by="9999-12-31"))
    assert "“反馈期限”的年份须在 1990–2099 之间" in page
    await order.review(feedback_by="2026-06-01")
    await order.act()
    (number,) = (await approvals.project(project)).orders
    await form(door, "answer_supervision", project, by=OFFICE).done(order=number, answer="已当面致歉")
    await form(door, "appeal_card", project, by=OFFICE).done(card=card, reasons="材料不属于本窗口", papers="窗口录像")
    decide = form(door, "decide_appeal", project, by=BUREAU)
    await decide.open(card=card)
    page = seen(await decide.review(card=card, verdict="revoke", reasons="申诉成立"))
    assert "随之结束" in page
    assert "您将撤销一张监察牌" in seen(await decide.act(200))
    await decide.act()
    assert (await approvals.project(project)).signals[card].appeal == "revoked"


async def test_a_complaint_and_an_evaluation_by_the_enterprise(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    complain = form(door, "file_complaint", project, ENTRY, by=APPLICANT)
    await complain.open()
    await complain.review(about="窗口两次让我们改天再来", anonymous="true", entries=["29"])
    await complain.act()
    (complaint,) = (await approvals.project(project)).complaints
    await form(door, "answer_complaint", project, by=OFFICE).done(complaint=complaint, answer="已整改", upheld="true")
    await form(door, "close_complaint", project, by=APPLICANT).done(complaint=complaint, satisfied="yes")
    poor = form(door, "evaluate_service", project, ENTRY, by=APPLICANT)
    await poor.open()
    assert "须选择原因或写明内容" in seen(await poor.review(409, grade="dissatisfied"))
    await poor.review(grade="dissatisfied", comment="等得太久")
    await poor.act()
    assert (await approvals.project(project)).evaluations


async def test_an_entry_is_corrected_from_the_history(door: Door, approvals: Approvals) -> None:
    project = await accepted(door)
    version = (await approvals.project(project)).version
    amend = form(door, "amend_entry", project, by=OFFICE)
    await amend.open(version=str(version))
    await amend.review(version=version, new_occurred_at="2026-05-20T17:59", reasons="录入时看错")
    await amend.act()
    retract = form(door, "retract_entry", project, by=OFFICE)
    await retract.open(version=str(version))
    page = seen(await retract.review(version=version, reasons="记错项目"))
    assert "撤销第" in page
    await retract.act(200)
    await retract.act()
    assert version in (await approvals.project(project)).retracted


async def test_information_is_entered_by_category_and_only_what_changed(door: Door, approvals: Approvals) -> None:
    project = await registered(door)
    enter = form(door, "record_information", project, by=MANAGER)
    await enter.open()
    assert "请先选择信息类别" in seen(await enter.review(422))
    html = await enter.open(category="investment")
    names = re.findall(r'name="(fields\.[a-z_]+)"', html)
    assert len(names) > 3
    assert "没有改动任何一项" in seen(await enter.review(422, category="investment"))


async def test_a_form_in_english_speaks_english(door: Door) -> None:
    project = await applied_for(door)
    accept = form(door, "accept_item", project, ENTRY, by=OFFICE, lang="en")
    page = seen(await accept.open())
    assert "Whether the papers are complete" in page
    assert "Choose: Whether the papers are complete." in seen(await accept.review(422))
    page = seen(await accept.review(lacking__all="complete"))
    assert "Issue the notice of acceptance" in page


async def test_who_may_not_gets_the_reason_and_strangers_see_nothing(door: Door) -> None:
    project = await applied_for(door)
    path = f"/items/{project}/{ENTRY}/acts/accept_item"
    assert (await door.get(path, OFFICE)).status_code == 200
    denied = await door.get(path, LEADER, lang="zh")
    assert denied.status_code == 403
    assert "您现在的角色不能办理" in seen(denied.text)
    assert (await door.get(path, LAND)).status_code == 404
    assert (await door.get(path, APPLICANT)).status_code == 403
    assert (await door.get(path, None)).status_code == 401


async def test_addresses_that_lead_to_no_form_say_so(door: Door) -> None:
    project = await applied_for(door)
    for path in (
        f"/items/{project}/{ENTRY}/acts/dig_a_hole",
        f"/items/{project}/nothing/acts/accept_item",
        f"/projects/{new_project()}/acts/assign_manager",
        f"/projects/{project}/acts/reconcile_external_result",
    ):
        assert (await door.get(path, MANAGER)).status_code == 404, path


async def test_bad_input_is_never_an_error_of_ours(door: Door) -> None:
    project = await accepted(door)
    extend = form(door, "extend_limit", project, ENTRY, by=OFFICE)
    await extend.open()
    wrong: list[dict[str, Any]] = [
        {"days": "many"},
        {"days": "-3"},
        {"days": "9" * 40},
        {"days": "5", "clock": "no-such-clock"},
        {"days": "5", "reasons": "x" * 5000},
        {"days": "5", "reasons": "\x1b[31m", "approver": "agency_head", "clock": "decision"},
        {"days": "5", "reasons": "y", "occurred_at": "yesterday"},
        {"days": "5", "reasons": "y", "occurred_at": "0001-01-01T00:00"},
    ]
    for fields in wrong:
        await extend.open()
        await extend.review(422, **fields)


async def test_a_registration_sent_twice_leads_to_the_same_receipt(door: Door) -> None:
    project = new_project()
    register = form(door, "register_project", project, by=MANAGER)
    await register.open()
    await register.review(name="甲", enterprise__name="乙", manager=MANAGER.id)

    assert await register.act() == await register.act()
    again = await door.get(register.path, MANAGER)
    assert (again.status_code, again.headers["location"]) == (303, f"/pages/projects/{project}")
    assert (await door.get(register.path, Actor("else", "", Role.PROJECT_MANAGER))).status_code == 404


@pytest.mark.parametrize("version", ["1", "-5", "9" * 30, "9" * 6000, "x"])
async def test_the_draft_of_one_registration_may_become_another(door: Door, version: str) -> None:
    """A draft that was left after the project was registered has its version; what it is used for next has none."""
    left = form(door, "register_project", new_project(), by=MANAGER)
    await left.open()
    left.hidden = [(name, version if name == "_version" else text) for name, text in left.hidden]
    await left.review(name="甲", enterprise__name="乙", manager=MANAGER.id)
    after = form(door, "register_project", new_project(), by=MANAGER)
    await after.open()
    await after.review(name="丙", enterprise__name="乙", manager=MANAGER.id)
    assert "/receipts/" in await after.act()


async def test_a_code_that_is_taken_is_shown_beside_its_field(door: Door) -> None:
    fields: dict[str, Any] = {
        "name": "甲",
        "enterprise__name": "乙",
        "code": "2606-110115-04-01-009999",
        "manager": MANAGER.id,
    }
    await form(door, "register_project", new_project(), by=MANAGER).done(**fields)
    second = form(door, "register_project", new_project(), by=MANAGER)
    await second.open()
    await second.review(**fields)
    html = await second.act(409)
    assert "已有项目使用这个项目代码" in html.partition('id="code-fault"')[2].partition("</span>")[0]


async def test_a_state_secret_is_refused_before_anything_is_stored(door: Door, approvals: Approvals) -> None:
    project: UUID = new_project()
    secret = form(door, "register_project", project, by=MANAGER)
    await secret.open()
    fields: dict[str, Any] = {"name": "甲", "enterprise__name": "乙", "enterprise__uscc": USCC, "manager": "wang"}
    html = await secret.review(409, **fields, classified="true")
    assert "涉密项目不得通过本平台办理" in html
    assert (await approvals.project(project)).version == 0


async def test_a_page_of_an_item_leads_to_its_forms(door: Door) -> None:
    project = await applied_for(door)
    page = (await door.get(f"/pages/projects/{project}/items/{ENTRY}", OFFICE, lang="zh")).text
    links = re.findall(r'href="(/items/[^"]*)"', page)
    assert f"/items/{project}/{ENTRY}/acts/accept_item?lang=zh" in links
    for link in links:
        assert (await door.get(link, OFFICE)).status_code == 200, link


async def test_what_a_rule_is_against_now_is_said_before_the_form_is_filled_in(door: Door) -> None:
    project = await registered(door)
    page = seen(await form(door, "submit_item", project, ENTRY, by=MANAGER).open())
    assert "现在还不能办理" not in page  # an application needs no precondition; its acceptance does
    await form(door, "submit_item", project, ENTRY, by=MANAGER).done()
    page = seen(await form(door, "accept_item", project, ENTRY, by=OFFICE).open())
    assert "现在还不能办理" in page
    assert "前置事项尚未准予：" in page
    assert "请在其准予后受理。收件期限内不答复即视为受理" in page
    assert WATER.department != OFFICE.department


async def test_what_silence_accepts_is_said_only_under_a_law_that_has_it(door: Door) -> None:
    project = new_project()
    registration = {"name": "Riverside Yard", "enterprise": {"name": "星光半导体", "uscc": USCC}, "manager": MANAGER.id}
    items = [
        {"item": "survey", "department": OFFICE.department},
        {"item": "permission", "department": OFFICE.department, "requires": ["survey"]},
    ]
    command = {"command": "register_project", **registration, "law": "uk-planning", "items": items}
    await door.done(project, command, MANAGER)
    await door.done(project, {"command": "submit_item", "item": "permission"}, MANAGER)
    accept = form(door, "accept_item", project, "permission", by=OFFICE)
    page = seen(await accept.open())
    assert "请在其准予后受理。" in page
    assert "视为受理" not in page
    english = unmarked((await door.get(f"/items/{project}/permission/acts/accept_item", OFFICE, lang="en")).text)
    assert "Accept it once they are granted." in english
    assert "Silence" not in english


async def test_the_form_of_acceptance_offers_working_days_under_a_statute_in_calendar_days(door: Door) -> None:
    """Sixty calendar days hold at most 44 working days."""
    project = new_project()
    item = {"item": "eia", "department": OFFICE.department, "special": "eia_report"}
    enterprise = {"name": "星光半导体", "uscc": USCC}
    registration = {"name": "二期", "enterprise": enterprise, "manager": MANAGER.id, "items": [item]}
    await door.done(project, {"command": "register_project", **registration}, MANAGER)
    await door.done(project, {"command": "submit_item", "item": "eia"}, APPLICANT)
    accept = form(door, "accept_item", project, "eia", by=OFFICE)
    assert "最多 44 个工作日" in seen(await accept.open())
