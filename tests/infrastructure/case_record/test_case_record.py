"""Case records: five tables that fit the platform's columns, and say what is missing; no phone numbers."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
import pytest_asyncio
from msgspec import json

from domain.catalogue.item import ServiceItem, TaskType
from domain.catalogue.state import Catalogue, Edition, stream_of
from domain.messages import FACTS
from domain.project.application.submission import ItemSubmitted
from domain.reference_data import ReferenceData
from infrastructure.case_record.archive import CaseRecordsExported, write_case_records
from infrastructure.case_record.codes import PlatformCodes, PlatformCodesError, read_codes
from infrastructure.case_record.columns import names, tables
from infrastructure.case_record.reference import CaseReference
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from tests.api.guard.two_projects import PHONE, tell_both

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)
CODES = PlatformCodes(
    constant={"cd_operation": "I", "data_source": "420", "applyer_page_type": "USCC"},
    result_type={"granted": "1"},
    get_type={"paper": "1", "file": "2"},
    org_code={"natural-resources": "11420100MB1234567X"},
)
Rows = list[Mapping[str, str]]


class ReadArchive:
    """An archive as its receiver reads it."""

    def __init__(self, content: bytes) -> None:
        with ZipFile(BytesIO(content)) as archive:
            self.texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
        self.about = json.decode(self.texts["about.json"], type=CaseRecordsExported)

    def rows(self, table: str) -> Rows:
        return list(csv.DictReader(StringIO(self.texts[f"{table}.csv"], newline="")))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(shared_database_url: str) -> AsyncIterator[str]:
    """Two projects of one story, recorded by the instant that the archive is of."""
    async with Approvals(shared_database_url, clock=lambda: NOW) as approvals:
        await tell_both(approvals)
    yield shared_database_url


@pytest.fixture(scope="module")
def archive(url: str) -> ReadArchive:
    file = BytesIO()
    write_case_records(url, file, CODES, NOW)
    return ReadArchive(file.getvalue())


def case_of(archive: ReadArchive, name: str) -> str:
    """The number of the first case that is called *name*."""
    return min(row["project_no"] for row in archive.rows("up_pro_accept") if row["task_name"] == name)


def test_every_table_has_the_columns_of_the_platform_and_rows_that_fit(archive: ReadArchive) -> None:
    guids: list[str] = []
    for table, columns in tables().items():
        rows = archive.rows(table)
        assert len(rows) == archive.about.rows[table] > 0
        assert list(rows[0]) == [column.name for column in columns]
        assert all(len(row[column.name]) <= column.max for row in rows for column in columns)
        guids += [row["row_guid"] for row in rows]
    assert len(set(guids)) == len(guids)


def test_a_case_is_shown_from_application_to_result(archive: ReadArchive) -> None:
    number = case_of(archive, "建设用地规划许可")
    (case,) = [row for row in archive.rows("up_pro_accept") if row["project_no"] == number]
    assert (case["apply_date"], case["accept_date"]) == ("2026-03-02 10:00:00", "2026-03-06 11:00:00")
    assert (case["apply_type"], case["project_type"], case["applyer_type"]) == ("2", "9", "2")
    assert case["org_code"] == "11420100MB1234567X"
    assert (case["applyer_page_type"], case["applyer_page_code"]) == ("USCC", "91420100MA0HX2026E")
    steps = [row for row in archive.rows("up_pro_process") if row["project_no"] == number]
    assert [(row["process_name"], row["event_name"]) for row in steps][:4] == [
        ("申请", "其他"),
        ("一次告知补正", "退回"),
        ("提交补正材料", "其他"),
        ("受理", "通过"),
    ]
    assert ("决定：准予", "通过") in [(row["process_name"], row["event_name"]) for row in steps]
    assert [row["event_start_time"] for row in steps] == sorted(row["event_start_time"] for row in steps)
    (result,) = [row for row in archive.rows("up_pro_result") if row["project_no"] == number]
    assert (result["result_type"], result["is_delivery_results"]) == ("1", "0")
    assert result["result_cetr_no"] == "地字第420100202600017号"
    papers = [row["material_name"] for row in archive.rows("up_pro_material") if row["project_no"] == number]
    assert papers[:2] == ["申请表", "用地预审意见"]


def test_a_grade_counts_unless_it_was_retracted_or_found_mistaken(archive: ReadArchive) -> None:
    by_case = {row["project_no"]: row["satisfaction"] for row in archive.rows("up_pro_result")}
    names_and_grades = [("建设工程规划许可", "5"), ("建设用地规划许可", ""), ("排污许可", "")]
    for name, grade in names_and_grades:
        assert by_case[case_of(archive, name)] == grade, name


def test_the_promised_day_counts_what_the_law_leaves_out(archive: ReadArchive) -> None:
    """Twelve working days from 6 March 2026, without expert review (10 to 17 March) and hearing (19 to 31 March)."""
    number = case_of(archive, "建设用地规划许可")
    (case,) = [row for row in archive.rows("up_pro_accept") if row["project_no"] == number]
    assert case["promise_date"] > "2026-03-24"
    assert case["promise_date"].endswith(" 00:00:00")


def test_special_procedures_have_the_standards_kinds(archive: ReadArchive) -> None:
    number = case_of(archive, "建设用地规划许可")
    special = [row for row in archive.rows("up_pro_special_procedure") if row["project_no"] == number]
    assert [(row["special_type"], row["special_name"]) for row in special] == [
        ("2", "专家评审"),
        ("2", "听证"),
        ("1", "延长审批"),
    ]
    assert special[0]["special_time"] == "2026-03-10 09:00:00"
    assert special[0]["end_time"] == "2026-03-18 16:00:00"
    assert special[2]["result"] == "延长 5 日"


def test_what_the_platform_will_miss_is_said(archive: ReadArchive, url: str) -> None:
    bare = BytesIO()
    exported = write_case_records(url, bare, PlatformCodes(), NOW)
    assert exported.lacking["up_pro_result.result_type"] == exported.rows["up_pro_result"]
    assert exported.lacking["up_pro_accept.cd_operation"] == exported.cases
    assert exported.lacking["up_pro_accept.task_code"] == exported.cases  # items of no catalogue
    assert "up_pro_accept.cd_operation" not in archive.about.lacking
    described = list(csv.DictReader(StringIO(archive.texts["columns.csv"], newline="")))
    assert {row["column"] for row in described if row["table"] == "up_pro_accept"} >= {"contact_mobile", "task_code"}
    held = {row["column"]: row["held here"] for row in described}
    assert (held["contact_mobile"], held["task_code"]) == ("no", "yes")


def test_contacts_are_hidden_from_everyone_else(archive: ReadArchive) -> None:
    for text in archive.texts.values():
        assert PHONE not in text
        assert "陈工" not in text


def test_an_item_of_a_catalogue_brings_its_codes() -> None:
    service = ServiceItem(
        task_code="1100000001",
        task_name="建设用地规划许可",
        task_type=TaskType.LICENCE,
        dept_code="land",
        catalog_code="000115001000",
    )
    edition = Edition(3, date(2026, 1, 1), {service.task_code: service})
    shelf = ReferenceData({stream_of("zone"): Catalogue(UUID(int=1), name="zone", editions=[edition])})
    reference = CaseReference(1, NOW, shelf, {}, law_book(), PlatformCodes())
    submission = ItemSubmitted(item="land", law="cn-licensing@2019-04-23", catalogue="zone@3")
    assert reference.service(submission, "1100000001") == (service, "3")
    assert reference.service(ItemSubmitted(item="land", law=""), "1100000001") == (None, "")


def test_codes_are_read_from_a_file_and_its_faults_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text('[constant]\ncd_operation = "I"\n[result_type]\ngranted = "1"\n')
    assert read_codes(str(file)).result_type == {"granted": "1"}
    assert read_codes("") == PlatformCodes()
    for text, message in (("[constant]\ntask_name = 'x'\n", "names task_name"), ("[constant", "can't be read")):
        file.write_text(text)
        with pytest.raises(PlatformCodesError, match=message):
            read_codes(str(file))
    with pytest.raises(PlatformCodesError, match="No such file"):
        read_codes(str(tmp_path / "none.toml"))


def test_every_step_is_a_fact_that_exists() -> None:
    assert names()["step"].keys() <= FACTS.keys()
    assert {action for group in names().values() for _, action in group.values()} == {"通过", "退回", "其他"}
