"""两日对比 the items of a project at the ends of two days, each as was known then: what differs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from api.html.page import NEVER, PageContext
from api.html.titles import grounds
from api.web.as_of import progress_as_of
from domain.messages import Entry
from projections.progress.rows import ProgressItem

COMPARED = (
    *("department", "mode", "stage", "outcome", "application", "holders", "unmet", "missing", "suspended"),
    *("awaiting", "promise_days", "submitted_at", "accepted_at", "decided_at", "delivered_at", "document"),
)
WORDS = {"stage": "stage", "outcome": "outcome", "mode": "mode_of"}


class ItemDifference(Struct, frozen=True):
    """One column of one item, in words, before and after."""

    item: str
    name: str
    column: str
    before: str
    after: str


def differences(
    page: PageContext, project: UUID, entries: Sequence[Entry], first: datetime, second: datetime
) -> list[ItemDifference]:
    """What differs between *first* and *second*; an item that was not planned at one of them differs in its stage."""
    before, after = ({row.item: row for row in _rows(project, entries, instant)} for instant in (first, second))
    names = {item: page.called(row.name) or item for item, row in (before | after).items()}
    return [
        ItemDifference(item, names[item], column, *sides)
        for item in names
        for column in COMPARED
        if (sides := _pair_in_words(page, names, column, before.get(item), after.get(item))) is not None
    ]


def _rows(project: UUID, entries: Sequence[Entry], instant: datetime) -> list[ProgressItem]:
    known = [entry for entry in entries if entry.recorded_at <= instant]
    return progress_as_of(project, known, instant, instant) if known else []


def _pair_in_words(
    page: PageContext, names: Mapping[str, str], column: str, before: ProgressItem | None, after: ProgressItem | None
) -> tuple[str, str] | None:
    """The two values in words; None where they are the same."""
    if (before is None or after is None) and column != "stage":
        return None
    values = [getattr(row, column) if row else None for row in (before, after)]
    if values[0] == values[1]:
        return None
    return _word(page, names, column, values[0]), _word(page, names, column, values[1])


def _word(page: PageContext, names: Mapping[str, str], column: str, value: object) -> str:
    if value is None or value in ("", []):
        return NEVER
    if isinstance(value, datetime):
        return page.local(value)
    if column in WORDS:
        return page.words[WORDS[column]](str(value))
    if column == "department":
        return page.office(str(value))
    if isinstance(value, list):
        parts = [_part(page, names, column, str(part)) for part in value]
        return page.joined(parts)
    return str(value)


def _part(page: PageContext, names: Mapping[str, str], column: str, part: str) -> str:
    """One part of a list of *column*, in words."""
    match column:
        case "holders":
            return page.who(part)
        case "awaiting":
            return page.office(part)
        case "unmet":
            return names.get(part, part)
        case "suspended":
            return grounds(page.language).get(part, part)
    return part
