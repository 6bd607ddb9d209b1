"""What an import tells when it is through: every row's fate, what was refused and why, and what to look at."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field
from rich.console import Console
from rich.table import Table

from scripts.importing.lines import Remark
from scripts.importing.planning import Fate, Step

LINES_SHOWN_MAX = 20  # of each list, on the screen; the JSON has them all


class ActivityLine(Struct):
    """One activity of the log, and how many of its rows had which fate."""

    activity: str
    label: str
    mapped: int = 0
    noted: int = 0
    refused: int = 0
    lost: int = 0


class Reason(Struct):
    """One reason why rows are no more than noted steps, how many there are, and one of them in full."""

    code: str
    rows: int
    example: str


class ImportReport(Struct):
    """*rows_read* = mapped + noted + refused + rows_lost. *facts_stored* are new, *commands_repeated* were known.

    *lost* names every line that did not get in, *remarks* those that did with something left out or corrected;
    *changed* are rows that are in the ledger already and read otherwise there. *fields_left* counts, by column, the
    fields of events that have no place in the ledger.
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
    changed: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    cases_without_events: list[str] = field(default_factory=list)
    cases_not_listed: list[str] = field(default_factory=list)
    fields_left: dict[str, int] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """0 where every line got in as it is; 1 where one was lost, or reads otherwise in the ledger."""
        return 1 if self.lost or self.changed else 0


def tally(report: ImportReport, steps: Iterable[Step]) -> None:
    """Count the *steps* into *report*: by fate, by activity, by reason."""
    lines: dict[str, ActivityLine] = {}
    reasons: dict[str, Reason] = {}
    for step in steps:
        line = lines.setdefault(step.row.activity, ActivityLine(step.row.activity, step.row.label or step.row.native))
        setattr(line, step.fate.value, getattr(line, step.fate.value) + 1)
        if step.fate is not Fate.MAPPED:
            key = step.code or step.reason
            reason = reasons.setdefault(key, Reason(step.code, 0, step.reason))
            reason.rows += 1
    report.activities = sorted(lines.values(), key=lambda line: line.activity)
    report.reasons = sorted(reasons.values(), key=lambda reason: -reason.rows)
    report.mapped = sum(line.mapped for line in report.activities)
    report.noted = sum(line.noted for line in report.activities)
    report.refused = sum(line.refused for line in report.activities)


def show(report: ImportReport, console: Console) -> None:
    """Print *report* for people."""
    console.print(
        f"[bold]{report.rows_read:,}[/] events of [bold]{report.cases:,}[/] cases under {report.law} in"
        f" {report.seconds:.1f} s: {report.mapped:,} mapped, {report.noted:,} noted,"
        f" {report.refused:,} noted as no rule lets them pass, {report.rows_lost:,} lost."
    )
    console.print(f"{report.facts_stored:,} facts stored; {report.commands_repeated:,} commands were known already.")
    if report.reasons:
        table = Table("rows", "code", "why a row is no more than a noted step", title_justify="left")
        for reason in report.reasons[:LINES_SHOWN_MAX]:
            table.add_row(f"{reason.rows:,}", reason.code, reason.example)
        console.print(table)
    for title, remarks in (
        ("did not get in", report.lost),
        ("reads otherwise in the ledger", report.changed),
        ("remark", report.remarks),
    ):
        for remark in remarks[:LINES_SHOWN_MAX]:
            console.print(f"{remark.file}, line {remark.line}: {title}: {remark.sentence}", markup=False)
        if len(remarks) > LINES_SHOWN_MAX:
            console.print(f"... and {len(remarks) - LINES_SHOWN_MAX:,} more lines of this kind")
    for title, cases in (
        ("listed, but without events", report.cases_without_events),
        ("with events, but not listed", report.cases_not_listed),
    ):
        if cases:
            shown = ", ".join(cases[:LINES_SHOWN_MAX]) + (", ..." if len(cases) > LINES_SHOWN_MAX else "")
            console.print(f"{len(cases):,} cases {title}: {shown}", markup=False)
    if report.fields_left:
        left = ", ".join(f"{column} ({rows:,} rows)" for column, rows in report.fields_left.items())
        console.print(f"Columns without a place in the ledger: {left}", markup=False)
