"""An application from the choice of an item to the receipt, by all whom the table of access lets, in few pages."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import pytest
from litestar import Litestar

from domain.core.types import Stage
from domain.project.application.submission import ItemSubmitted
from domain.project.materials.attachment import MaterialAttached
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.query_codes import query_code_of
from tests.api.apply.applicants import APPLY, CLERK, OTHER, OWN, RIVAL, Browser, pdf
from tests.api.window.test_tracking import words
from tests.examples import APPLICANT, LEADER


async def test_what_may_be_applied_for_is_offered_and_what_waits_is_not(browser: Browser) -> None:
    text = words((await browser.get(APPLY)).text)
    assert "Hengxin fab" in text
    assert "Rival" not in text
    assert re.search(r"Waiting for other items 1 works Hengxin fab · first needed: land", text), text
    assert "tax" not in text  # its department works outside the system


async def test_one_item_of_the_catalogue_is_offered_by_itself(browser: Browser) -> None:
    page = (await browser.get(APPLY, service="LU-1")).text
    assert page.count('name="item" value="land"') == 1
    assert 'name="item" value="plan"' not in page
    assert "nothing you can apply for now" in (await browser.get(APPLY, service="none")).text


async def test_an_application_is_handed_in_with_its_files(browser: Browser, approvals: Approvals) -> None:
    draft = await browser.begin()
    tasks = words((await browser.get(draft)).text)
    assert "Check the data To do Papers Cannot start yet Check and hand in Cannot start yet" in tasks
    data = words((await browser.get(f"{draft}/data")).text)
    assert "Hengxin fab Registration · 2026-04-01" in data
    assert "Information base · 合同" in data
    assert "Papers" in words((await browser.post(f"{draft}/data")).text)
    first, second = pdf(), pdf()
    await browser.upload(draft, first, "申请表.pdf", "申请表")
    assert "申请表.pdf" in (await browser.upload(draft, second, "other.pdf", "no such paper")).text
    check = words((await browser.post(f"{draft}/materials", **{"continue": "1", "paper-1": "1"})).text)
    assert "申请表: 申请表.pdf Other papers: other.pdf 宗地图: on paper, at the window" in check
    assert "Last day 2026-04-09" in check  # five working days, over Qingming
    assert "2 files go with it" in check

    receipt = await browser.post(f"{draft}/check")
    text = words(receipt.text)
    item = (await approvals.project(OWN)).items["land"]
    assert item.stage is Stage.SUBMITTED
    assert f"Case number {item.case_number} Query code {query_code_of(item.case_number)}" in text
    assert "<svg" in receipt.text
    assert "Intake" in text
    assert ".ics" in receipt.text
    entries = await approvals.entries_with(OWN, ItemSubmitted, MaterialAttached)
    facts = [entry.fact for entry in entries if entry.recorded.by == APPLICANT]
    assert isinstance(facts[0], ItemSubmitted)
    assert facts[0].materials == ("申请表", "宗地图")
    names = [fact.name for fact in facts if isinstance(fact, MaterialAttached) and fact.items == ("land",)]
    assert names == ["申请表.pdf", "other.pdf"]

    again = await browser.post(f"{draft}/check")  # the form sent once more
    assert item.case_number in again.text
    assert len(await approvals.entries_with(OWN, ItemSubmitted)) == 1
    assert "was applied for already" in words((await browser.get(f"{await browser.begin()}/check")).text)


async def test_two_forms_at_once_hand_in_once(app: Litestar, approvals: Approvals) -> None:
    rival = Browser(app, RIVAL)
    draft = await rival.begin(OTHER, "plan")
    await rival.post(f"{draft}/data")
    answers = await asyncio.gather(*(rival.post(f"{draft}/check") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    number = (await approvals.project(OTHER)).items["plan"].case_number
    assert all(number in answer.text for answer in answers)
    assert len(await approvals.entries_with(OTHER, ItemSubmitted)) == 1


async def test_a_draft_is_gone_on_with_where_it_was_left(app: Litestar) -> None:
    rival = Browser(app, RIVAL)
    draft = await rival.begin(OTHER, "land")
    await rival.post(f"{draft}/data")
    await rival.upload(draft, pdf(), "left.pdf", "申请表")
    later = Browser(app, RIVAL)
    assert f"{draft}?lang=en" in (await later.get(APPLY)).text
    assert await later.begin(OTHER, "land") == draft
    assert "left.pdf" in (await later.get(f"{draft}/materials")).text
    assert "Check the data Completed" in words((await later.get(draft)).text)
    await later.post(f"{draft}/delete")
    assert (await later.get(draft)).status_code == 404


async def test_required_papers_have_to_be_there_or_announced(app: Litestar) -> None:
    rival = Browser(app, RIVAL)
    draft = await rival.begin(OTHER, "land")
    await rival.post(f"{draft}/data")
    await rival.upload(draft, pdf(), "a.pdf", "申请表")
    refused = await rival.post(f"{draft}/materials", **{"continue": "1", "paper-2": "1"})
    assert refused.status_code == 422
    assert refused.text.count("Required papers are missing") == 2
    assert re.search(r'id="paper-2"[^>]* checked', refused.text)  # what was ticked is saved
    assert "Hand in the application" not in (await rival.get(f"{draft}/check")).text
    assert "Steps of the application" in (await rival.post(f"{draft}/check")).text  # nothing was handed in


async def test_a_file_of_the_project_is_used_again(browser: Browser, files: dict[UUID, str]) -> None:
    draft = await browser.begin(OWN, "works")
    page = (await browser.get(f"{draft}/materials")).text
    assert f'name="reuse" value="{files[OWN]}"' in page
    assert files[OTHER] not in page
    used = await browser.post(f"{draft}/materials", reuse=files[OWN], requirement="")
    assert "c1.pdf" in words(used.text)
    assert "a file of the project" in words(used.text)
    removed = await browser.post(f"{draft}/materials", remove=files[OWN])
    assert f'name="reuse" value="{files[OWN]}"' in removed.text


async def test_what_is_against_it_is_said_before_it_is_sent(browser: Browser) -> None:
    draft = await browser.begin(OWN, "renewal")
    refused = await browser.post(f"{draft}/data", licence_number="L-1", valid_through="soon")
    assert refused.status_code == 422
    assert refused.text.count("Write a day such as") == 2
    assert 'value="L-1"' in refused.text
    assert 'value="soon"' in refused.text
    await browser.post(f"{draft}/data", licence_number="L-1", valid_through="2026-01-31", undertaking="1")
    check = words((await browser.get(f"{draft}/check")).text)
    assert "The licence has expired: apply for a new one." in check
    assert "Hand in the application" not in check
    await browser.post(f"{draft}/data", licence_number="L-1", valid_through="2026-08-31", undertaking="1")
    mended = words((await browser.get(f"{draft}/check")).text)
    assert "2026-08-31 L-1" in mended
    assert "Hand in the application" in mended


async def test_what_is_typed_is_saved_before_it_is_sent(app: Litestar) -> None:
    browser = Browser(app, RIVAL)
    draft = await browser.begin(OTHER, "renewal")
    stays = await browser.post(f"{draft}/data", _step="review", licence_number="L-7", valid_through="2026-0")
    assert stays.request.url.path.endswith("/data")
    assert 'value="L-7"' in (await browser.get(f"{draft}/data")).text
    assert "Check the data To do" in words((await browser.get(draft)).text), "it was saved, not sent"
    papers = await browser.post(f"{draft}/materials", _step="review")
    assert papers.request.url.path.endswith("/materials")


async def test_a_window_clerk_applies_for_an_enterprise(app: Litestar, approvals: Approvals) -> None:
    clerk = Browser(app, CLERK)
    both = words((await clerk.get(APPLY, q="renewal")).text)
    assert "Hengxin fab" in both
    assert "Rival fab" in both
    draft = await clerk.begin(OTHER, "renewal")
    await clerk.post(f"{draft}/data", valid_through="2026-08-31")
    receipt = await clerk.post(f"{draft}/check")
    number = (await approvals.project(OTHER)).items["renewal"].case_number
    assert number
    assert number in receipt.text


async def test_an_unauthorised_applicant_is_refused(app: Litestar) -> None:
    leader = Browser(app, LEADER)
    assert (await leader.get(APPLY)).status_code == 403


@pytest.mark.parametrize(("item", "status"), [("no-such-item", 404), ("", 404), ("land\0", 400)])
async def test_an_item_that_is_none_is_not_begun(browser: Browser, item: str, status: int) -> None:
    assert (await browser.post(APPLY, project=str(OWN), item=item)).status_code == status
    assert (await browser.post(APPLY, project="none", item="land")).status_code == 400
