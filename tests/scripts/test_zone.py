"""The shipped zone is published once, whole, and consistent; faults of an imported list are reported."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from domain.catalogue.state import Catalogue, stream_of
from domain.flow.step import needs_for
from infrastructure.catalogue.items import item_from
from infrastructure.catalogue.rows import CatalogueUnreadableError, read_rows, rows_in
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from scripts import cli
from scripts.catalogues.import_catalogue import import_catalogue
from scripts.catalogues.zone import FOLDER, publish_zone, shipped_flow

REAL_LIST = Path(__file__).parents[3] / "shared" / "data" / "cn_service_items_guangan.csv.gz"
DEFLATED = gzip.compress(b"task_code,task_name\n" * 9, mtime=0)
FIELDS = ("item_code", "item_name", "task_type", "department", "code_org", "dept_code", "main_item")
ROWS = (
    ("A-1", "用地许可", "1", "区规划局", "91420100MA0HX2026E", "91420100MA0HX2026E", ""),
    ("A-2", "排水许可", "01", "区水务局", "083372204", "083372204", ""),
    ("A-3", "咨询", "20", "区水务局", "1151130000877869M", "08337220-4", "水务服务"),
    ("A-4", "缴费", "20", "区财政局", "", "", ""),
    ("A-1", "用地许可", "1", "区规划局", "91420100MA0HX2026E", "91420100MA0HX2026E", ""),
    ("", "没有编码", "20", "区财政局", "", "", ""),
    ("A-5", "类型不明", "99", "区财政局", "", "", ""),
)


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url, laws=law_book()) as app:
        yield app


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([FIELDS, *ROWS])
    return path


def test_the_shipped_catalogue_is_what_it_says() -> None:
    items = [item for line, row in read_rows(FOLDER / "catalogue.csv") if (item := item_from(line, row)[0])]
    pre_phase = [item for item in items if item.pre_phase]
    assert (len(items), len(pre_phase)) == (131, 13)
    assert all(item.is_licence and item.by_law and item.anticipate_day for item in pre_phase)
    assert all(item.materials for item in items if item.is_licence)
    assert any(paper.tolerable for item in items for paper in item.materials)
    assert {item.dept_code for item in items if not item.live} == {"market", "tax", "utilities"}
    departments = {item.dept_code for item in items}
    assert {code for item in items for code in item.other_dept} <= departments
    assert len(departments) == 22
    assert len({item.task_name_en for item in items} - {""}) == 131
    assert len({(item.dept_code, item.dept_name, item.dept_name_en) for item in items if item.dept_name_en}) == 22


def test_a_list_shows_which_papers_may_come_later() -> None:
    row = {"task_code": "A-1", "task_name": "许可", "task_type": "01", "dept_code": "land", "materials": "图;表"}
    item, findings = item_from(2, row | {"tolerable": "表"})
    assert item is not None
    assert [(paper.material_name, paper.tolerable) for paper in item.materials] == [("图", False), ("表", True)]
    assert findings == []
    (odd,) = item_from(2, row | {"tolerable": "证"})[1]
    assert (odd.kind, "证" in odd.detail) == ("tolerable-unlisted", True)


def test_the_shipped_flow_takes_every_kind_of_project_to_trial_production_by_about_twenty_steps() -> None:
    flow = shipped_flow()
    assert len({phase.name_en for phase in flow.phases} - {""}) == 4
    for kind in flow.kinds:
        needs = needs_for(kind, flow.steps)
        assert "trial-production" in needs
        assert 20 <= len(needs) <= 27
    items = {row["task_code"]: row["dept_code"] for _, row in read_rows(FOLDER / "catalogue.csv")}
    visits = [items[step.item] for step in flow.steps]
    assert max(visits.count(department) for department in visits) >= 4


async def test_publishing_the_zone_twice_changes_nothing(approvals: Approvals) -> None:
    first, head = await publish_zone(approvals), await approvals.store.head()
    second = await publish_zone(approvals)
    assert (first.catalogue.defined, first.catalogue.refused, first.flow_published) == (131, 0, True)
    assert (second.catalogue.unchanged, second.flow_edition, second.flow_published) == (131, 1, False)
    assert await approvals.store.head() == head


async def test_irregularities_of_a_list_are_reported_and_stay_with_the_item(approvals: Approvals, listed: Path) -> None:
    report = await import_catalogue(approvals, listed, "district", publish_from=date(2026, 1, 1))
    assert (report.rows, report.defined, report.repeated, report.refused) == (7, 4, 1, 2)
    assert report.kinds == {
        "organisation-code-legacy": 2,
        "organisation-code-missing": 3,
        "no-item": 2,
        "organisation-code-junk": 1,
        "organisation-codes-differ": 1,
        "part-of": 1,
        "repeated": 1,
    }
    catalogue = await approvals.state(stream_of("district"))
    assert isinstance(catalogue, Catalogue)
    odd = catalogue.items["A-3"]
    assert (odd.dept_code, odd.org_code) == ("区水务局", "1151130000877869M")
    assert any(remark.startswith("organisation-code-junk: 1151130000877869M") for remark in odd.remarks)
    assert len(catalogue.editions) == 1
    again = await import_catalogue(approvals, listed, "district", publish_from=date(2026, 1, 1))
    assert (again.defined, again.unchanged, again.edition) == (0, 4, 1)


async def test_a_changed_row_changes_the_draft_and_makes_the_next_edition(approvals: Approvals, tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    row = {"task_code": "A-1", "task_name": "用地许可", "task_type": "行政许可", "dept_code": "land"}
    path.write_text(json.dumps([row]), encoding="utf-8")
    await import_catalogue(approvals, path, "district", publish_from=date(2026, 1, 1))
    path.write_text(json.dumps({"items": [row | {"promise_day": 5}]}), encoding="utf-8")
    later = date(2099, 1, 1)
    report = await import_catalogue(approvals, path, "district", publish_from=later)
    assert (report.defined, report.edition) == (1, 2)
    catalogue = await approvals.state(stream_of("district"))
    assert isinstance(catalogue, Catalogue)
    assert [edition.items["A-1"].promise_day for edition in catalogue.editions] == [None, 5]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.csv", b"code,title\n1,x\n", "has no columns task_code and task_name"),
        ("a.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("a.csv.gz", b"no gzip", "can't be read"),
        ("a.json", b"{", "no JSON"),
        ("a.json", b'{"rows": []}', "holds neither"),
        ("a.csv", b'"task_code,task_name\n', "a.csv, line 1: unexpected end"),
        ("a.csv.gz", DEFLATED[:12] + b"\xff" * 20 + DEFLATED[32:], "can't be read"),
        ("a.json", b"[" * 200_000, "no JSON"),
        ("a.json", b'[{"task_code": "\\ud800"}]', "no JSON"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(tmp_path: Path, name: str, content: bytes, part: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CatalogueUnreadableError, match=part):
        list(read_rows(path))


@pytest.mark.parametrize(
    ("field", "text", "named"),
    [("task_name", "用\0地", "U+0000"), ("task_code", "A\u202e1", "U+202E"), ("by_law", "a;\x1b[31m", "U+001B")],
)
def test_an_item_with_a_hidden_character_is_none(field: str, text: str, named: str) -> None:
    row = {"task_code": "A-1", "task_name": "用地许可", "task_type": "行政许可", "dept_code": "land"}
    assert item_from(2, row)[0] is not None
    item, findings = item_from(2, row | {field: text})
    assert (item, [finding.kind for finding in findings]) == (None, ["no-item"])
    assert f"{field} holds the character {named}; take it out" in findings[0].detail


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("promise_day", "10.5", "promise_day holds '10.5': write a whole number of days, 0 to 1000, and nothing else"),
        ("anticipate_day", "20个工作日", "anticipate_day holds '20个工作日': write a whole number of days"),
        ("anticipate_day", "２０", "anticipate_day holds '２０': write a whole number of days"),
        ("task_type", "99", "task_type holds '99': write a number, 1 to 10 or 20, or its word, such as 行政许可"),
        ("is_fee", "maybe", "is_fee holds 'maybe': write 1 or 0"),
        ("task_name", "", "it has no task_name"),
        ("mode", "x" * 300, f"mode holds '{'x' * 40}': Expected `str` of length <= "),
    ],
)
def test_what_makes_a_row_no_item_is_said_by_its_column(field: str, text: str, sentence: str) -> None:
    row = {"task_code": "A-1", "task_name": "用地许可", "task_type": "行政许可", "dept_code": "land"}
    item, findings = item_from(2, row | {field: text})
    assert item is None
    assert findings[-1].detail.startswith(f"A-1: {sentence}")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_of_a_list_end_as_any_program_ends_them(ends: str) -> None:
    text = ends.join(["task_code,task_name", "A-1,用地许可", "A-2,规划许可"])
    assert [row["task_code"] for _, row in rows_in("list.csv", text, is_json=False)] == ["A-1", "A-2"]


@pytest.mark.skipif(not REAL_LIST.is_file(), reason="the list of a real district is not here")
async def test_the_list_of_a_real_district_loads_whole(approvals: Approvals) -> None:
    report = await import_catalogue(approvals, REAL_LIST, "guangan")
    assert (report.rows, report.defined, report.departments) == (1135, 1135, 34)
    assert report.kinds["organisation-code-junk"] > 100


@pytest.mark.parametrize("words", [["publish-zone", "--valid-from"], ["import-catalogue", "list", "--publish-from"]])
@pytest.mark.parametrize("day", ["1500-01-01", "2100-01-01"])
def test_no_edition_is_in_force_from_a_day_that_no_calendar_covers(words: list[str], day: str) -> None:
    refused = CliRunner().invoke(cli.cli, [*words, day])
    assert refused.exit_code == 2
    assert "1990 to 2099" in " ".join(refused.output.split())
