"""`countersign import-log`: reads a log, plans every case, and sends the commands, many cases concurrently.

Importing again changes nothing, and completes an import that was interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

from domain.core.ledger import Actor
from infrastructure.ledger.approvals import Approvals
from scripts.importing.importer import SYSTEM_IMPORTER
from scripts.importing.lines import Remark
from scripts.importing.planning import ImportStep, RowStatus, plan_case
from scripts.importing.reading import EventRow, LogReading, read_log
from scripts.importing.receipt import ReceiptRegister
from scripts.importing.register import Register, Unknown
from scripts.importing.report import ImportReport, tally
from scripts.importing.sending import CommandSender
from scripts.importing.wabo import OF_ITS_COURSE, Wabo

REGISTERS: tuple[Register, ...] = (
    Wabo(),
    ReceiptRegister(),
    Unknown(),
)  # the first one that recognises a log's activities reads it
CASES_AT_ONCE = 96  # commands of a case are sequential; this many cases fill the commit batches
LINES_NAMED_MAX = 10  # of the later rows of a case
DEFAULT_LAW = "nl-wabo"
RECEIPT_LOG = Path(__file__).parents[1] / "data" / "receipt"  # events.csv.gz, cases.csv.gz, and their origin

Case = tuple[str, str]  # dataset, case_id
Advance = Callable[[int, int], None]  # rows done, rows in all


async def import_log(
    approvals: Approvals,
    events: Path,
    cases: Path,
    law: str = DEFAULT_LAW,
    *,
    by: Actor = SYSTEM_IMPORTER,
    progress: Advance | None = None,
) -> ImportReport:
    """Import the log in the files *events* and *cases* as projects under *law*, recorded by *by*.

    *progress* is called with (rows done, rows in all). Raises LogUnreadableError, before anything is written, if a file
    is no log; and Refused "unknown-law". Single lines that can't be imported are in the report.
    """
    began = perf_counter()
    law_for = partial(approvals.law_for, begun=True)
    reading = read_log(events, cases, law_for(law, approvals.clock()).zone)
    by_case, kinds = rows_by_case(reading), kinds_of(reading)
    report = report_on(reading, by_case)
    report.law, report.registers = law, {dataset: kind.name for dataset, kind in kinds.items()}
    sender = CommandSender(approvals, report, by, events.name, cases.name)
    now = approvals.clock()
    steps: list[ImportStep] = []

    async def bring(case: Case) -> None:
        dataset, case_id = case
        rows, listing = by_case[case], reading.cases.get(case)
        plan = plan_case(kinds[dataset], dataset, case_id, rows, listing, law, law_for, now)
        await sender.send(plan, listing)
        report.hindered += hindered(events.name, case_id, plan.steps, reading.gaps.get(case, ()))
        steps.extend(plan.steps)
        if progress:
            progress(len(steps), len(reading.events))

    await many_at_once(bring, by_case)
    tally(report, sorted(steps, key=lambda step: step.row.line))
    report.rows_lost = report.rows_read - report.mapped - report.noted - report.refused
    report.seconds = round(perf_counter() - began, 2)
    return report


def hindered(file: str, case_id: str, steps: Sequence[ImportStep], gaps: Sequence[int]) -> Iterator[Remark]:
    """Which later rows of a case may be notes only because a row before them was not imported."""
    missing = min([*gaps, *(step.row.line for step in steps if step.status is RowStatus.LOST)], default=None)
    of_course = [step for step in steps if step.status is RowStatus.REFUSED or step.reason in OF_ITS_COURSE]
    later = sorted(step.row.line for step in of_course if missing is not None and step.row.line > missing)
    if later and missing is not None:
        lines = ", ".join(map(str, later[:LINES_NAMED_MAX])) + (", ..." if len(later) > LINES_NAMED_MAX else "")
        yield Remark(
            file,
            missing,
            f"it was not imported, and {len(later):,} later rows of case {case_id} are notes only, perhaps for that"
            f" (lines {lines}). Correct it before the log is imported into a ledger that stays: notes stay notes",
        )


async def many_at_once(bring: Callable[[Case], Awaitable[None]], cases: Iterable[Case]) -> None:
    """Call *bring* for all *cases*, CASES_AT_ONCE of them concurrently."""
    queue = iter(cases)

    async def work() -> None:
        for case in queue:
            await bring(case)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(CASES_AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from several  # probably one cause, such as a lost database


def report_on(reading: LogReading, by_case: Mapping[Case, Sequence[EventRow]]) -> ImportReport:
    """The report, as far as it follows from the files alone."""
    return ImportReport(
        cases=len(by_case),
        rows_read=reading.rows_read,
        lost=reading.lost,
        remarks=reading.remarks,
        fields_left=reading.left,
        cases_without_events=[case_id for (_, case_id), rows in by_case.items() if not rows],
        cases_not_listed=[case_id for dataset, case_id in by_case if (dataset, case_id) not in reading.cases],
    )


def rows_by_case(reading: LogReading) -> dict[Case, list[EventRow]]:
    """The rows of each case in the order of the file, including cases without rows, and cases that are not listed."""
    by_case: dict[Case, list[EventRow]] = {case: [] for case in reading.cases}
    for row in reading.events:
        by_case.setdefault((row.dataset, row.case_id), []).append(row)
    return by_case


def kinds_of(reading: LogReading) -> dict[str, Register]:
    """The kind of register of each dataset, recognised by its activities."""
    activities: dict[str, set[str]] = {dataset: set() for dataset, _ in reading.cases}
    for row in reading.events:
        activities.setdefault(row.dataset, set()).add(row.activity)
    return {
        dataset: next(kind for kind in REGISTERS if kind.recognises(known)) for dataset, known in activities.items()
    }
