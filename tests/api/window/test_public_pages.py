"""Guides, decisions and figures: found by any word; figures without enterprises, decisions without persons."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from api.exports import window_lists
from api.exports.download import BATCH_ROWS
from domain.catalogue.item import RequiredMaterial, ServiceItem, TaskType
from domain.catalogue.listing import DecideOnline, DefineServiceItem
from domain.catalogue.publication import PublishCatalogue
from domain.catalogue.state import stream_of
from domain.core.ledger import Actor
from domain.core.plan import Phase
from domain.flow.publication import PublishFlow
from domain.flow.state import stream_of as flow_stream
from domain.flow.step import FlowStep
from infrastructure.ledger.approvals import Approvals
from tests.api.exports.linked import about_of, rows_by
from tests.api.window.test_tracking import words
from tests.api.window.visits import CaseOf, Window
from tests.examples import BUREAU, USCC
from tests.projections.zone import project_id

LAND = ServiceItem(
    task_code="LU-1",
    task_name="建设用地规划许可证核发",
    task_name_en="Planning permit for land",
    task_type=TaskType.LICENCE,
    dept_code="land",
    by_law=("城乡规划法 37",),
    anticipate_day=20,
    promise_day=7,
    accept_condition="已取得批准文件",
    materials=(
        RequiredMaterial(material_name="申请表", material_type="original", source_type="applicant", page_num=2),
        RequiredMaterial(material_name="宗地图", is_need=False, by_law="办法 3"),
    ),
    is_online=True,
    transact_addr="政务大厅 3 号窗口",
)
SITE = ServiceItem(
    task_code="SP-1", task_name="建设工程规划许可", task_type=TaskType.LICENCE, dept_code="planning", promise_day=10
)


@pytest_asyncio.fixture(scope="module")
async def catalogue(approvals: Approvals) -> AsyncIterator[str]:
    """Two items and a flow in which the first comes before the second."""
    name = "guides"
    for service in (LAND, SITE):
        await approvals.handle(stream_of(name), DefineServiceItem(catalogue=name, service=service), BUREAU, uuid4())
    publish = PublishCatalogue(catalogue=name, valid_from=date(2026, 1, 1))
    await approvals.handle(stream_of(name), publish, BUREAU, uuid4())
    flow = PublishFlow(
        flow="guides",
        catalogue=name,
        kinds=("any",),
        phases=(Phase(code="one"),),
        steps=(
            FlowStep(step="land", item="LU-1", phase="one"),
            FlowStep(step="site", item="SP-1", phase="one", requires=("land",)),
        ),
    )
    await approvals.handle(flow_stream("guides"), flow, BUREAU, uuid4())
    yield name


async def test_without_a_catalogue_the_page_says_what_to_do(window: Window) -> None:
    assert "No catalogue is published yet" in (await window.get("/window/items")).text


async def test_an_item_is_found_by_any_of_its_words(window: Window, catalogue: str) -> None:
    for words_given in ("用地", "PLANNING permit", "lu-1", "城乡规划法", "land 37", "ｌｕ－１"):
        page = (await window.get("/window/items", q=words_given)).text
        assert "/window/items/LU-1" in page, words_given
        assert "/window/items/SP-1" not in page, words_given
    assert "2 items match" in (await window.get("/window/items")).text
    nothing = await window.get("/window/items", q="no such thing")
    assert nothing.status_code == 200
    assert "No item matches" in nothing.text


async def test_a_guide_says_all_there_is_to_know(window: Window, catalogue: str) -> None:
    text = words((await window.get("/window/items/LU-1")).text)
    for part in (
        "Planning permit for land",
        "已取得批准文件",
        "城乡规划法 37",
        "申请表 required original · 2 copies from the applicant",
        "宗地图 optional",
        "20 working days",
        "7 working days",
        "Administrative Licensing Law, Art. 42",
        "Nothing has to come first",
        "政务大厅 3 号窗口",
        "Apply online",
        "Where to complain",
    ):
        assert part in text, part


async def test_what_comes_first_is_linked(window: Window, catalogue: str) -> None:
    page = (await window.get("/window/items/SP-1")).text
    assert "/window/items/LU-1" in page
    assert "Not open for online application" in page


async def test_what_a_department_decides_shows_at_once(window: Window, approvals: Approvals, catalogue: str) -> None:
    decision = DecideOnline(catalogue=catalogue, task_code="SP-1", is_online=True)
    await approvals.handle(stream_of(catalogue), decision, Actor("zhou", "planning"), uuid4())
    assert "Apply online" in (await window.get("/window/items/SP-1")).text


async def test_an_unknown_item_is_not_found(window: Window, catalogue: str) -> None:
    assert (await window.get("/window/items/none")).status_code == 404


async def test_figures_are_published_by_department(window: Window, catalogue: str) -> None:
    page = (await window.get("/window/published")).text
    text = words(page)
    assert "All departments" in text
    assert "land 1 0 0.0% 22" in text
    assert "An item outside the catalogue land Decision 2026-05-06 land has not decided yet." in text
    assert "An item outside the catalogue land 2026-05-08 22" in text  # its name was written for one project
    assert "建设工程规划许可 planning Delivery 2026-05-14 planning has not delivered" in text
    for name in ("Hengxin", USCC, "Fab 3", "恒信", "wang"):
        assert name not in page, name


async def test_a_period_without_decisions_says_so(window: Window) -> None:
    page = await window.get("/window/published", first="2025-01-01", last="2025-02-01")
    assert "Nothing was decided in this period" in page.text
    wrong = await window.get("/window/published", first="2026-02-01", last="2026-01-01")
    assert wrong.status_code == 400


async def test_the_first_page_leads_everywhere(window: Window) -> None:
    page = (await window.get("/window")).text
    for path in ("/window/items", "/window/apply", "/window/track", "/window/decisions", "/window/published"):
        assert f'href="{path}?lang=en"' in page


async def test_granted_decisions_are_public(window: Window, case_of: CaseOf) -> None:
    page = (await window.get("/window/decisions")).text
    text = words(page)
    case = case_of(project_id("late"), "land")
    assert f"Hengxin {USCC} Project: Fab 3 land 2026-05-08 – {case}" in text
    assert "Art. 40 of the Administrative Licensing Law" in text
    assert str(project_id("late")) not in page
    assert "不符合规划" not in page
    chinese = await window.client.get("/window/decisions", params={"lang": "zh"})
    assert "《行政许可法》第四十条" in chinese.text


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        *(("text", "HENGXIN", 1), ("text", "fab", 1), ("text", USCC, 1), ("text", "hengxin nobody", 0)),
        *(("department", "land", 1), ("department", "nowhere", 0)),
        *(("first", "2026-05-08", 1), ("first", "2026-05-09", 0), ("last", "2026-05-07", 0), ("last", "", 1)),
    ],
)
async def test_a_decision_is_found_by_words_department_and_day(
    window: Window, case_of: CaseOf, field: str, value: str, number: int
) -> None:
    page = await window.get("/window/decisions", **{field: value})
    assert page.status_code == 200
    assert page.text.count(case_of(project_id("late"), "land")) == number


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [("2026-05-02", "2026-05-01", "The last day is before the first"), ("soon", "", "This is not a valid date")],
)
async def test_a_period_that_is_none_keeps_the_form(window: Window, first: str, last: str, fault: str) -> None:
    page = await window.get("/window/decisions", first=first, last=last, text="Hengxin")
    assert page.status_code == 400
    assert fault in page.text
    assert 'value="Hengxin"' in page.text


async def test_the_next_page_of_a_search_follows_in_either_language(window: Window) -> None:
    form = {"text": "", "department": "", "first": "", "last": "", "limit": "1"}
    page = (await window.client.get("/window/decisions", params=form)).text
    (address,) = re.findall(r'rel="next" href="([^"]*)"', page)
    for path in (unescape(address), f"{unescape(address)}&lang=en", f"{unescape(address)}&lang=zh"):
        answer = await window.client.get(path)
        assert answer.status_code == 200, answer.text[:500]


async def test_public_lists_are_files_without_sign_in(
    window: Window, case_of: CaseOf, catalogue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guides = await rows_by(window.client, (await window.get("/window/items", q="land")).text, "guides")
    assert [row["Number"] for row in guides] == ["LU-1"]
    assert guides[0]["Item"] == "Planning permit for land"

    whole = (await window.client.get("/v1/window/decisions")).json()["decisions"]
    page = (await window.get("/window/decisions", limit="1")).text
    for batch in (BATCH_ROWS, 1):
        monkeypatch.setattr(window_lists, "BATCH_ROWS", batch)
        granted = await rows_by(window.client, page, "granted")
        assert [row["Case number"] for row in granted] == [row["case_number"] for row in whole]
    (late,) = [row for row in granted if row["Case number"] == case_of(project_id("late"), "land")]
    assert list(late.values())[:6] == ["An item outside the catalogue", "Hengxin", USCC, "Fab 3", "land", "2026-05-08"]
    filtered = (await window.get("/window/decisions", text="hengxin", department="land")).text
    assert [row["Case number"] for row in await rows_by(window.client, filtered, "granted")] == [late["Case number"]]


async def test_a_file_of_too_many_decisions_has_the_latest_and_says_so(
    window: Window, case_of: CaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert case_of(project_id("late"), "land")
    whole = (await window.client.get("/v1/window/decisions")).json()["decisions"]
    page = (await window.get("/window/decisions")).text
    for batch, most in ((BATCH_ROWS, 1), (1, 1), (1, len(whole) - 1)):
        monkeypatch.setattr(window_lists, "BATCH_ROWS", batch)
        monkeypatch.setattr(window_lists, "DECISIONS_MAX", most)
        granted = await rows_by(window.client, page, "granted")
        assert [row["Case number"] for row in granted] == [row["case_number"] for row in whole[:most]]
        about = await about_of(window.client, "/window/exports/granted/xlsx?lang=en")
        assert f"Only the latest {most} decisions" in str(about["Note"])
        assert about["Rows"] == most
    monkeypatch.setattr(window_lists, "DECISIONS_MAX", len(whole))
    assert "Note" not in await about_of(window.client, "/window/exports/granted/xlsx?lang=en")


async def test_a_file_of_missed_dates_says_where_it_was_cut(
    window: Window, catalogue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/window/exports/missed/xlsx?lang=en"
    whole = await about_of(window.client, address)
    assert "Note" not in whole
    monkeypatch.setattr(window_lists, "MISSED_IN_FILE", 1)
    cut = await about_of(window.client, address)
    assert cut["Rows"] == 2 < whole["Rows"]
    chinese = await about_of(window.client, "/window/exports/missed/xlsx?lang=zh")
    assert "1 行" in str(chinese["说明"])


@pytest.mark.parametrize(
    ("path", "params", "name"),
    [
        ("/window/items", {"q": "land"}, "guides"),
        ("/window/decisions", {"limit": "1", "text": "hengxin", "first": ""}, "granted"),
        ("/window/published", {"first": "2026-04-01", "last": "2026-05-20"}, "published"),
        ("/window/published", {}, "missed"),
    ],
)
async def test_print_and_file_of_a_public_list_have_one_digest(
    window: Window, catalogue: str, path: str, params: dict[str, str], name: str
) -> None:
    page = (await window.get(path, **params)).text
    (digest,) = re.findall(r'data-foot="[^"]*Digest of the query \(SHA-256\) ([0-9a-f]+)"', page)
    (href,) = re.findall(rf'href="(/window/exports/{name}/xlsx[^"]*)"', page)
    assert (await about_of(window.client, unescape(href)))["Digest of the query (SHA-256)"] == digest


async def test_a_file_says_which_days_it_is_of(window: Window, catalogue: str) -> None:
    for name in ("published", "missed"):
        about = await about_of(window.client, f"/window/exports/{name}/xlsx?lang=en")
        assert about["Period"] == "2026-01-01 – 2026-05-20", name
        month = await about_of(window.client, f"/window/exports/{name}/xlsx?lang=en&first=2026-04-01")
        assert month["Period"] == "2026-04-01 – 2026-04-30", name


async def test_a_file_names_a_position_where_it_was_read_as_of_one(window: Window, catalogue: str) -> None:
    read = {
        name: await about_of(window.client, f"/window/exports/{name}/xlsx?lang=en")
        for name in ("guides", "granted", "published", "missed")
    }
    assert {name for name, about in read.items() if "Ledger position" in about} == {"missed"}
    assert int(str(read["missed"]["Ledger position"]).partition(".")[0]) > 0


async def test_published_figures_are_lengths_of_lists(window: Window, catalogue: str) -> None:
    page = (await window.get("/window/published")).text
    figures, missed = [await rows_by(window.client, page, name) for name in ("published", "missed")]
    assert figures[0]["Department"] == "All departments"
    late = [row for row in missed if row["List"] == "Decided after the last day"]
    for row in figures:
        of_department = [line for line in late if row is figures[0] or line["Department"] == row["Department"]]
        assert int(row["Decided"]) - int(row["In time"]) == len(of_department), row
    for field in ("Decided", "In time"):
        assert int(figures[0][field]) == sum(int(row[field]) for row in figures[1:])
    still_open = page.partition('id="open-late"')[2].partition("</table>")[0]
    assert still_open.count('<th scope="row">') == len(missed) - len(late) > 0
    for name in ("Hengxin", USCC, "Fab 3", "恒信", "wang"):
        assert not [value for row in missed for value in row.values() if name in value], name


async def test_decisions_are_read_as_data_page_by_page(window: Window, case_of: CaseOf) -> None:
    address, seen, cursor = "/v1/window/decisions", list[dict[str, Any]](), ""
    while True:
        answer = await window.client.get(address, params={"limit": 1, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        seen += answer.json()["decisions"]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    whole = (await window.client.get(address)).json()["decisions"]
    assert seen == whole
    assert len(whole) > 1
    assert [row["decided_on"] for row in whole] == sorted((row["decided_on"] for row in whole), reverse=True)
    (late,) = [row for row in whole if row["case_number"] == case_of(project_id("late"), "land")]
    assert late == {
        "decided_on": "2026-05-08",
        "department": "land",
        "item_name": "",
        "applicant_kind": "enterprise",
        "applicant": "Hengxin",
        "uscc": USCC,
        "project_name": "Fab 3",
        "project_code": "",
        "case_number": late["case_number"],
        "document_number": "",
        "by_silence": False,
        "valid_through": None,
        "revoked_on": None,
    }
    reversed_period = await window.client.get(address, params={"first": "2026-05-02", "last": "2026-05-01"})
    assert (reversed_period.status_code, reversed_period.json()["code"]) == (400, "invalid-parameter")
