"""The commands that fill a zone: its catalogue of service items, its flow, and the projects of a simulated one."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from scripts import serving
from scripts.console import FOUND_SOMETHING, AsJson, fail, out, pairs, screen, settings, tell
from scripts.import_catalogue import CatalogueReport
from scripts.import_catalogue import import_catalogue as import_list
from scripts.importing.screen import bar
from scripts.zone import ZoneReport
from scripts.zone import publish_zone as publish_shipped


def import_catalogue(
    path: Annotated[Path, typer.Argument(help="CSV or JSON, also .gz: a row an item (docs/catalogue.md)")],
    name: Annotated[str, typer.Option(help="the catalogue's name")] = "zone",
    publish_from: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="publish an edition in force from this day")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import a list of service items into a catalogue's draft. A second import of the same list changes nothing."""
    if not path.is_file():
        fail(f"There is no file {path}.")
    if not 1 <= len(name) <= 64:
        fail("The catalogue's name has 1 to 64 characters.")
    chosen, day = settings(), publish_from.date() if publish_from else None
    url = serving.ready(chosen)

    async def run() -> CatalogueReport:
        async with serving.opened(url, chosen) as approvals:
            with bar(screen) as advance:
                return await import_list(approvals, path, name, publish_from=day, progress=advance)

    report = asyncio.run(run())
    tell(report, as_json, lambda: show_catalogue(report))
    raise typer.Exit(FOUND_SOMETHING if report.refused or report.repeated else 0)


def show_catalogue(report: CatalogueReport) -> None:
    """The figures, and of each kind of finding the first few."""
    pairs(
        f"catalogue {report.catalogue}",
        {
            "rows": report.rows,
            "defined": report.defined,
            "unchanged": report.unchanged,
            "refused": report.refused,
            "repeated": report.repeated,
            "departments": report.departments,
            "newest edition": report.edition or "none: publish with --publish-from",
            "seconds": report.seconds,
        },
    )
    if not report.findings:
        return
    table = Table("finding", "times", "for example", title="what was odd")
    for kind, number in report.kinds.items():
        examples = "\n".join(f"line {one.line}: {one.detail}" for one in report.examples(kind))
        table.add_row(kind, f"{number:,}", examples)
    out.print(table)


def publish_zone(
    valid_from: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="the day from which the first edition is in force")
    ] = datetime(2018, 1, 2),  # noqa: DTZ001 a day, not an instant
    as_json: AsJson = False,
) -> None:
    """Publish the shipped zone: 131 service items, and the flow from consultation to trial production."""
    chosen, day = settings(), valid_from.date()
    url = serving.ready(chosen)

    async def run() -> ZoneReport:
        async with serving.opened(url, chosen) as approvals:
            return await publish_shipped(approvals, valid_from=day)

    report = asyncio.run(run())

    def show() -> None:
        show_catalogue(report.catalogue)
        done = "published now" if report.flow_published else "stood already"
        out.print(f"flow {report.flow}: edition {report.flow_edition} {done}")

    tell(report, as_json, show)


def day_of(text: str) -> date:
    """A day as typed. Gives up where it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day: write it as 2026-06-30.")
