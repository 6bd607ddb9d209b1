"""Event logs: valid by the two standards, and read with equal counts by a program that others wrote."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import psycopg
import pytest
import pytest_asyncio
import r4pm
from hypothesis import given
from hypothesis import strategies as st
from msgspec import convert
from r4pm import bindings

from infrastructure.event_log.cases import LogCase, LogEvent, LogItem, cases_of
from infrastructure.event_log.log_file import EventLogFormat, write_event_log
from infrastructure.event_log.ocel import write_ocel
from infrastructure.event_log.xes import write_xes
from infrastructure.ledger.approvals import Approvals
from scripts.importing.import_log import RECEIPT_LOG, import_log
from tests.api.guard.two_projects import MARK, OWN, PHONE, tell_both
from tests.conftest import database_in
from tests.effort import chosen
from tests.infrastructure.event_log.standards import OcelLog, xes_schema
from tests.scripts.importing.logs import Log, write_log

TRACES = 100  # validated in the suite
# What is imported of the receipt log, as its own table says: its first cases, and all of it in a proof.
RECEIPT = chosen({"cases": 200, "events": 1094, "variants": 24}, {"cases": 1434, "events": 8577, "variants": 116})
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
EVENTS = st.builds(
    LogEvent,
    id=st.uuids().map(str),
    activity=NAMES.filter(bool),
    label=NAMES,
    at=INSTANTS,
    recorded_at=INSTANTS,
    resource=NAMES,
    department=NAMES,
    role=st.just("officer"),
    item=st.sampled_from(["", "land", "tax"]),
)
ITEMS = st.sampled_from([(), (LogItem("land", "用地 <1>", "planning"),)])
CASES = st.builds(
    LogCase,
    project=st.uuids(),
    code=NAMES,
    name=NAMES,
    register=NAMES,
    law=NAMES,
    items=ITEMS,
    events=st.lists(EVENTS, max_size=5, unique_by=lambda event: event.id).map(tuple),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledger(
    server_url: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The receipt log, and beside it two projects of the zone."""
    log = first_cases(tmp_path_factory.mktemp("receipt"), RECEIPT["cases"])
    with database_in(server_url, migrated_template) as url:
        async with Approvals(url) as approvals:
            await import_log(approvals, log.events, log.cases)
            await tell_both(approvals)
        yield url


def first_cases(folder: Path, number: int) -> Log:
    """The first *number* cases of the receipt log, as files in *folder*."""
    cases = table("cases.csv.gz")[:number]
    names = {case["case_id"] for case in cases}
    return write_log(folder, [event for event in table("events.csv.gz") if event["case_id"] in names], cases)


def table(name: str) -> list[dict[str, str]]:
    """The rows of one table of the receipt log."""
    with gzip.open(RECEIPT_LOG / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exported(url: str, log_format: EventLogFormat, path: Path, register: str = "") -> dict[str, int]:
    """The log of *register* at *path*; what was written."""
    with path.open("wb") as file:
        counts = write_event_log(url, file, log_format, register)
    return {"cases": counts.cases, "events": counts.events, "variants": counts.variants}


def beginning(path: Path) -> str:
    """The log in the file at *path* with its first traces alone: to validate all of them takes half a minute."""
    root = ET.parse(path).getroot()
    for trace in root.findall("{*}trace")[TRACES:] or root.findall("trace")[TRACES:]:
        root.remove(trace)
    return ET.tostring(root, encoding="unicode")


def require_related(log: dict[str, Any]) -> None:
    """Every event has an object that is there, every attribute a type, and no pair two qualifiers."""
    objects = {thing["id"] for thing in log["objects"]}
    for of in [*log["events"], *log["objects"]]:
        related = [relation["objectId"] for relation in of["relationships"]]
        assert set(related) <= objects
        assert len(set(related)) == len(related)
    assert all(event["relationships"] for event in log["events"])
    assert {event["type"] for event in log["events"]} == {kind["name"] for kind in log["eventTypes"]}
    assert len({thing["id"] for thing in log["objects"]}) == len(log["objects"])


@pytest.mark.long
def test_the_receipt_log_as_xes_is_valid_and_read_by_others(ledger: str, tmp_path: Path) -> None:
    path = tmp_path / "receipt.xes"

    assert exported(ledger, EventLogFormat.XES, path, "receipt") == RECEIPT
    xes_schema().validate(chosen(beginning(path), str(path)))
    log = r4pm.import_item("EventLog", str(path))
    projection = r4pm.convert_item(log, "EventLogActivityProjection")
    assert bindings.get_num_cases(projection) == RECEIPT["cases"]
    assert bindings.get_num_variants(projection) == RECEIPT["variants"]
    events = sum(len(trace.findall("event")) for trace in ET.parse(path).getroot().iter("trace"))
    assert events == RECEIPT["events"]
    assert sum(bindings.discover_dfg(log)["activities"].values()) == RECEIPT["events"]  # how often each activity is


def test_the_receipt_log_as_ocel_is_valid_and_read_by_others(ledger: str, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"

    assert exported(ledger, EventLogFormat.OCEL, path, "receipt") == RECEIPT
    log = json.loads(path.read_text("utf-8"))
    convert(log, OcelLog)
    require_related(log)
    read = bindings.slim_link_ocel(r4pm.import_item("OCEL", str(path)))
    assert bindings.num_events(read) == RECEIPT["events"]
    assert bindings.num_objects(read) == len(log["objects"])


def test_a_project_of_the_zone_has_an_event_for_each_fact_in_force(ledger: str, tmp_path: Path) -> None:
    (case,) = (case for case in cases_of(ledger) if case.project == OWN)
    with psycopg.connect(ledger) as connection:
        stored = connection.execute(
            "SELECT type FROM ledger.event WHERE stream = %s AND version IN (SELECT split_part(i, '/', 2)::int"
            " FROM unnest(%s::text[]) AS i)",
            [OWN, [event.id for event in case.events]],
        ).fetchall()
    assert sorted(kind for (kind,) in stored) == sorted(event.activity for event in case.events)
    assert [event.at for event in case.events] == sorted(event.at for event in case.events)
    assert exported(ledger, EventLogFormat.XES, tmp_path / "zone.xes")["cases"] == 2
    assert exported(ledger, EventLogFormat.OCEL, tmp_path / "none.json", "no such register") == dict.fromkeys(
        RECEIPT, 0
    )


def test_no_text_and_no_applicant_is_in_a_log(ledger: str, tmp_path: Path) -> None:
    for log_format in EventLogFormat:
        exported(ledger, log_format, path := tmp_path / log_format.value)
        text = path.read_text("utf-8")
        assert "item_submitted" in text
        assert PHONE not in text
        for case in cases_of(ledger):
            assert all(not event.resource for event in case.events if event.role == "applicant")
    free_texts = [line for line in text.splitlines() if MARK in line and '"type":"project"' not in line]
    assert all('"type":"item"' in line for line in free_texts)


@given(st.lists(CASES, max_size=4, unique_by=lambda case: case.project))
def test_whatever_names_hold_both_formats_are_valid(cases: list[LogCase]) -> None:
    xes, ocel = StringIO(), StringIO()
    counts = write_xes(cases, xes, "名 <&>")
    assert write_ocel(cases, ocel) == counts
    xes_schema().validate(ET.parse(BytesIO(xes.getvalue().encode())))
    log = json.loads(ocel.getvalue())
    convert(log, OcelLog)
    require_related(log)
    assert len(log["events"]) == counts.events == sum(len(case.events) for case in cases)


def test_the_schema_of_xes_refuses_what_the_standard_does() -> None:
    event = '<log xes.version="1849.2016"><trace><event><{0}/></event></trace></log>'
    assert xes_schema().is_valid(event.format('date key="time:timestamp" value="2026-03-02T09:00:00+08:00"'))
    for wrong in ('string key="a"', 'date key="a" value="today"', 'int value="1"', 'text key="a" value="b"'):
        assert not xes_schema().is_valid(event.format(wrong)), wrong
