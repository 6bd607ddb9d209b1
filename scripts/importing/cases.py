"""`countersign cases`: one row per project with durations, deadline and lateness, as of any day, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import TextIO
from zoneinfo import ZoneInfo

from msgspec.structs import astuple, fields

from domain.core.characters import visible
from domain.law.packs.pack import Pack
from infrastructure.law.lawbook import law_book
from infrastructure.projector.histories import histories
from infrastructure.tables.csv_file import defused
from projections.register_figures.cases import CaseRow, DayOrInstant, case_row

COLUMNS = tuple(field.name for field in fields(CaseRow))


def case_rows(
    url: str,
    *,
    as_of: DayOrInstant = None,
    known_at: DayOrInstant = None,
    dataset: str = "",
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> list[CaseRow]:
    """A row for every project in the ledger at *url*, ordered by case_id; only those of *dataset*, if it is given.

    *as_of* limits when things took effect, *known_at* when they were recorded. A project has a row at any day, empty
    before its first event. *progress* is called with (entries read, entries in all).
    """
    rows = [
        case_row(entries, law_of, as_of=as_of, known_at=known_at)
        for entries in histories(url, progress)
        if not dataset or entries[0].recorded.source.startswith(f"{dataset}:")
    ]
    return sorted((row for row in rows if row is not None), key=lambda row: row.case_id)


def write_csv(rows: Iterable[CaseRow], out: TextIO) -> None:
    """The rows as CSV with a header: days as YYYY-MM-DD, booleans as true or false, unknown values empty."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(value) for value in astuple(row)] for row in rows)


def harmless(value: object) -> str:
    """One CSV field, safe for spreadsheets: text that would be read as a formula gets a leading apostrophe."""
    text = text_of(value)
    return defused(visible(text)) if isinstance(value, str) else text


def text_of(value: object) -> str:
    """One CSV field: booleans as in JSON, None as empty text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def parse_time(text: str) -> DayOrInstant:
    """Parse a day such as 2012-06-30, or an instant with its UTC offset; None if empty. Raises ValueError."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        neither = f"{text!r} is neither a day such as 2012-06-30 nor an instant such as 2012-06-30T12:00:00+02:00"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(neither) from None
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC: add Z or +02:00, or give the day alone")
    return at


@cache
def versions(law_id: str) -> tuple[Pack, ...]:
    """Every version of one law, oldest first; cached."""
    return law_book().versions(law_id)


def law_of(law_id: str, at: datetime) -> Pack:
    """The version in force on the local day of *at*; the first version for days before that."""
    known = versions(law_id)
    day = at.astimezone(ZoneInfo(known[-1].zone)).date()
    return next((pack for pack in reversed(known) if pack.valid_from <= day), known[0])
