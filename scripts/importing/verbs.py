"""The command line's verbs for registers of others: import their event log, print a row for each of their cases."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from infrastructure.event_log.datasets import require_dataset
from scripts.console import INTERRUPTED, AsJson, fail, out, print_result, screen, settings
from scripts.importing import cases as case_table
from scripts.importing.import_log import import_log as import_register
from scripts.importing.importer import AsImporter, importing_as
from scripts.importing.report import show as show_report
from scripts.importing.screen import bar
from scripts.server import database


def import_log(
    events: Annotated[
        Path,
        typer.Argument(
            help="CSV file of events, also .gz, in the format of docs/reference/importing.md", metavar="EVENTS"
        ),
    ],
    cases: Annotated[Path, typer.Argument(help="CSV file of cases, also .gz", metavar="CASES")],
    law: Annotated[str, typer.Option(help="law pack that applies to the cases")] = "nl-wabo",
    by: AsImporter = "",
    as_json: AsJson = False,
) -> None:
    """Import the event log of another permit register. Importing the same log again changes nothing."""
    chosen = settings()
    url = database.ready(chosen)

    async def run() -> Any:
        async with database.opened(url, chosen) as approvals:
            importer = await importing_as(approvals, by)
            with bar(screen) as advance:
                return await import_register(approvals, events, cases, law, by=importer, progress=advance)

    try:
        report = asyncio.run(run())
    except KeyboardInterrupt:
        screen.print("Interrupted. Imported events remain stored: run the same command again to import the rest.")
        raise typer.Exit(INTERRUPTED) from None
    print_result(report, as_json, lambda: show_report(report, out))
    raise typer.Exit(report.exit_status)


def cases(
    csv: Annotated[bool, typer.Option("--csv", help="print CSV (the default)")] = True,
    as_of: Annotated[str, typer.Option(help="state at this day or instant, by when things took effect")] = "",
    known_at: Annotated[str, typer.Option(help="state as recorded by this day or instant")] = "",
    dataset: Annotated[str, typer.Option(help="list only cases of this imported dataset")] = "",
    as_json: AsJson = False,
) -> None:
    """Print one row per project: gross and net days, suspensions, extensions, deadline, lateness."""
    del csv
    try:
        effective, known = [case_table.parse_time(text) if text else None for text in (as_of, known_at)]
    except ValueError as error:
        fail(str(error))
    url = database.ready(settings())
    require_dataset(url, dataset)
    with bar(screen, "computing") as advance:
        rows = case_table.case_rows(url, as_of=effective, known_at=known, dataset=dataset, progress=advance)
    print_result(rows, as_json, lambda: case_table.write_csv(rows, sys.stdout))
