"""Reads a log in the import format: two CSV files become rows with parsed times and line numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.core.characters import hidden_in_line, hidden_in_prose, spelled
from domain.core.types import CODE_CHARACTERS_MAX, LINE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from scripts.importing.lines import Line, LogUnreadableError, Remark, lines_of

EVENT_COLUMNS = ("dataset", "case_id", "event_id", "occurred_at", "activity")  # required
CASE_COLUMNS = ("dataset", "case_id")
IDENTIFYING = ("dataset", "case_id", "event_id")
VALUE_CHARACTERS_MAX = TEXT_CHARACTERS_MAX - 1000  # a long value is stored in a note's reason, with the reason itself
SEQ_DIGITS_MAX = 9  # no case has a billion rows
SHOWN_CHARACTERS_MAX = 40  # of a value in a message
SEPARATOR = ":"  # between dataset, case and event in an entry's source: not allowed in a dataset's name


class EventRow(Struct, frozen=True, kw_only=True):
    """A source event. *recorded_at* is the start of the day on which it was recorded, None if unknown."""

    line: int
    dataset: str
    case_id: str
    seq: int | None
    event_id: str
    occurred_at: datetime
    recorded_at: datetime | None
    activity: str
    label: str
    native: str
    actor: str
    unit: str
    value: str


class CaseListing(Struct, frozen=True, kw_only=True):
    """A case in the list of cases; *columns* are all that are not empty, unparsed."""

    line: int
    dataset: str
    case_id: str
    started_at: datetime | None
    deadline_at: datetime | None
    ended_at: datetime | None
    columns: Mapping[str, str]


class LogReading(Struct):
    """The contents of the two files. *lost* lines could not be read; *remarks* are about lines that could.

    *left* counts, by column, the fields of events that the ledger does not store; *gaps* has the lines of lost events
    by the case that they name.
    """

    rows_read: int = 0
    events: list[EventRow] = field(default_factory=list)
    cases: dict[tuple[str, str], CaseListing] = field(default_factory=dict)
    lost: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    gaps: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def lose(self, line: Line, sentence: str) -> None:
        """Report the event on *line* as lost, and note which case it is missing in."""
        line.lose(sentence)
        self.gaps.setdefault((line["dataset"].strip(), line["case_id"].strip()), []).append(line.number)


STORED_COLUMNS = {
    "dataset", "case_id", "seq", "event_id", "occurred_at", "occurred_on", "recorded_on", "activity", "label_en",
    "actor", "unit", "value",
}  # fmt: skip

LONGEST = {"event_id": LINE_CHARACTERS_MAX, "activity": LINE_CHARACTERS_MAX, "value": VALUE_CHARACTERS_MAX}
NAMES = {"dataset", "case_id", "event_id", "activity", "actor", "unit", "department", "responsible"}


def read_log(events: Path, cases: Path, zone: str) -> LogReading:
    """Read both files completely. *zone* is the time zone of their local days.

    Raises LogUnreadableError for a file that is no CSV in UTF-8, is truncated, or lacks a column, and for events in
    the place of cases.
    """
    reading = LogReading()
    _read_cases(reading, cases)
    _read_events(reading, events, zone)
    return reading


def _read_cases(reading: LogReading, path: Path) -> None:
    for line in _lines(reading, path, CASE_COLUMNS):
        if line.places.keys() >= set(EVENT_COLUMNS):
            raise LogUnreadableError(f"{path.name} holds events: give the file of events first, that of cases second")
        dataset, case_id = line["dataset"], line["case_id"]
        first = reading.cases.get((dataset, case_id))
        if first is not None:
            line.lose(f"case {case_id} was listed before, on line {first.line}")
            continue
        reading.cases[dataset, case_id] = CaseListing(
            line=line.number,
            dataset=dataset,
            case_id=case_id,
            started_at=line.instant_or_remark("started_at"),
            deadline_at=line.instant_or_remark("deadline_at"),
            ended_at=line.instant_or_remark("ended_at"),
            columns={column: line[column] for column in line.places if line[column].strip()},
        )


def _read_events(reading: LogReading, path: Path, zone: str) -> None:
    seen: dict[tuple[str, str], int] = {}
    for line in _lines(reading, path, EVENT_COLUMNS):
        for column in line.places:
            if column not in STORED_COLUMNS and line[column].strip():
                reading.left[column] = reading.left.get(column, 0) + 1
        try:
            row = _event(line, zone)
        except ValueError as wrong:
            reading.lose(line, str(wrong))
            continue
        first = seen.setdefault((row.dataset, row.event_id), row.line)
        if first != row.line:
            reading.lose(line, f"event_id {row.event_id} was used before, on line {first}")
            continue
        reading.events.append(row)


def _lines(reading: LogReading, path: Path, needed: Sequence[str]) -> Iterator[Line]:
    """The well-formed lines; the others are added to the lost ones, with the reason."""
    counts_events = needed is EVENT_COLUMNS
    for number, fields, places in lines_of(path, needed):
        reading.rows_read += counts_events
        line = Line(path.name, number, fields or [], places, reading.lost, reading.remarks)
        if fields is None:
            line.lose(f"the line has another number of fields than the first line, which has {len(places)}")
        elif wrong := _naming_fault(line) or _hidden_fault(line):
            lose = reading.lose if counts_events else Line.lose
            lose(line, wrong)
        else:
            yield line


def _naming_fault(line: Line) -> str:
    """What is wrong with the line's dataset and case; empty if nothing is."""
    dataset, case_id = line["dataset"], line["case_id"]
    if not dataset.strip() or not case_id.strip():
        return "the line names no dataset and case"
    for column in IDENTIFYING:
        if line[column].strip() not in ("", line[column]):  # it would be stored beside the one without, as another
            return f"the {column} {line[column][:SHOWN_CHARACTERS_MAX]!r} begins or ends with a space: take it out"
    if SEPARATOR in dataset:
        return f"the dataset {dataset!r} has a colon in its name"
    for column in ("dataset", "case_id", "actor", "unit"):
        if len(line[column]) > CODE_CHARACTERS_MAX:
            return f"the {column} is longer than {CODE_CHARACTERS_MAX} characters"
    return ""


def _hidden_fault(line: Line) -> str:
    """Which hidden character the line holds: in a name any, else a control character; empty if none."""
    if not hidden_in_line("".join(line.fields)):
        return ""
    for column in line.places:
        text = line[column].replace("\r\n", "\n")
        if hidden := hidden_in_line(text) if column in NAMES else hidden_in_prose(text):
            return f"{column} holds the character {spelled(hidden)}: take it out"
    return ""


def _event(line: Line, zone: str) -> EventRow:
    """The row on *line*. Raises ValueError if it can't even be stored as a noted step."""
    occurred_at = line.instant("occurred_at") or line.day("occurred_on", zone)
    if occurred_at is None:
        raise ValueError("neither occurred_at nor occurred_on says when it happened")
    if (day := line["occurred_on"].strip()) and day != (local := str(occurred_at.astimezone(ZoneInfo(zone)).date())):
        line.remark(f"occurred_on says {day}, but occurred_at falls on {local} in {zone}, which counts")
    for column in ("event_id", "activity"):
        if not line[column].strip():
            raise ValueError(f"the row has no {column}")
    for column, most in LONGEST.items():
        if len(line[column]) > most:
            raise ValueError(f"{column} is longer than {most} characters")
    return EventRow(
        line=line.number,
        dataset=line["dataset"],
        case_id=line["case_id"],
        seq=_sequence(line),
        event_id=line["event_id"],
        occurred_at=occurred_at,
        recorded_at=_recorded(line, zone),
        activity=line["activity"],
        label=line["label_en"],
        native=line["label_native"],
        actor=line["actor"],
        unit=line["unit"],
        value=line["value"],
    )


def _sequence(line: Line) -> int | None:
    text = line["seq"].strip()
    if text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX:
        return int(text)
    if text:
        line.remark(f"seq {text[:SHOWN_CHARACTERS_MAX]!r} is no number, so the case keeps the order of the file")
    return None


def _recorded(line: Line, zone: str) -> datetime | None:
    try:
        return line.day("recorded_on", zone)
    except ValueError as wrong:
        line.remark(f"{wrong}; the row counts as recorded when it happened")
        return None
