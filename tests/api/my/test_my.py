"""The enterprise's own page: what it has to do first, its cases with their codes, what departments did."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from litestar import Litestar

from domain.core.plan import PlannedItem
from domain.project.application.registration import Enterprise, RegisterProject
from domain.project.application.submission import SubmitItem
from domain.project.application.supplement import RequestSupplement
from infrastructure.ledger.approvals import Approvals
from infrastructure.window.query_codes import query_code_of
from projections.legal_person.names import enterprise_named
from projections.window import query
from tests.api.apply.applicants import OTHER, OTHER_USCC, OWN, RIVAL, Browser
from tests.api.exports.linked import rows_by
from tests.api.window.test_tracking import words
from tests.examples import APPLICANT, LAND, LEADER, MANAGER, USCC, WATER
from tests.infrastructure.projector.test_projector import project_all
from tests.law.questions import at

pytestmark = pytest.mark.pages


@pytest_asyncio.fixture(scope="module")
async def approvals(shared_database_url: str) -> AsyncIterator[Approvals]:
    """Two enterprises; of the first, papers are requested for one item, and another was applied for."""
    hands: list[datetime] = [at("04-01 09:00")]
    async with Approvals(shared_database_url, clock=lambda: hands[0]) as opened:
        for project, name, uscc in ((OWN, "Hengxin", USCC), (OTHER, "Rival", OTHER_USCC)):
            await opened.handle(project, registration(name, uscc), MANAGER, uuid4())
        await opened.handle(OWN, SubmitItem(item="land"), APPLICANT, uuid4())
        await opened.handle(OWN, SubmitItem(item="water"), APPLICANT, uuid4())
        hands[0] = at("04-02 10:00")
        await opened.handle(OWN, RequestSupplement(item="water", missing=("总平面图",)), WATER, uuid4())
        await opened.handle(OTHER, SubmitItem(item="land"), RIVAL, uuid4())
        hands[0] = at("04-03 10:00")
        await opened.handle(OTHER, RequestSupplement(item="land", missing=("秘密文件",)), LAND, uuid4())
        project_all(shared_database_url)
        yield opened


def registration(name: str, uscc: str) -> RegisterProject:
    """A project of the enterprise *name* with three items."""
    items = tuple(PlannedItem(item=item, department=item) for item in ("land", "water", "fire"))
    return RegisterProject(name=f"{name} fab", enterprise=Enterprise(name, uscc), manager="wang", items=items)


async def number_of(approvals: Approvals, project: UUID, item: str) -> str:
    return (await approvals.project(project)).items[item].case_number


async def test_what_must_be_done_comes_first(app: Litestar) -> None:
    text = words((await Browser(app, APPLICANT).get("/my")).text)
    first = text[: text.index("Projects")]
    assert first.index("water Hengxin fab · Papers to supply: 总平面图") < first.index("fire Hengxin fab")
    assert "can be applied for" in first
    assert "land Hengxin fab" not in first  # the department's turn


async def test_cases_have_their_numbers_and_codes(app: Litestar, approvals: Approvals) -> None:
    page = (await Browser(app, APPLICANT).get("/my")).text
    for item in ("land", "water"):
        number = await number_of(approvals, OWN, item)
        assert f"{number} {query_code_of(number)}" in words(page)
    assert "Asked for papers: 总平面图" in words(page)


async def test_nothing_of_another_enterprise_is_there(app: Litestar, approvals: Approvals) -> None:
    page = (await Browser(app, APPLICANT).get("/my")).text
    number = await number_of(approvals, OTHER, "land")
    for secret in ("Rival", "秘密文件", number, query_code_of(number)):
        assert secret not in page
    theirs = (await Browser(app, RIVAL).get("/my")).text
    assert "秘密文件" in theirs
    assert "Hengxin" not in theirs


async def test_what_is_listed_is_to_be_had_as_files(app: Litestar, approvals: Approvals) -> None:
    browser = Browser(app, APPLICANT)
    page = (await browser.get("/my")).text
    tasks, cases, projects = [
        await rows_by(browser.client, page, name) for name in ("my-tasks", "my-cases", "progress")
    ]

    listed = page.partition('<ul class="acts">')[2].partition("</ul>")[0]
    assert len(tasks) == listed.count("<li>") > 1
    assert {(row["Item"], row["Papers requested"]) for row in tasks} >= {("water", "总平面图"), ("fire", "")}
    numbers = {item: await number_of(approvals, OWN, item) for item in ("land", "water")}
    assert {(row["Item"], row["Case number"]) for row in cases} == set(numbers.items())
    assert all(row["State"] in words(page) for row in cases)
    assert [row["Project id"] for row in projects] == [str(OWN)]
    hidden = ("Rival", "秘密", *map(query_code_of, numbers.values()))  # codes are shown on the page alone
    assert not [value for row in (*tasks, *cases) for value in row.values() if any(text in value for text in hidden)]


async def test_papers_are_named_however_many_cases_the_projects_have(
    app: Litestar, approvals: Approvals, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(app, APPLICANT)
    page = (await browser.get("/my")).text
    monkeypatch.setattr(query, "OF_PROJECTS", query.OF_PROJECTS.replace(f"LIMIT {query.CASES_MAX}", "LIMIT 1"))
    tasks = await rows_by(browser.client, page, "my-tasks")
    assert ("water", "总平面图") in {(row["Item"], row["Papers requested"]) for row in tasks}


async def test_these_files_are_for_the_enterprise_alone(app: Litestar) -> None:
    for by in (LEADER, LAND, MANAGER):
        for name in ("my-cases", "my-tasks"):
            headers = {"Accept": "application/json"}
            answer = await Browser(app, by).client.get(f"/pages/exports/{name}/csv", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "access-denied"), name
            assert "applicants of their own enterprise" in answer.json()["remedy"]


async def test_a_draft_is_gone_on_with_from_there(app: Litestar) -> None:
    browser = Browser(app, APPLICANT)
    draft = await browser.begin(OWN, "fire")
    assert f'href="{draft}?lang=en"' in (await browser.get("/my")).text
    await browser.post(f"{draft}/delete")
    assert draft not in (await browser.get("/my")).text


async def test_others_see_whose_page_it_is(app: Litestar) -> None:
    page = await Browser(app, LEADER).get("/my")
    assert page.status_code == 200
    assert "This page is for enterprises" in page.text
    assert "fab" not in page.text


async def test_an_enterprise_is_called_by_its_name_not_its_code(approvals: Approvals) -> None:
    assert await enterprise_named(approvals.store, USCC) == "Hengxin"
    assert await enterprise_named(approvals.store, OTHER_USCC) == "Rival"
    assert await enterprise_named(approvals.store, "91110115627881307F") == "91110115627881307F"
