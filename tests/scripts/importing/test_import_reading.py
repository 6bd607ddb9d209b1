"""Reading a log: what is no log is refused as a whole, what is no row is reported by its line."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from scripts.importing.lines import LogUnreadableError
from scripts.importing.reading import LogReading, read_log
from tests.scripts.importing.logs import course, event, listed, write_log

ZONE = "Europe/Amsterdam"
HEADER = "dataset,case_id,seq,event_id,occurred_at,occurred_on,recorded_on,activity,value\n"
ROW = "town,1,1,1-001,2012-03-01T08:00:00.000Z,2012-03-01,2012-03-02,A,\n"
CASES = "dataset,case_id,started_at\ntown,1,2012-03-01T08:00:00.000Z\n"


def read(folder: Path, events: str | bytes = HEADER + ROW, cases: str | bytes = CASES) -> LogReading:
    """Read two files with this content."""
    paths = (folder / "events.csv", folder / "cases.csv")
    for path, content in zip(paths, (events, cases), strict=True):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_log(*paths, ZONE)


def test_a_row_has_its_own_instant_and_the_day_it_was_recorded_on(tmp_path: Path) -> None:
    (row,) = read(tmp_path).events

    assert (row.line, row.seq, row.activity) == (2, 1, "A")
    assert row.occurred_at.isoformat() == "2012-03-01T08:00:00+00:00"
    assert row.recorded_at is not None
    assert row.recorded_at.isoformat() == "2012-03-01T23:00:00+00:00"  # midnight in Amsterdam


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_read_as_a_file_is(tmp_path: Path, packed: bool) -> None:
    (tmp_path / "cases.csv").write_text(CASES)
    pipe, content = tmp_path / "events", (HEADER + ROW).encode()
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(content) if packed else content,))
    writer.start()

    assert len(read_log(pipe, tmp_path / "cases.csv", ZONE).events) == 1
    writer.join()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_plain_or_gzipped_with_or_without_a_byte_order_mark(tmp_path: Path, packed: bool, mark: str) -> None:
    content = (mark + HEADER + ROW).encode()

    assert len(read(tmp_path, gzip.compress(content) if packed else content).events) == 1


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ("", "events.csv is empty"),
        (HEADER.replace(",", ";"), "event_id, occurred_at, activity in its first line: it is separated by ';'"),
        (HEADER.replace("recorded_on", "value"), "events.csv names the column value twice"),
        (HEADER.replace("activity", "act"), "events.csv has no column activity in its first line"),
        (HEADER.upper(), "activity in its first line, which names DATASET, CASE_ID,"),
        ((HEADER + ROW).encode() + b"town,1,2,\xff", "events.csv is not UTF-8, .* the byte FF in line 3"),
        (HEADER + ROW + 'town,1,2,"1-002\n', "events.csv is no CSV after line 2: unexpected end of data"),
        (gzip.compress((HEADER + ROW).encode(), mtime=0)[:-9], "events.csv is a broken gzip file"),
        (b"\x1f\x8b\x08" + bytes(20), "events.csv is"),
    ],
)
def test_what_is_no_log_is_refused_as_a_whole(tmp_path: Path, events: str | bytes, sentence: str) -> None:
    with pytest.raises(LogUnreadableError, match=sentence):
        read(tmp_path, events)


def test_events_are_no_list_of_cases(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadableError, match=r"cases\.csv holds events: give the file of events first"):
        read(tmp_path, cases=HEADER + ROW)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadableError, match=r"nowhere\.csv can't be read: No such file"):
        read_log(tmp_path / "nowhere.csv", tmp_path / "nowhere.csv", ZONE)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (ROW.replace("2012-03-01T08:00:00.000Z", "tomorrow"), "occurred_at 'tomorrow' is no time"),
        (ROW.replace("000Z", "000"), "has no offset from UTC: end it with Z"),
        (ROW.replace("2012-03-01T08:00:00.000Z", "2012-03-01"), "put the day into occurred_on"),
        (ROW.replace("2012-03-01T08", "9999-12-31T23"), "is no time that a register can mean"),
        (ROW.replace("2012-03-01T08:00:00.000Z,2012-03-01", ","), "neither occurred_at nor occurred_on"),
        (ROW.replace("2012-03-01T08:00:00.000Z,2012-03-01", ",1-3-2012"), "occurred_on '1-3-2012' is no day"),
        (ROW.replace(",A,", ",,"), "the row has no activity"),
        (ROW.replace("1-001", " "), "the row has no event_id"),
        (ROW.replace("town", ""), "names no dataset and case"),
        (ROW.replace("town", "to:wn"), "has a colon in its name"),
        (ROW.replace("town,1,", f"town,{'1' * 65},"), "case_id is longer than 64 characters"),
        (ROW.replace(",A,", f",{'A' * 201},"), "activity is longer than 200 characters"),
        (ROW.replace(",A,\n", f",A,{'x' * 3001}\n"), "value is longer than 3000 characters"),
        (ROW.replace(",A,", ",A\0,"), "activity holds the character U+0000: take it out"),
        (ROW.replace(",A,", ",\x1b[31mA,"), "activity holds the character U+001B: take it out"),
        (ROW.replace("town", "to\u202ewn"), "dataset holds the character U+202E: take it out"),
        (ROW.replace("town,1,", "town,1 ,"), "the case_id '1 ' begins or ends with a space: take it out"),
        (ROW.replace("town", "town\u3000"), "the dataset 'town\\u3000' begins or ends with a space"),
        (ROW.replace("1-001", " 1-001"), "the event_id ' 1-001' begins or ends with a space"),
        (ROW.replace("town", "t" * 65), "dataset is longer than 64 characters"),
        (ROW.replace("1-001", "1" * 201), "event_id is longer than 200 characters"),
        (ROW.replace(",A,\n", ",A,x\x07\n"), "value holds the character U+0007: take it out"),
        (ROW.replace("\n", ",more\n"), "another number of fields than the first line, which has 9"),
        (ROW, "event_id 1-001 was used before, on line 2"),
    ],
)
def test_a_line_that_is_no_row_is_lost_and_named(tmp_path: Path, line: str, sentence: str) -> None:
    reading = read(tmp_path, HEADER + ROW + line)

    assert (reading.rows_read, len(reading.events)) == (2, 1)
    (lost,) = reading.lost
    assert (lost.file, lost.line) == ("events.csv", 3)
    assert sentence in lost.sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (ROW.replace("1,1-001", "first,1-001"), "seq 'first' is no number"),
        (ROW.replace("1,1-001", f"{'9' * 5000},1-001"), f"seq '{'9' * 40}' is no number"),
        (ROW.replace("2012-03-02", "2-3-2012"), "recorded_on '2-3-2012' is no day"),
        (ROW.replace("08:00:00.000Z", "23:30:00.000Z"), "occurred_at falls on 2012-03-02 in Europe/Amsterdam"),
    ],
)
def test_a_faulty_row_is_stored_with_a_remark(tmp_path: Path, line: str, sentence: str) -> None:
    reading = read(tmp_path, HEADER + line)

    assert (len(reading.events), reading.lost) == (1, [])
    (remark,) = reading.remarks
    assert remark.line == 2
    assert sentence in remark.sentence


def test_a_day_alone_begins_at_local_midnight(tmp_path: Path) -> None:
    reading = read(tmp_path, HEADER + ROW.replace("2012-03-01T08:00:00.000Z", ""))

    assert [row.occurred_at.isoformat() for row in reading.events] == ["2012-02-29T23:00:00+00:00"]


def test_a_case_is_listed_once_and_goes_without_what_is_no_time(tmp_path: Path) -> None:
    reading = read(tmp_path, cases=CASES + "town,1,\ntown,2,soon\n")

    assert [(remark.line, remark.sentence) for remark in reading.lost] == [(3, "case 1 was listed before, on line 2")]
    assert [remark.line for remark in reading.remarks] == [4]
    assert reading.cases["town", "2"].started_at is None
    assert reading.cases["town", "2"].columns == {"dataset": "town", "case_id": "2", "started_at": "soon"}


def test_columns_without_a_place_are_counted(tmp_path: Path) -> None:
    rows = [event("1", 1, "2012-03-01", "A", due_at="2012-04-01"), *course("2", ("2012-03-01", "A"))]
    log = write_log(tmp_path, rows, [listed("1")])

    assert read_log(log.events, log.cases, ZONE).left == {"due_at": 1}
