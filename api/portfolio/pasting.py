"""粘贴 many outside results at once: rows of a spreadsheet, each read, tried and, once that was seen, recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, ValidationError, convert, json, structs

from api.commands.effect import startable
from api.commands.page_sender import CommandResult, PageSender
from api.commands.sender import ProjectCommand
from api.html.page import PageContext
from api.html.translations import TABLES
from api.web.problems import Problem
from api.web.request_body import YEAR_FIRST, YEAR_LAST, require_plain_texts
from api.web.zones import zone_of
from domain.core.types import Outcome
from domain.law.calendar.moment import midnight
from domain.messages import replay
from domain.project.external.results import RecordExternalResult
from infrastructure.ledger.approvals import DEFAULT_LAW, CommandPreview
from projections.progress.query import ProgressList, ProjectFilter
from projections.progress.rows import ProgressItem, ProgressProject
from projections.scope import Scope

ROWS_MAX = 200  # at once: each is tried before it is recorded, some milliseconds each
COLUMNS = ("project", "item", "outcome", "document_number", "document_on", "evidence", "source", "verified_on")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
OUTCOMES = {
    word.lower(): Outcome(value)
    for value in (Outcome.GRANTED.value, Outcome.REFUSED.value, Outcome.TERMINATED.value)
    for word in (value, *TABLES["outcome"][value])
}


KnownProjects: TypeAlias = dict[str, tuple[ProgressProject, list[ProgressItem]]]  # with their items, by code


class UnreadableCellError(ValueError):
    """A cell that can't be read: the name of its column, and of the sentence that says why."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"{column}: {why}")
        self.column, self.why = column, why


class PastedRow(Struct, frozen=True):
    """One row: its *number* and text, what it names, and what came of it.

    *wrong* is the column that can't be read and *why* the name of the sentence about it; both are empty where all can.
    *unblocks* are the items that could begin after it. *recorded*: the result is in the ledger now.
    """

    number: int
    text: str
    project: ProgressProject | None = None
    item: ProgressItem | None = None
    wrong: str = ""
    why: str = ""
    result: CommandResult | None = None
    unblocks: tuple[str, ...] = ()
    recorded: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether it can be recorded, as far as was tried."""
        return self.result is not None and self.result.is_done and not self.recorded


class Pasting(Struct, frozen=True):
    """What rows are read and sent with."""

    page: PageContext
    progress: ProgressList
    scope: Scope
    sender: PageSender
    now: datetime


async def pasted_rows(pasting: Pasting, text: str, checked: str, key: UUID) -> list[PastedRow]:
    """What each row of *text* would do, or did where *checked* says that this very text was looked at before.

    Raises Problem bad-request for more rows than are taken at once.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > ROWS_MAX:
        raise Problem("bad-request", f"{len(lines)} rows were pasted", remedy=f"at most {ROWS_MAX} at once")
    is_recording = checked == mark_of(text)
    rows: list[PastedRow] = []
    known: KnownProjects = {}
    for number, line in enumerate(lines, 1):
        if number == 1 and _is_head(line):
            continue
        rows.append(await _row(pasting, number, line, known, key, is_recording=is_recording))
    return rows


def summary_of(rows: Sequence[PastedRow], text: str) -> dict[str, object]:
    """What the template needs: rows, how many are of which kind, and the text of those that are not recorded."""
    recorded = [row for row in rows if row.recorded]
    remaining = "\n".join(row.text for row in rows if not row.recorded) if recorded else text
    return {
        "rows": rows,
        "text": remaining,
        "checked": mark_of(remaining),
        "counts": {
            "recorded": len(recorded),
            "possible": sum(row.is_possible for row in rows),
            "refused": sum(not row.is_possible and not row.recorded for row in rows),
        },
    }


def mark_of(text: str) -> str:
    """A digest of *text*, by which the form says that just this was checked."""
    return sha256(text.strip().encode()).hexdigest()


def _is_head(line: str) -> bool:
    """Whether *line* is the row of headings that the page shows, in either language."""
    return line.split("\t", maxsplit=1)[0].strip().lower() in {
        word.lower() for word in TABLES["result_column"]["project"]
    }


async def _row(
    pasting: Pasting,
    number: int,
    line: str,
    known: KnownProjects,
    key: UUID,
    *,
    is_recording: bool,
) -> PastedRow:
    cells = dict(zip(COLUMNS, [*map(str.strip, line.split("\t")), *[""] * len(COLUMNS)], strict=False))
    row = PastedRow(number, line)
    try:
        project, items = await _project(pasting, cells["project"], known)
        row = structs.replace(row, project=project)
        item = _item(pasting, cells["item"], items)
        row = structs.replace(row, item=item)
        command = _command(item, cells)
    except UnreadableCellError as wrong:
        return structs.replace(row, wrong=wrong.column, why=wrong.why)
    sent = ProjectCommand(project.project, command, uuid5(key, line), None)
    if is_recording:
        result = await pasting.sender.carry_out(sent)
        return structs.replace(row, result=result, recorded=result.is_done)
    result = await pasting.sender.try_out(sent)
    return structs.replace(row, result=result, unblocks=_unblocked(project.project, result.preview))


async def _project(pasting: Pasting, code: str, known: KnownProjects) -> tuple[ProgressProject, list[ProgressItem]]:
    if not code:
        raise UnreadableCellError("project", "empty")
    if code not in known:
        criteria = ProjectFilter(t=pasting.now, code=code, scope=pasting.scope, limit=2)
        projects = await pasting.progress.page(criteria)
        if len(projects) != 1:
            raise UnreadableCellError("project", "unknown")
        items = await pasting.progress.items([projects[0].project])
        known[code] = projects[0], items.get(projects[0].project, [])
    return known[code]


def _item(pasting: Pasting, named: str, items: Sequence[ProgressItem]) -> ProgressItem:
    """The item that is *named* by its code, or by its name in either language."""
    if not named:
        raise UnreadableCellError("item", "empty")
    matching = [item for item in items if named in (item.item, item.name, pasting.page.called(item.name))]
    if len(matching) != 1:
        raise UnreadableCellError("item", "unknown" if not matching else "ambiguous")
    return matching[0]


def _command(item: ProgressItem, cells: Mapping[str, str]) -> RecordExternalResult:
    """The command of a row. The result takes effect on the day of its document, now where none is given."""
    outcome = OUTCOMES.get(cells["outcome"].lower())
    if outcome is None:
        raise UnreadableCellError("outcome", "empty" if not cells["outcome"] else "unknown")
    if not cells["evidence"]:
        raise UnreadableCellError("evidence", "empty")
    document_on, verified_on = _day(cells, "document_on"), _day(cells, "verified_on")
    zone = zone_of(DEFAULT_LAW).key
    command = RecordExternalResult(
        item=item.item,
        outcome=outcome,
        evidence=cells["evidence"],
        document_number=cells["document_number"],
        document_on=document_on,
        source=cells["source"],
        verified_on=verified_on,
        occurred_at=midnight(document_on, zone) if document_on else None,
    )
    try:
        command = convert(structs.asdict(command), RecordExternalResult)  # the limits of each field
        require_plain_texts(command, json.encode(command))
    except (ValidationError, Problem) as wrong:
        column = next((name for name in COLUMNS if f".{name}" in str(wrong)), "evidence")
        raise UnreadableCellError(column, "unfit") from wrong
    return command


def _day(cells: Mapping[str, str], column: str) -> date | None:
    text = cells[column]
    if not text:
        return None
    match = DAY.fullmatch(text)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None or not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise UnreadableCellError(column, "no_day")
    return day


def _unblocked(project: UUID, preview: CommandPreview | None) -> tuple[str, ...]:
    """The items whose preconditions would be met by what is previewed."""
    if preview is None:
        return ()
    before, after = replay(project, preview.before), replay(project, (*preview.before, *preview.added))
    return tuple(sorted(startable(after) - startable(before)))
