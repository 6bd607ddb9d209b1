"""`countersign export-log`: imported cases as CSV, or the events of a register or the zone for process mining."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infrastructure.event_log.datasets import require_dataset
from infrastructure.event_log.log_file import EventLogFormat, write_event_log
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.export_log import export_log as export_register
from scripts.importing.screen import bar
from scripts.server import database


def export_log(
    events: Annotated[
        Path, typer.Argument(help="file to write events to; CSV is compressed if it ends in .gz", metavar="EVENTS")
    ],
    cases: Annotated[Path | None, typer.Argument(help="CSV file to write cases to", metavar="CASES")] = None,
    dataset: Annotated[str, typer.Option(help="export only this imported dataset")] = "",
    xes: Annotated[bool, typer.Option("--xes", help="write XES (IEEE 1849) instead of CSV")] = False,
    ocel: Annotated[bool, typer.Option("--ocel", help="write OCEL 2.0 as JSON instead of CSV")] = False,
    as_json: AsJson = False,
) -> None:
    """Export imported cases as CSV, in the format that import-log reads; or an event log for process mining.

    With --xes or --ocel the log is of --dataset, or without it of the zone's own projects: one event per fact.
    """
    if (xes and ocel) or (cases and (xes or ocel)):
        fail("An event log is one file in one format: give EVENTS, and either --xes or --ocel.")
    url = database.ready(settings())
    require_dataset(url, dataset)  # before a file is written
    try:
        with bar(screen, "reading") as advance:
            if xes or ocel:
                with events.open("wb") as file:
                    log_format = EventLogFormat.XES if xes else EventLogFormat.OCEL
                    written = write_event_log(url, file, log_format, dataset, advance)
                print_result(written, as_json, lambda: pairs("exported", written))
                return
            report = export_register(url, events, cases, dataset=dataset, progress=advance)
    except OSError as failure:
        fail(f"Can't write {failure.filename or events}: {failure.strerror or failure}.")
    print_result(report, as_json, lambda: pairs("exported", report))
