"""Importing into a real ledger: whole logs, twice, cut short, changed, and two imports at once."""

from __future__ import annotations

import asyncio
import csv
import gzip
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import pytest_asyncio
from msgspec import UNSET, Struct, json
from rich.console import Console
from typer.testing import CliRunner

from domain.core.ledger import Actor, Refused, Role
from infrastructure import logging as console_log
from infrastructure.law.lawbook import law_book
from infrastructure.ledger.approvals import Approvals
from scripts.cli import cli
from scripts.importing.cases import case_rows
from scripts.importing.export_log import ExportReport, export_log
from scripts.importing.import_log import RECEIPT_LOG, import_log
from scripts.importing.report import ImportReport, Reason, show
from scripts.importing.screen import bar
from scripts.server import database
from tests.conftest import database_in
from tests.scripts.importing.logs import Log, course, event, listed, write_log

EVENTS, CASES = RECEIPT_LOG / "events.csv.gz", RECEIPT_LOG / "cases.csv.gz"
WHOLE_PERMITS = Path(__file__).parents[4] / "shared" / "data"  # a log that may not be passed on, where there is one


class Imported(Struct):
    """A ledger with the receipt log in it, and the reports of the two imports."""

    url: str
    first: ImportReport
    second: ImportReport
    facts: tuple[int, int]
    progress: list[tuple[int, int]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def receipt(server_url: str, migrated_template: str) -> AsyncIterator[Imported]:
    with database_in(server_url, migrated_template) as url:
        output: list[tuple[int, int]] = []
        async with Approvals(url) as approvals:
            first = await import_log(approvals, EVENTS, CASES, progress=lambda done, of: output.append((done, of)))
            once = await facts_in(approvals)
            second = await import_log(approvals, EVENTS, CASES)
            yield Imported(url, first, second, (once, await facts_in(approvals)), output)


@pytest_asyncio.fixture
async def approvals(database_url: str) -> AsyncIterator[Approvals]:
    async with Approvals(database_url) as app:
        yield app


async def facts_in(approvals: Approvals) -> int:
    return await approvals.store.head()


async def bring(approvals: Approvals, log: Log) -> ImportReport:
    return await import_log(approvals, log.events, log.cases)


def table(path: Path) -> list[dict[str, str]]:
    """A gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_every_source_event_of_the_receipt_log_is_accounted_for(receipt: Imported) -> None:
    report = receipt.first

    assert (report.cases, report.rows_read, report.rows_lost) == (1434, 8577, 0)
    assert report.mapped + report.noted + report.refused == 8577
    assert (report.lost, report.changed, report.remarks, report.exit_status) == ([], [], [], 0)
    assert receipt.progress[-1] == (8577, 8577)


def test_importing_it_twice_changes_nothing(receipt: Imported) -> None:
    once, twice = receipt.facts

    assert once == twice == receipt.first.facts_stored
    assert (receipt.second.facts_stored, receipt.second.exit_status) == (0, 0)
    assert receipt.second.activities == receipt.first.activities


def test_it_is_exported_as_it_came_in(receipt: Imported, tmp_path: Path) -> None:
    out = Log(tmp_path / "events.csv.gz", tmp_path / "cases.csv.gz")

    assert export_log(receipt.url, out.events, out.cases) == ExportReport(cases=1434, events=8577, variants=116)
    lost = {"hint": ""}
    assert in_order(table(out.events)) == in_order([row | lost for row in table(EVENTS)])
    assert in_order(table(out.cases)) == in_order(table(CASES))


def in_order(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: (row["case_id"], int(row.get("seq") or 0)))


def test_its_figures_are_those_of_its_register(receipt: Imported) -> None:
    rows = case_rows(receipt.url)
    closed = [row for row in rows if row.late is not None]

    assert (len(closed), len(rows) - len(closed)) == (1329, 105)
    assert sum(row.late is True for row in rows) == 309
    assert median(row.gross_days for row in closed if row.gross_days is not None) == 50


def test_counted_in_chinese_working_days_most_took_more_than_twenty(receipt: Imported) -> None:
    """By the State Council's notices of 2010 to 2012; a scheme without holidays would say 1,101."""
    calendar = law_book().calendars()["CN"].as_known(date(2013, 1, 1))
    spans = [(row.submitted_on, row.delivered_on) for row in case_rows(receipt.url)]
    days = [calendar.working_days_between(begun, ended) for begun, ended in spans if begun and ended]
    assert sum(n > 20 for n in days) == 1074


def test_each_case_has_the_days_of_the_list_of_cases(receipt: Imported) -> None:
    listed_days = {row["case_id"]: row["started_on"] for row in table(CASES)}

    assert {row.case_id: str(row.submitted_on) for row in case_rows(receipt.url, dataset="receipt")} == listed_days
    assert case_rows(receipt.url, dataset="elsewhere") == []


def test_the_report_is_printed(receipt: Imported) -> None:
    console = Console(width=160)
    with console.capture() as shown:
        show(receipt.first, console)

    assert "8,577 events of 1,434 cases under nl-wabo" in shown.get()
    assert "wrong-stage" in shown.get()


def test_the_command_line_prints_the_whole_report_as_json_and_finds_the_case_by_its_code(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(console_log, "configure", lambda chosen: None)  # other tests keep theirs
    log = write_log(tmp_path, course("1", ("2012-03-01", "01_HOOFD_010"), ("2012-03-02", "99_A")), [listed("1")])
    ended = CliRunner().invoke(cli, ["import-log", str(log.events), str(log.cases), "--json"])

    output = json.decode(ended.stdout, type=ImportReport)
    assert (ended.exit_code, output.rows_read, output.mapped, output.noted) == (0, 2, 1, 1)
    assert [line.activity for line in output.activities] == ["01_HOOFD_010", "99_A"]
    assert json.decode(CliRunner().invoke(cli, ["history", "1", "--json"]).stdout)  # no view was ever filled
    rows = json.decode(CliRunner().invoke(cli, ["cases", "--json"]).stdout)
    assert [(row["case_id"], row["submitted_on"]) for row in rows] == [("1", "2012-03-01")]
    unwritable = CliRunner().invoke(cli, ["export-log", str(tmp_path)])
    message = " ".join(unwritable.stderr.replace("│", " ").split())  # in a frame, broken where the line ends
    assert (unwritable.exit_code, "Can't write" in message) == (2, True)


def test_an_interrupted_import_says_how_to_finish_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt(arguments)

    monkeypatch.setattr(console_log, "configure", lambda chosen: None)
    monkeypatch.setattr(database, "ready", lambda chosen: "")
    monkeypatch.setattr(database, "opened", interrupted)
    ended = CliRunner().invoke(cli, ["import-log", str(tmp_path), str(tmp_path)])

    assert ended.exit_code == 130
    assert "run the same command again" in ended.stderr


async def test_an_import_cut_short_is_finished_by_running_it_again(approvals: Approvals, tmp_path: Path) -> None:
    rows = course("1", ("2012-03-01", "01_HOOFD_010"), ("2012-04-01", "06_VD_020", "250"), ("2012-05-01", "99_A"))
    half = write_log(tmp_path, rows[:2], [listed("1")])
    await bring(approvals, half)

    whole = write_log(tmp_path, rows, [listed("1", parts="Bouw")])
    report = await bring(approvals, whole)
    again = await bring(approvals, whole)

    assert report.facts_stored == 2  # the new row, and the new line in the list of cases
    assert (again.facts_stored, again.commands_repeated) == (0, report.commands_repeated + 2)


async def test_two_imports_at_once_store_every_row_once(database_url: str, tmp_path: Path) -> None:
    rows = [
        row
        for case_id in map(str, range(20))
        for row in course(
            case_id,
            ("2012-03-01", "01_HOOFD_010"),
            ("2012-03-02", "01_HOOFD_510_2"),
            ("2012-03-03", "01_HOOFD_250"),  # refused now, and later
            ("2012-03-04", "99_A"),
        )
    ]
    log = write_log(tmp_path, rows, [])
    async with Approvals(database_url) as here, Approvals(database_url) as there:
        reports = await asyncio.gather(bring(here, log), bring(there, log))
        assert sum(report.facts_stored for report in reports) == await facts_in(here) == 20 * 8
        assert [report.exit_status for report in reports] == [0, 0]


async def test_an_import_steps_back_where_others_fill_the_queue(database_url: str, tmp_path: Path) -> None:
    rows = [row for case_id in map(str, range(40)) for row in course(case_id, ("2012-03-01", "99_A"))]
    async with Approvals(database_url, queue_max=4) as busy:
        report = await bring(busy, write_log(tmp_path, rows, []))

    assert (report.facts_stored, report.exit_status) == (80, 0)


def test_the_bar_moves_on_a_terminal_and_is_silent_elsewhere() -> None:
    for terminal in (True, False):
        console = Console(force_terminal=terminal, width=100)
        with console.capture() as shown, bar(console) as advance:
            advance(4000, 8577)
            advance(8577, 8577)
        assert ("8577/8577" in shown.get()) is terminal


async def test_later_changes_are_reported_row_by_row_and_change_nothing(approvals: Approvals, tmp_path: Path) -> None:
    rows = course("1", *[("2012-03-01", "99_A", "28")] * 4)
    await bring(approvals, write_log(tmp_path, rows, [listed("1")]))
    before = await facts_in(approvals)
    corrected = ({"value": "42"}, {"recorded_on": "2012-03-05"}, {"actor": "560872"}, {"activity": "01_HOOFD_010"})
    changed = [row | columns for row, columns in zip(rows, corrected, strict=True)]
    report = await bring(approvals, write_log(tmp_path, changed, [listed("1")]))

    output = {remark.line: remark.sentence for remark in report.changed}
    assert output[2] == "value is '28' in the ledger, '42' in the file"
    assert output[3].startswith("recorded_at is '2012-02-29 23:00:00+00:00' in the ledger, '2012-03-04 23:00")
    assert output[4] == "actor is 'importer' in the ledger, '560872' in the file"
    assert "activity is '99_A' in the ledger, '01_HOOFD_010' in the file" in output[5]
    assert report.exit_status == 1
    assert await facts_in(approvals) == before


async def test_the_importer_is_recorded_beside_the_person_of_the_register(approvals: Approvals, tmp_path: Path) -> None:
    log = write_log(tmp_path, [event("1", 1, "2012-03-01", "99_A", actor="anna", unit="permits")], [listed("1")])
    admin = Actor("chen.jie", "", Role.ADMINISTRATOR)
    await import_log(approvals, log.events, log.cases, by=admin)
    recorded = [row.decoded().recorded for row in await approvals.store.of_types(["step_noted"], 0)]
    (of_row,) = [each for each in recorded if each.source == "town:1:1-001"]

    assert {each.by for each in recorded} == {admin}
    assert of_row.on_behalf_of == of_row.actor == Actor("anna", "permits", Role.SYSTEM)


async def test_what_was_imported_before_importers_were_recorded_stays(approvals: Approvals, tmp_path: Path) -> None:
    log = write_log(tmp_path, course("1", ("2012-03-01", "01_HOOFD_010"), ("2012-03-02", "99_A")), [listed("1")])
    unrecorded: Any = UNSET
    before = await import_log(approvals, log.events, log.cases, by=unrecorded)
    report = await bring(approvals, log)

    assert before.facts_stored == report.commands_repeated > 0
    assert (report.facts_stored, report.changed) == (0, [])


async def test_rows_that_came_later_change_nothing_of_what_was_there(approvals: Approvals, tmp_path: Path) -> None:
    rows = course("1", ("2012-03-01", "99_A"), ("2012-03-02", "99_B"))
    await bring(approvals, write_log(tmp_path, rows[:1], [listed("1", started_at="2012-03-01T08:00:00Z")]))
    report = await bring(approvals, write_log(tmp_path, rows, [listed("1", started_at="2012-03-01T08:00:00Z")]))

    assert (report.facts_stored, report.changed, report.exit_status) == (1, [], 0)


def test_reasons_name_their_activities_and_what_was_typed_is_no_markup() -> None:
    reasons = [Reason("", f"'[/]{nth}' is no number of days", 2, 1, {"06_VD_020": 1}) for nth in range(22)]
    reasons[0].activities = dict.fromkeys(["A", "B", "C", "D"], 1)
    console = Console(width=160)
    with console.capture() as shown:
        show(ImportReport(reasons=reasons), console)

    assert "'[/]19' is no number of days" in shown.get()
    assert "A, B, C, and 1 more" in shown.get()
    assert "and 2 more reasons for 2 rows" in shown.get()


async def test_both_kinds_of_orphan_become_projects_and_are_named(
    approvals: Approvals, database_url: str, tmp_path: Path
) -> None:
    report = await bring(approvals, write_log(tmp_path, course("1", ("2012-03-01", "99_A")), [listed("2")]))

    assert (report.cases, report.cases_not_listed, report.cases_without_events) == (2, ["1"], ["2"])
    assert [row.case_id for row in await asyncio.to_thread(case_rows, database_url)] == ["1", "2"]


async def test_a_line_that_gets_lost_makes_the_exit_status_one(approvals: Approvals, tmp_path: Path) -> None:
    rows = [*course("1", ("2012-03-01", "99_A"), ("2199-03-01", "99_B")), event("1", 3, "2012-03-04", "")]
    report = await bring(approvals, write_log(tmp_path, rows, [listed("1", ended_at="soon")]))

    assert (report.rows_read, report.noted, report.rows_lost, report.exit_status) == (3, 1, 2, 1)
    assert sorted(remark.line for remark in report.lost) == [3, 4]
    assert [(remark.file, remark.line) for remark in report.remarks] == [("cases.csv", 2)]


async def test_rows_that_are_refused_after_a_lost_one_are_named_with_it(approvals: Approvals, tmp_path: Path) -> None:
    def rows(received: str) -> list[dict[str, str]]:
        return [
            event("1", 1, "2012-03-01", "01_HOOFD_010", occurred_at=received),
            event("1", 2, "2012-03-05", "08_AWB45_005", "True", label_en="request complete"),
            event("1", 3, "2012-03-20", "01_HOOFD_490_3"),
            event("2", 1, "2012-03-01", "01_HOOFD_010"),
        ]

    report = await bring(approvals, write_log(tmp_path, rows("soon"), [listed("1"), listed("2")]))
    assert [(remark.line, remark.sentence) for remark in report.lost] == [
        (2, "occurred_at 'soon' is no time such as 2011-10-11T11:45:40.276Z")
    ]
    (remark,) = report.hindered
    assert (remark.file, remark.line) == ("events.csv", 2)
    assert "2 later rows of case 1 are notes only, perhaps for that (lines 3, 4)" in remark.sentence
    assert (report.refused, report.noted, report.exit_status) == (1, 1, 1)
    shown = Console(width=1000)
    with shown.capture() as capture:
        show(report, shown)
    assert "events.csv, line 2: later rows: it was not imported, and 2" in capture.get()

    corrected = await bring(approvals, write_log(tmp_path, rows(""), [listed("1"), listed("2")]))
    assert corrected.hindered == []
    assert {changed.line for changed in corrected.changed} >= {3, 4}, "notes stay notes"


async def test_a_law_that_is_none_is_refused_before_anything_is_read(approvals: Approvals, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nl-wabbo is not in the law book"):
        await import_log(approvals, tmp_path / "none", tmp_path / "none", "nl-wabbo")


@pytest.mark.slow
@pytest.mark.skipif(not (WHOLE_PERMITS / "bpic15_1_events.csv.gz").exists(), reason="the log is not passed on")
async def test_the_whole_permits_of_a_municipality_lose_no_row(
    approvals: Approvals, database_url: str, tmp_path: Path
) -> None:
    log = Log(WHOLE_PERMITS / "bpic15_1_events.csv.gz", WHOLE_PERMITS / "bpic15_1_cases.csv.gz")
    report = await bring(approvals, log)

    assert (report.cases, report.rows_read, report.rows_lost, report.exit_status) == (1199, 52217, 0, 0)
    exported = await asyncio.to_thread(export_log, database_url, tmp_path / "events.csv")
    assert (exported.events, exported.variants) == (52217, 1170)
