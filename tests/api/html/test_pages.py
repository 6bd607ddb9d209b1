"""The pages: both languages, filters, what is empty, what is unknown, and that no name is taken for code."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from api.app import PAGES, create_app
from api.html.translations import TABLES, preferred
from domain.core.ledger import Role
from domain.core.types import Outcome, Stage
from domain.examples.materials import DIGEST, MEDIA_TYPE, REPORT
from domain.messages import FACTS as FACT_TYPES
from domain.project.materials.attachment import AttachMaterial
from domain.project.waiting.wait import HeldBy
from infrastructure.ledger.approvals import Approvals
from infrastructure.projector.positions import Views
from infrastructure.projector.projector import Projector
from infrastructure.settings import Settings
from tests.api.client import REGISTER, Door, identity
from tests.effort import PATIENCE_SECONDS
from tests.examples import BUREAU, LAND, LEADER

MARK = "<script>alert(1)</script>"
VERSION = r'data-label="#"[^>]*>(\d+)<'
FILED = {"command": "file_complaint", "complaint": "c-1", "about": MARK, "anonymous": True}

pytestmark = pytest.mark.usefixtures("projector")


@pytest.fixture(scope="module")
def views(approvals: Approvals) -> Views:
    return Views(approvals.store)


@pytest.fixture(scope="module")
def app(approvals: Approvals, views: Views, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return create_app(approvals, views, Settings(data=tmp_path_factory.mktemp("data")), pages=PAGES)


async def registered(door: Door, views: Views, **changed: Any) -> UUID:
    """A project that the views have."""
    project = uuid4()
    receipt = await door.done(project, REGISTER | changed)
    await views.catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    return project


def page(response: httpx.Response, status: int = 200) -> str:
    """The page in *response*, whose headers have to deny it every privilege."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-security-policy"].startswith("default-src 'self'")
    assert "<script" not in response.text
    assert " style=" not in response.text
    return response.text


async def test_without_projects_it_says_so(door: Door, projector: Projector) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        # the first test of the file: nothing is registered yet, and the views are being made
        while (response := await door.get("/")).status_code == 503:  # noqa: ASYNC110  HTTP has no other way
            await asyncio.sleep(0.05)
    assert "还没有登记项目" in page(response)


async def test_a_page_is_in_chinese_or_english_with_a_link_to_the_other(door: Door, views: Views) -> None:
    await registered(door, views, name="Language")
    chinese = page(await door.get("/"))
    assert '<html lang="zh-CN"' in chinese
    assert "项目进度表" in chinese
    english = page(await door.get("/", lang="en", text="Lang"))
    assert '<html lang="en"' in english
    assert "Progress of projects" in english
    assert 'href="/?lang=zh&amp;text=Lang"' in english

    preferring_english = await door.client.get(
        "/", headers=identity(LEADER) | {"Accept-Language": "de, en;q=0.8, zh;q=0.5"}
    )
    assert '<html lang="en"' in page(preferring_english)


async def test_filters_stay_in_the_form_and_select_the_rows(door: Door, views: Views) -> None:
    project = await registered(door, views, name="Cable works", manager="chen")
    other = await registered(door, views, name="Glass works", manager="sun")
    filtered = page(await door.get("/", manager="chen", stage="not_started", department="land"))
    assert f"/pages/projects/{project}" in filtered
    assert str(other) not in filtered
    assert 'value="chen"' in filtered
    assert '<option value="not_started" selected>' in filtered
    assert "没有符合条件的项目" in page(await door.get("/", manager="chen", stage="delivered"))
    assert str(other) in page(await door.get("/", holder="applicant", text="glass"))


async def test_pages_follow_one_another(door: Door, views: Views) -> None:
    projects = [await registered(door, views, manager="paged") for _ in range(3)]
    first = page(await door.get("/", manager="paged", limit=2))
    (following,) = re.findall(r'rel="next" href="(/\?manager=paged&amp;limit=2&amp;cursor=[^"]*)"', first)
    second = page(await door.client.get(following.replace("&amp;", "&"), headers=identity(LEADER)))
    assert 'rel="first" href="/?manager=paged&amp;limit=2"' in second
    assert 'rel="next"' not in second
    links = [re.findall(r'<tr id="row-([0-9a-f-]{36})', text) for text in (first, second)]
    assert [len(link) for link in links] == [2, 1]
    assert {UUID(link) for link in links[0] + links[1]} == set(projects)


async def test_a_project_with_everything_on_it(door: Door, views: Views) -> None:
    project = uuid4()
    receipt = await door.send_story(project)
    await views.catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    english = page(await door.get(f"/pages/projects/{project}", lang="en"))
    history = (await door.get(f"/v1/projects/{project}/history")).json()["entries"]
    sentences = [
        re.sub(r"<[^>]*>", "", sentence).strip()
        for sentence in re.findall(r'class="sentence">(.*?)</th>', english, re.DOTALL)
    ]
    assert len(sentences) == len(history), "each entry is told in a sentence, with everything it holds beneath"
    assert all(sentences)
    assert any(sentence.startswith("Supplement requested, 2 papers: ") for sentence in sentences)
    numbers = [int(number) for number in re.findall(VERSION, english)]
    assert numbers == list(range(len(history), 0, -1))
    assert "Keyed in" in english
    assert re.search(r'datetime="[^"]*\+08:00">[0-9-]{10} [0-9:]{5}</time>', english)
    assert "Asia/Shanghai" in english

    older = page(await door.get(f"/pages/projects/{project}", before=3))
    assert re.findall(VERSION, older) == ["2", "1"]
    assert 'rel="prev"' in older


async def test_a_projects_files_are_listed_with_their_items(door: Door, views: Views) -> None:
    project = await registered(door, views)
    assert "没有提交电子材料" in page(await door.get(f"/pages/projects/{project}"))
    await door.upload(REPORT, MEDIA_TYPE)
    attach = AttachMaterial(
        digest=DIGEST, name="总图 & 说明.pdf", media_type=MEDIA_TYPE, size=len(REPORT), items=("land",)
    )
    await door.done(project, attach, LAND)

    chinese = page(await door.get(f"/pages/projects/{project}"))
    english = page(await door.get(f"/pages/projects/{project}", lang="en"))
    link = re.findall(r'<a href="(/v1/materials/[^"]+)">总图 &amp; 说明.pdf</a><br><small>193 Bytes', chinese)
    assert (await door.get(html.unescape(link[0]))).content == REPORT
    assert "申请材料" in chinese
    assert "Materials</caption>" in english
    assert "li, land" in english.partition("Materials</caption>")[2].partition("</table>")[0]


async def test_names_are_never_code_and_anonymous_complainants_stay_so(door: Door, views: Views) -> None:
    project = await registered(door, views, name=MARK, enterprise={"name": MARK})
    receipt = await door.done(project, FILED)
    await views.catch_up(receipt["position"], patience=PATIENCE_SECONDS)
    for path in ("/pages/progress", f"/pages/projects/{project}"):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page(await door.get(path))
    assert 'value="&#34;&gt;&lt;script' in page(await door.get("/", text='"><script>'))

    rows = {}
    for by in (LEADER, BUREAU):
        text = page(await door.get(f"/pages/projects/{project}", by=by))
        rows[by] = text[text.index("提出投诉") :].partition("</tr>")[0]
    assert "wang" in rows[BUREAU]
    assert "wang" not in rows[LEADER]


async def test_unmet_preconditions_are_named(door: Door, views: Views) -> None:
    items = [
        {"item": "land", "department": "land", "name": "用地预审"},
        {"item": "site-plan", "department": "planning", "requires": ["land"]},
    ]
    project = await registered(door, views, items=items)
    assert "<li>用地预审</li>" in page(await door.get(f"/pages/projects/{project}"))


async def test_an_unknown_project_is_a_page_too(door: Door) -> None:
    response = await door.get(f"/pages/projects/{uuid4()}")
    assert "没有这个项目" in page(response, 404)
    assert "There is no such project" in page(await door.get(f"/pages/projects/{uuid4()}", lang="en"), 404)


@pytest.mark.parametrize("query", ["limit=0", "stage=nowhere", "lang=fr", "text=%00", "cursor=x"])
async def test_an_unanswerable_question_is_a_page_too(door: Door, query: str) -> None:
    assert "无法显示此页" in page(await door.get(f"/?{query}"), 400)


@pytest.mark.parametrize(
    ("query", "says", "without"),
    [
        ("text=%00&status=open", "检索词过长（最多 200 个字）或含有不能使用的字符", "/pages/progress?status=open"),
        ("stage=nowhere", "网址中有一项无法识别", "/pages/progress"),
        ("limit=0&lang=en", "A part of the address can&#39;t be read", "/pages/progress?lang=en"),
    ],
)
async def test_what_is_wrong_in_an_address_is_said_in_its_language_with_a_way_back(
    door: Door, query: str, says: str, without: str
) -> None:
    wrong = page(await door.get(f"/pages/progress?{query}"), 400)

    assert says in wrong
    assert f'<a href="{without}">' in wrong
    assert ("<details><summary>技术说明（英文）" in wrong) == ("lang=en" not in query)


async def test_a_period_that_ends_before_it_begins_can_be_corrected_in_place(door: Door) -> None:
    wrong = page(await door.get("/supervision?first=2026-12-01&last=2026-11-01&department=land", BUREAU), 400)

    form = wrong.partition("<form")[2].partition("</form>")[0]
    assert 'action="/supervision"' in form
    for field in ('type="hidden" name="department" value="land"', 'value="2026-12-01"', 'value="2026-11-01"'):
        assert field in form


async def test_the_style_sheet_is_in_the_package(door: Door) -> None:
    response = await door.get("/static/app.css", by=None)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")
    assert "max-age=" in response.headers["cache-control"]
    assert "prefers-color-scheme: dark" in response.text


def test_there_are_words_for_everything() -> None:
    assert TABLES["fact"].keys() == FACT_TYPES.keys()
    assert TABLES["stage"].keys() == set(Stage)
    assert TABLES["outcome"].keys() == set(Outcome)
    assert TABLES["role"].keys() == set(Role)
    assert TABLES["holder"].keys() == {holder.value for holder in HeldBy} - {HeldBy.DEPARTMENT.value}
    silent = {key for table in TABLES.values() for key, words in table.items() if not all(words)}
    assert silent == {"sheets"}, "what follows the number of a sheet in Chinese alone: 第 2/5 页, Page 2/5"


@pytest.mark.parametrize(
    ("accept", "language"),
    [("", "zh"), ("de", "zh"), ("en-GB,en;q=0.9", "en"), ("zh;q=0.2, en;q=0.7", "en"), ("en;q=x", "zh")],
)
def test_the_language_follows_the_accept_language_header(accept: str, language: str) -> None:
    assert preferred(accept) == language
