"""The pages of the information base: both languages, what is missing, what was found, and no name taken for code."""

from __future__ import annotations

from uuid import UUID, uuid4

import httpx
import pytest

from domain.examples.information import INFORMED
from domain.project.information.form import FORM
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from tests.api.client import REGISTER, Door
from tests.effort import PATIENCE_SECONDS
from tests.examples import LEADER

MARK = "<b>&桂花苑"

pytestmark = [pytest.mark.pages, pytest.mark.usefixtures("projector")]


@pytest.fixture(scope="module")
async def project(door: Door, approvals: Approvals) -> UUID:
    """The example's information, of a project with an odd name, in the view."""
    project_id = uuid4()
    await door.done(project_id, {**REGISTER, "name": MARK, "manager": "wang.min"})
    position = [(await door.done(project_id, step.command, step.by))["position"] for step in INFORMED][-1]
    await Views(approvals.store).catch_up(position, patience=PATIENCE_SECONDS)
    return project_id


def text_of(response: httpx.Response, status: int = 200) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-security-policy"].startswith("default-src 'self'")
    assert "<b>&" not in response.text
    return response.text


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_projects_page_says_what_is_known_and_what_is_to_be_entered(
    door: Door, project: UUID, lang: str
) -> None:
    page = text_of(await door.get(f"/pages/projects/{project}/information", LEADER, lang=lang))

    words = {
        "zh": ("基本情况", "扩建", "待录入", "各环节结果"),
        "en": ("Basic facts", "Expansion", "To be entered", "Results"),
    }
    for word in words[lang]:
        assert word in page
    assert {"zh": "38,200 万元", "en": "382 million yuan"}[lang] in page
    assert "初步设计概算批复" in page
    assert [category.id for category in FORM if f'id="{category.id}"' not in page] == []


async def test_a_page_shows_what_was_known_at_an_instant(door: Door, project: UUID) -> None:
    entries = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    before = text_of(
        await door.get(f"/pages/projects/{project}/information", LEADER, as_of=entries[-2]["recorded_at"], lang="en")
    )

    assert "360 million yuan" in before
    assert "382 million" not in before


async def test_a_project_has_no_page_of_an_instant_before_its_registration(door: Door, project: UUID) -> None:
    early = {"as_of": "2020-01-15T00:00:00Z", "lang": "en"}
    text_of(await door.get(f"/pages/projects/{project}/information", LEADER, **early), 404)


async def test_what_was_found_is_marked_and_leads_to_its_page(door: Door, project: UUID) -> None:
    page = text_of(await door.get("/pages/information", LEADER, q="树脂基 composites", lang="zh"))

    assert f"/pages/projects/{project}/information?lang=zh" in page
    assert "<mark>树脂基</mark>" in page
    assert "<mark>composites</mark>" in page
    assert "建设内容:" in page
    assert "&lt;b&gt;&amp;桂花苑" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_nothing_found_is_said_so(door: Door, project: UUID, lang: str) -> None:
    page = text_of(await door.get("/pages/information", LEADER, q="无此项目 <b>&", lang=lang))

    assert {"zh": "没有符合条件的项目", "en": "No project matches"}[lang] in page


async def test_filters_keep_what_was_chosen(door: Door, project: UUID) -> None:
    page = text_of(await door.get("/pages/information", LEADER, category="basic", complete="true", kind="filing"))

    assert str(project) in page
    for value in ("basic", "true", "filing"):
        assert f'<option value="{value}" selected>' in page
    assert str(project) not in text_of(await door.get("/pages/information", LEADER, category="land", complete="true"))


async def test_what_was_not_known_on_a_day_is_not_found_on_it(door: Door, project: UUID) -> None:
    page = text_of(await door.get("/pages/information", LEADER, q="桂花苑", on="2098-01-01", lang="zh"))
    assert f"/pages/projects/{project}/information?as_of=" in page
    assert str(project) not in text_of(await door.get("/pages/information", LEADER, q="桂花苑", on="2020-01-01"))
    text_of(await door.get("/pages/information", LEADER, on="1800-01-01"), 400)
    text_of(await door.get("/pages/information", LEADER, on=""))  # the form, sent unchanged


async def test_the_progress_pages_lead_there(door: Door, project: UUID) -> None:
    assert "/pages/information" in text_of(await door.get("/", LEADER))
    assert f"/pages/projects/{project}/information" in text_of(await door.get(f"/pages/projects/{project}", LEADER))


async def test_what_can_t_be_shown_is_a_page_too(door: Door) -> None:
    text_of(await door.get(f"/pages/projects/{uuid4()}/information", LEADER), 404)
    text_of(await door.get("/pages/information", LEADER, category="dragons"), 400)
    text_of(await door.get("/pages/information", LEADER, q="x" * 300), 400)
