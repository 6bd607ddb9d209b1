"""`countersign export-log`: exports imported cases as CSV, in the format of the import, in the original order."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from msgspec import Struct, json

from domain.core.types import LINE_CHARACTERS_MAX
from domain.law.calendar.moment import midnight
from domain.messages import Entry, corrections
from domain.project.application.note import StepNoted
from domain.project.application.registration import ProjectRegistered
from infrastructure.projector.histories import histories
from scripts.importing.cases import law_of
from scripts.importing.planning import IMPORTER, LISTING, VALUE_IN_FULL
from scripts.importing.reading import SEPARATOR

EVENT_COLUMNS = (
    "dataset", "case_id", "seq", "event_id", "occurred_at", "occurred_on", "recorded_on", "planned_at", "due_at",
    "activity", "label_en", "label_native", "actor", "supervisor", "unit", "value", "hint",
)  # fmt: skip
CASE_COLUMNS = (
    "dataset", "case_id", "started_at", "started_on", "planned_end_at", "deadline_at", "ended_at", "channel",
    "department", "unit", "responsible", "status", "last_phase", "parts", "procedure", "term_name", "request_complete",
    "has_subcases", "fee", "concept_case_id",
)  # fmt: skip

Fields = dict[str, str]


class ExportReport(Struct):
    """Counts of what was written; *variants* are distinct sequences of activities."""

    cases: int = 0
    events: int = 0
    variants: int = 0


class ExportedCase(Struct):
    """An imported project in the import's format; *listing* is empty if the list of cases did not have it."""

    dataset: str
    case_id: str
    rows: list[Fields]
    listing: Fields


def export_log(
    url: str,
    events: Path,
    cases: Path | None = None,
    *,
    dataset: str = "",
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> ExportReport:
    """Write the imported cases of the ledger at *url* to CSV files, gzipped if the name ends in .gz.

    Only those of *dataset*, if it is given. Columns that the ledger does not store stay empty. Raises OSError if a file
    can't be written. *progress* is called with (entries read, entries in all).
    """
    exported = sorted(
        (
            case
            for entries in histories(url, progress)
            if (case := case_from(entries)) and dataset in ("", case.dataset)
        ),
        key=lambda case: (case.dataset, case.case_id),
    )
    with csv_file(events) as out:
        write(out, EVENT_COLUMNS, (row for case in exported for row in case.rows))
    if cases:
        with csv_file(cases) as out:
            write(out, CASE_COLUMNS, (case.listing for case in exported if case.listing))
    return ExportReport(
        cases=len(exported),
        events=sum(len(case.rows) for case in exported),
        variants=len({tuple(row["activity"] for row in case.rows) for case in exported}),
    )


def case_from(entries: Sequence[Entry]) -> ExportedCase | None:
    """The imported case of a project's *entries*, without retracted ones; None if the project was not imported."""
    first = entries[0]
    if not isinstance(first.fact, ProjectRegistered) or not first.recorded.source:
        return None
    dataset, case_id = first.recorded.source.partition(SEPARATOR)[0], first.fact.code
    zone = law_of(first.fact.law, first.occurred_at).zone
    case = ExportedCase(dataset, case_id, [], {})
    retracted = corrections(entries).retracted
    prefix, listed = SEPARATOR.join((dataset, case_id, "")), ""
    for entry in entries:
        fact = entry.fact
        if not isinstance(fact, StepNoted) or not entry.recorded.source or entry.version in retracted:
            continue
        if event_id := entry.recorded.source.removeprefix(prefix):
            row = row_from(entry, fact, zone, first.fact.items[0].department)
            row |= {"dataset": dataset, "case_id": case_id, "seq": str(len(case.rows) + 1), "event_id": event_id}
            case.rows.append(row)
        elif fact.activity == LISTING:
            listed = fact.reason if fact.label.endswith("part 1") else listed + fact.reason
    case.listing = json.decode(listed, type=Fields) if listed else {}
    return case


def row_from(entry: Entry, note: StepNoted, zone: str, department: str) -> Fields:
    """The row stored in *note*, without the fields that identify the case."""
    tz = ZoneInfo(zone)
    day = entry.recorded_at.astimezone(tz).date()
    by = entry.recorded.actor
    cut = len(note.value) == LINE_CHARACTERS_MAX
    return {
        "occurred_at": instant(entry.occurred_at),
        "occurred_on": str(entry.occurred_at.astimezone(tz).date()),
        # Registers record days; an entry without one has the instant of the event itself.
        "recorded_on": str(day) if midnight(day, zone) == entry.recorded_at else "",
        "activity": note.activity,
        "label_en": note.label,
        "actor": "" if by.id == IMPORTER else by.id,
        "unit": "" if by.department == department else by.department,
        "value": (cut and note.reason.partition(VALUE_IN_FULL)[2]) or note.value,
    }


def instant(at: datetime) -> str:
    """UTC in milliseconds, as registers write it; in microseconds if needed."""
    precise = "microseconds" if at.microsecond % 1000 else "milliseconds"
    return at.astimezone(UTC).isoformat(timespec=precise).replace("+00:00", "Z")


def write(out: TextIO, columns: Sequence[str], rows: Iterator[Fields]) -> None:
    """Write a header and the rows; fields that are not in *columns* are dropped."""
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


@contextmanager
def csv_file(path: Path) -> Iterator[TextIO]:
    """A text file, gzipped if its name ends in .gz; deterministic, so that the same text gives the same bytes."""
    with path.open("wb") as raw:
        packed = gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if path.suffix == ".gz" else raw
        with packed, io.TextIOWrapper(packed, "utf-8", newline="") as text:
            yield text
