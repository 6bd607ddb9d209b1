"""The page of a legal person: what held on a day, its names, merges and projects, and the ways that lead there."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec import structs

from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import REGISTER, Door, unmarked
from tests.api.legal_person.test_legal_person import code_of, done, registration
from tests.effort import PATIENCE_SECONDS
from tests.examples import APPLICANT, LEADER

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]
ONE, OTHER = code_of(61), code_of(62)
PAGE = f"/pages/legal-persons/{ONE}"


@pytest_asyncio.fixture(scope="module")
async def project(door: Door, approvals: Approvals) -> UUID:
    """A person renamed in 2021, with a second entry that was merged into it, under whose code a project runs."""
    contact = {"name": "欧阳工", "phone": "027-5550100"}
    await done(door, registration(ONE, "<b>&海棠公司", contact=contact))
    await done(door, registration(OTHER, "海棠分厂"))
    renamed = {"command": "change_legal_person", "code": ONE, "particulars": {"name": "海棠集团"}}
    await done(door, {**renamed, "effective_on": "2021-06-01", "source": "register"})
    await done(door, {"command": "merge_legal_person", "code": OTHER, "into": ONE, "reasons": "一家企业"})
    project_id = uuid4()
    await door.done(project_id, {**REGISTER, "name": "海棠一期", "enterprise": {"name": "海棠分厂", "uscc": OTHER}})
    receipt = await door.done(
        project_id, {"command": "submit_item", "item": "land"}, structs.replace(APPLICANT, department=OTHER)
    )
    await Views(approvals.store).catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    return project_id


async def shown(door: Door, path: str, status: int = 200, **params: str) -> str:
    answer = await door.get(path, LEADER, **params)
    assert answer.status_code == status, answer.text
    assert "<b>&" not in answer.text
    return unmarked(answer.text)


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("zh", ("历史名称", "已归并的记录", "项目与办件", "企业")),
        ("en", ("Names over time", "Merged entries", "Company")),
    ],
)
async def test_it_shows_names_merges_and_projects(door: Door, project: UUID, lang: str, says: tuple[str, ...]) -> None:
    page = await shown(door, PAGE, lang=lang)

    assert "<h1>海棠集团</h1>" in page
    for text in (*says, "海棠公司", "2021-06-01", ONE, OTHER, "一家企业"):
        assert text in page, text
    assert f"/pages/projects/{project}?lang={lang}" in page
    assert "欧阳工" not in page
    assert "5550100" not in page


async def test_it_is_as_of_the_day_that_is_chosen(door: Door, project: UUID) -> None:
    page = await shown(door, PAGE, on="2020-05-05", lang="en")
    assert "海棠公司</h1>" in page
    assert str(project) not in page, "it was registered later"
    assert 'value="2020-05-05"' in page


async def test_a_merged_entry_leads_to_its_survivor(door: Door, project: UUID) -> None:
    page = await shown(door, f"/pages/legal-persons/{OTHER}", lang="en")
    assert "<h1>海棠集团</h1>" in page
    assert "was merged into this person" in page
    assert str(project) in page


async def test_projects_and_the_information_base_lead_there(door: Door, project: UUID) -> None:
    for path in (f"/pages/projects/{project}", f"/pages/projects/{project}/information", "/pages/information"):
        assert f'<a href="/pages/legal-persons/{OTHER}?lang=zh">海棠分厂</a>' in await shown(door, path, lang="zh"), (
            path
        )
    other = uuid4()
    await door.done(other, REGISTER)
    assert "/pages/legal-persons/" not in await shown(door, f"/pages/projects/{other}")


async def test_an_unknown_code_gets_a_page_too(door: Door) -> None:
    assert "法人基础库中没有这个代码" in await shown(door, f"/pages/legal-persons/{code_of(63)}", 404, lang="zh")
    assert "mistyped" in await shown(door, f"/pages/legal-persons/{ONE[:-1]}Z", 422, lang="en")
    await shown(door, PAGE, 400, on="1800-01-01")
    await shown(door, PAGE, on="")  # the form, sent unchanged
