"""The report of an import: status of every row, refusals with reasons, and remarks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scripts.importing.lines import Remark
from scripts.importing.planning import ImportStep, RowStatus

LINES_SHOWN_MAX = 20  # of each list, on the screen; the JSON has them all
ACTIVITIES_SHOWN_MAX = 3  # of those that rows with one reason have


class ActivityLine(Struct):
    """An activity of the log, with the number of its rows by status."""

    activity: str
    label: str
    mapped: int = 0
    noted: int = 0
    refused: int = 0
    lost: int = 0


class Reason(Struct):
    """A reason why rows are only noted: *code* is that of the refusal, empty if no rule refused them.

    *activities* counts the rows by activity; *line* is the line of the first one.
    """

    code: str
    sentence: str
    line: int
    rows: int = 0
    activities: dict[str, int] = field(default_factory=dict)


class ImportReport(Struct):
    """*rows_read* = mapped + noted + refused + rows_lost. *facts_stored* are new, *commands_repeated* existed already.

    *lost* lists the lines that were not imported, *hindered* the first of each case of which later rows are
    notes only, perhaps for that, *remarks* those imported with something left out or corrected;
    *changed* are rows that are in the ledger with other content. *fields_left* counts, by column, the fields of events
    that the ledger does not store.
    """

    law: str = ""
    registers: dict[str, str] = field(default_factory=dict)  # dataset -> kind
    cases: int = 0
    rows_read: int = 0
    mapped: int = 0
    noted: int = 0
    refused: int = 0
    rows_lost: int = 0
    facts_stored: int = 0
    commands_repeated: int = 0
    seconds: float = 0.0
    activities: list[ActivityLine] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    lost: list[Remark] = field(default_factory=list)
    hindered: list[Remark] = field(default_factory=list)
    changed: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    cases_without_events: list[str] = field(default_factory=list)
    cases_not_listed: list[str] = field(default_factory=list)
    fields_left: dict[str, int] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """1 if a line was not imported, or has other content in the ledger; else 0."""
        return 1 if self.lost or self.changed else 0


def tally(report: ImportReport, steps: Iterable[ImportStep]) -> None:
    """Count the *steps* into *report*: by status, by activity, by reason."""
    lines: dict[str, ActivityLine] = {}
    reasons: dict[tuple[str, str], Reason] = {}
    for step in steps:
        line = lines.setdefault(step.row.activity, ActivityLine(step.row.activity, step.row.label or step.row.native))
        setattr(line, step.status.value, getattr(line, step.status.value) + 1)
        if step.status in (RowStatus.NOTED, RowStatus.REFUSED):
            reason = reasons.setdefault((step.code, step.reason), Reason(step.code, step.reason, step.row.line))
            reason.rows += 1
            reason.activities[step.row.activity] = reason.activities.get(step.row.activity, 0) + 1
    report.activities = sorted(lines.values(), key=lambda line: line.activity)
    report.reasons = sorted(reasons.values(), key=lambda reason: -reason.rows)
    report.mapped = sum(line.mapped for line in report.activities)
    report.noted = sum(line.noted for line in report.activities)
    report.refused = sum(line.refused for line in report.activities)


def show(report: ImportReport, console: Console) -> None:
    """Print *report* for people."""
    console.print(
        f"{report.rows_read:,} events of {report.cases:,} cases under {report.law} in"
        f" {report.seconds:.1f} s: {report.mapped:,} imported as commands, {report.noted:,} as notes only, since no"
        f" command corresponds to them, {report.refused:,} as notes only, since a rule refused the command,"
        f" {report.rows_lost:,} not imported."
    )
    console.print(f"{report.facts_stored:,} facts stored; {report.commands_repeated:,} commands existed already.")
    show_reasons(report.reasons, console)
    for title, remarks in (
        ("not imported", report.lost),
        ("later rows", report.hindered),
        ("differs from the ledger", report.changed),
        ("remark", report.remarks),
    ):
        for remark in remarks[:LINES_SHOWN_MAX]:
            console.print(f"{remark.file}, line {remark.line}: {title}: {remark.sentence}", markup=False)
        if len(remarks) > LINES_SHOWN_MAX:
            console.print(f"... and {len(remarks) - LINES_SHOWN_MAX:,} more lines of this kind: --json prints them all")
    if report.changed:
        console.print("The ledger was not changed; correct it with amend_entry and retract_entry.")
    for title, cases in (
        ("listed, but without events", report.cases_without_events),
        ("with events, but not listed", report.cases_not_listed),
    ):
        if cases:
            shown = ", ".join(cases[:LINES_SHOWN_MAX]) + (", ..." if len(cases) > LINES_SHOWN_MAX else "")
            console.print(f"{len(cases):,} cases {title}: {shown}", markup=False)
    if report.fields_left:
        left = ", ".join(f"{column} ({rows:,} rows)" for column, rows in report.fields_left.items())
        console.print(f"Columns that are not stored: {left}", markup=False)


def show_reasons(reasons: Sequence[Reason], console: Console) -> None:
    """Print why rows are only noted, most frequent reasons first, without interpreting markup in values."""
    if not reasons:
        return
    table = Table("rows", "reason why rows are only noted", "code", "activities")
    for reason in reasons[:LINES_SHOWN_MAX]:
        often = sorted(reason.activities, key=lambda activity: -reason.activities[activity])
        more = [f"and {len(often) - ACTIVITIES_SHOWN_MAX} more"] if len(often) > ACTIVITIES_SHOWN_MAX else []
        activities = ", ".join(often[:ACTIVITIES_SHOWN_MAX] + more)
        table.add_row(f"{reason.rows:,}", Text(reason.sentence), Text(reason.code), Text(activities))
    console.print(table)
    if rest := reasons[LINES_SHOWN_MAX:]:
        rows = sum(reason.rows for reason in rest)
        console.print(f"... and {len(rest):,} more reasons for {rows:,} rows: --json prints them all")
