"""The table of cases against a count that shares no code with it, over a small register written for this test."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from msgspec import Struct

from infrastructure.ledger.approvals import Approvals
from scripts.importing.cases import case_rows, write_csv
from scripts.importing.import_log import import_log
from tests.conftest import database_in
from tests.scripts.importing.logs import event, listed, write_log
from tests.scripts.importing.naive_cases import count, number, typed

IN, OUT, ASK, ANSWER = "01_HOOFD_010", "01_HOOFD_510_2", "08_AWB45_020_2", "08_AWB45_040"
LONGER = "06_VD_020", "06_VD_030"
# Case -> (day, activity, value, day of record): plain, corrected, typed oddly, overlapping, unanswered, unborn, late.
REGISTER: dict[str, list[tuple[str, ...]]] = {
    "100": [("2012-03-05", IN), ("2012-04-10", OUT)],
    "101": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-03-29", ANSWER, "26-3-2012"), ("2012-05-20", OUT)],
    "102": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-03-29", ANSWER, "binnen"), ("2012-05-20", OUT)],
    "103": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-03-20", ASK), ("2012-04-02", ANSWER, "31-2-2012")],
    "104": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-05-20", OUT)],
    "105": [("2012-03-05", IN), ("2012-03-12", ANSWER, "10-3-2012"), ("2012-05-01", OUT), ("2012-05-02", OUT)],
    "106": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-05-20", OUT), ("2012-06-20", ANSWER, "18-6-2012")],
    "107": [("2012-03-05", IN), ("2012-03-30", LONGER[0], "42"), ("2012-03-31", LONGER[1], "7.0"), ("2012-07-01", OUT)],
    "108": [("2012-03-05", IN), ("2012-03-30", LONGER[0], "zes weken"), ("2012-05-01", OUT)],
    "109": [("2012-03-12", ASK), ("2012-03-20", ANSWER, "20-3-2012 0:00:00"), ("2012-05-01", OUT)],
    "110": [("2012-03-05", IN, "", "2012-04-20"), ("2012-04-30", OUT, "", "2012-03-01")],
    "111": [("2012-10-01", IN), ("2012-10-27", ASK), ("2012-10-29", ANSWER, "29-10-2012"), ("2012-11-28", OUT)],
    "112": [("2012-03-05", IN), ("2012-03-12", ASK), ("2012-03-14", ANSWER, "10-3-2012"), ("2012-04-30", OUT)],
    "113": [
        ("2012-03-05", IN),
        ("2012-03-12", ASK),
        ("2012-03-29", ANSWER, "29-3-2012", "2012-06-01"),
        ("2012-03-20", ASK),
        ("2012-04-05", ANSWER, "5-4-2012"),
        ("2012-06-01", OUT),
    ],
}
DAYS = ["2012-03-04", "2012-03-12", "2012-03-29", "2012-04-02", "2012-04-20", "2012-05-20", "2012-06-01", "2012-12-31"]
PAIRS = [("", ""), *((day, "") for day in DAYS), *(("", day) for day in DAYS), ("2012-05-20", "2012-03-29")]


class Town(Struct):
    """The register's events as CSV, and the ledger they were imported into."""

    events: Path
    url: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(
    server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    events = []
    for case, cells in REGISTER.items():
        for nth, (on, activity, *more) in enumerate(cells, 1):
            recorded = {"recorded_on": more[1]} if len(more) > 1 else {}
            events.append(event(case, nth, on, activity, more[0] if more else "", **recorded))
    log = write_log(tmp_path_factory.mktemp("town"), events, [listed(case) for case in REGISTER])
    with database_in(server_url, migrated_template) as url:
        async with Approvals(url) as approvals:
            await import_log(approvals, log.events, log.cases, law="nl-wabo")
        yield Town(log.events, url)


@pytest.mark.parametrize(("as_of", "known_at"), PAIRS)
def test_the_table_says_what_the_register_adds_up_to(town: Town, as_of: str, known_at: str) -> None:
    rows = case_rows(
        town.url,
        as_of=date.fromisoformat(as_of) if as_of else None,
        known_at=date.fromisoformat(known_at) if known_at else None,
    )
    out = io.StringIO()
    write_csv(rows, out)

    assert out.getvalue().splitlines() == count(town.events, as_of, known_at)


def test_the_count_itself_is_right_where_it_was_done_by_hand(town: Town) -> None:
    lines = {line.split(",")[0]: line for line in count(town.events)}

    assert len(lines) == len(REGISTER) + 1
    assert lines["100"] == "100,2012-03-05,2012-04-10,2012-04-30,36,36,0,0,false,"
    assert lines["101"] == "101,2012-03-05,2012-05-20,2012-05-14,76,62,14,0,true,"
    assert lines["107"] == "107,2012-03-05,2012-07-01,2012-06-18,118,118,0,49,true,"
    assert lines["106"] == "106,2012-03-05,2012-05-20,2012-07-08,76,7,69,0,false,"
    assert lines["109"] == "109,,2012-05-01,,,,8,0,,"
    assert lines["113"].split(",")[6] == "24", "from March 12 to April 5, no day twice"


def test_the_count_says_since_when_an_open_case_waits(town: Town) -> None:
    lines = {line.split(",")[0]: line for line in count(town.events, "2012-03-25")}

    assert lines["104"] == "104,2012-03-05,,2012-04-30,,,0,0,,2012-03-12"
    assert lines["100"] == "100,2012-03-05,,2012-04-30,,,0,0,,"


def test_what_officers_type_is_read_by_hand() -> None:
    assert [typed(text) for text in ("3-12-2014 0:00:00", "31-2-2014", "08-Feb-11", "")] == [
        date(2014, 12, 3),
        None,
        None,
        None,
    ]
    assert [number(text) for text in ("42", "42.0", "4.5", "-3", "zes")] == [42, 42, 0, 0, 0]
