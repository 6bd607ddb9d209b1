"""Complaints and evaluations of those who have number and code: by the commands' rules, and nothing typed is lost."""

from __future__ import annotations

import pytest

from api.window import case_feedback
from domain.core.ledger import Role
from domain.project.feedback.complaint import ComplaintFiled
from domain.project.feedback.evaluation import Grade, ServiceEvaluated
from infrastructure.identity.rates import RatePolicy
from infrastructure.ledger.approvals import Approvals
from tests.api.window.visits import CaseOf, Window
from tests.projections.zone import project_id

ABOUT = "窗口没有告知受理结果，<b>已经</b>超期。"
PHONE = "13800001111"


@pytest.fixture
def number(case_of: CaseOf) -> str:
    return case_of(project_id("running"), "land")


async def filed(approvals: Approvals, project: str) -> list[ComplaintFiled]:
    entries = await approvals.entries_with(project_id(project), ComplaintFiled)
    return [entry.fact for entry in entries if isinstance(entry.fact, ComplaintFiled)]


async def test_a_complaint_begins_with_what_is_late(window: Window, number: str) -> None:
    await window.track(number)
    form = (await window.get(f"/window/track/{number}/complaint")).text
    assert f"land {number}: Accepted" in form
    assert "Decision: 11 working days over" in form


async def test_a_complaint_is_filed_by_the_number_of_the_case(
    window: Window, approvals: Approvals, number: str
) -> None:
    await window.track(number)
    address = f"/window/track/{number}/complaint"
    answer = await window.post(address, about=ABOUT, contact=PHONE, anonymous="1", key=await window.key(address))
    assert answer.status_code == 303
    page = await window.client.get(answer.headers["location"])
    assert "The complaint is filed" in page.text
    assert PHONE not in page.text
    entries = await approvals.entries_with(project_id("running"), ComplaintFiled)
    fact, by = entries[-1].fact, entries[-1].recorded.by
    assert isinstance(fact, ComplaintFiled)
    assert (fact.item, fact.department, fact.about) == ("land", "land", ABOUT)
    assert (fact.contact, fact.anonymous) == (PHONE, True)
    assert (by.id, by.role) == (f"case:{number}", Role.APPLICANT)
    assert number not in fact.complaint  # which is public


async def test_a_form_that_is_sent_twice_files_one_complaint(window: Window, approvals: Approvals, number: str) -> None:
    await window.track(number)
    address = f"/window/track/{number}/complaint"
    key, before = await window.key(address), len(await filed(approvals, "running"))
    for _ in range(2):
        assert (await window.post(address, about=ABOUT, key=key)).status_code == 303
    assert len(await filed(approvals, "running")) == before + 1


async def test_a_case_brings_so_many_in_a_day_and_no_more(
    window: Window, approvals: Approvals, case_of: CaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_feedback, "FEEDBACK", RatePolicy("window-test", 2, 86_400))
    number = case_of(project_id("joint"), "build")
    await window.track(number)
    address = f"/window/track/{number}/complaint"
    statuses = []
    for _ in range(3):
        answer = await window.post(address, about=ABOUT, key=await window.key(address))
        statuses.append(answer.status_code)
    assert statuses == [303, 303, 429]
    assert "daily limit" in answer.text
    assert ABOUT.split("<", maxsplit=1)[0] in answer.text
    assert len(await filed(approvals, "joint")) == 2


@pytest.mark.parametrize(
    ("about", "sentence"), [("  \n ", "Say what the complaint is about"), ("长" * 4001, "4,000 characters")]
)
async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    window: Window, approvals: Approvals, number: str, about: str, sentence: str
) -> None:
    await window.track(number)
    address = f"/window/track/{number}/complaint"
    before = len(await filed(approvals, "running"))
    answer = await window.post(address, about=about, contact=PHONE, anonymous="1", key=await window.key(address))
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2  # above, and beside the field
    assert 'id="about-wrong"' in answer.text
    assert f'value="{PHONE}"' in answer.text
    assert about.strip() in answer.text
    assert " checked" in answer.text
    assert len(await filed(approvals, "running")) == before


async def test_what_was_typed_is_shown_as_text(window: Window, number: str) -> None:
    await window.track(number)
    address = f"/window/track/{number}/evaluation"
    answer = await window.post(address, grade="", comment=ABOUT, contact="0", key=await window.key(address))
    assert answer.status_code == 422
    assert "&lt;b&gt;" in answer.text
    assert "<b>已经" not in answer.text


async def test_a_case_is_evaluated_once(window: Window, approvals: Approvals, case_of: CaseOf) -> None:
    number = case_of(project_id("late"), "land")
    await window.track(number)
    address = f"/window/track/{number}/evaluation"
    first = await window.post(address, grade=Grade.FAIR.value, comment="", contact="0", key=await window.key(address))
    assert "recorded" in (await window.client.get(first.headers["location"])).text
    again = await window.post(address, grade=Grade.FAIR.value, comment="", contact="0", key=await window.key(address))
    assert again.status_code == 422
    assert "evaluated once" in again.text
    (entry,) = await approvals.entries_with(project_id("late"), ServiceEvaluated)
    assert isinstance(entry.fact, ServiceEvaluated)
    assert (entry.fact.grade, entry.fact.department) == (Grade.FAIR, "land")


async def test_a_contact_is_evaluated_by_itself(window: Window, approvals: Approvals, case_of: CaseOf) -> None:
    number = case_of(project_id("paused"), "land")
    page = (await window.track(number)).text
    address = f"/window/track/{number}/evaluation"
    assert f"{address}?contact=3" in page.replace("&amp;", "&")
    form = {"grade": Grade.SATISFIED.value, "comment": "", "contact": "3"}
    assert (await window.post(address, **form, key=await window.key(address))).status_code == 303
    (entry,) = await approvals.entries_with(project_id("paused"), ServiceEvaluated)
    assert isinstance(entry.fact, ServiceEvaluated)
    assert entry.fact.contact == 3


async def test_a_bad_grade_says_why(window: Window, number: str) -> None:
    await window.track(number)
    address = f"/window/track/{number}/evaluation"
    key = await window.key(address)
    form = {"grade": Grade.VERY_DISSATISFIED.value, "contact": "0", "key": key}
    refused = await window.post(address, **form, comment=" ")
    assert refused.status_code == 422
    assert refused.text.count("Say what was wrong") == 2
    assert (await window.post(address, **form, comment="等了三周")).status_code == 303


@pytest.mark.parametrize(
    "fields", [{}, {"grade": "perfect"}, {"grade": "fair", "contact": "9" * 40}, {"key": "no key"}]
)
async def test_no_form_is_a_fault_of_ours(window: Window, number: str, fields: dict[str, str]) -> None:
    await window.track(number)
    address = f"/window/track/{number}/evaluation"
    form = {"key": await window.key(address), **fields}
    assert (await window.post(address, **form)).status_code in (303, 400, 422)
