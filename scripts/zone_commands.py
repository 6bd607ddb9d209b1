"""The commands that fill a zone: its catalogue of service items, its flow, and the projects of a simulated one."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from msgspec import to_builtins
from rich.table import Table

from scripts.catalogues.import_catalogue import CatalogueReport
from scripts.catalogues.import_catalogue import import_catalogue as import_list
from scripts.catalogues.zone import ZoneReport
from scripts.catalogues.zone import publish_zone as publish_shipped
from scripts.console import FOUND_SOMETHING, AsJson, fail, out, pairs, screen, settings, tell
from scripts.demo import catch_up, last_day
from scripts.importing.screen import bar
from scripts.server import serving
from scripts.simulation.simulate import Asked, Simulated
from scripts.simulation.simulate import simulate as simulate_zone

LINES_SHOWN_MAX = 12


def import_catalogue(
    path: Annotated[Path, typer.Argument(help="CSV or JSON, also .gz: a row an item (docs/reference/catalogue.md)")],
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


def simulate(
    projects: Annotated[int, typer.Option(help="how many projects enter the zone")] = 100,
    seed: Annotated[int, typer.Option(help="the same seed gives the same facts")] = 1,
    until: Annotated[str, typer.Option(help="the last day; yesterday if left out")] = "",
    begin: Annotated[str, typer.Option("--from", help="the first day; about three years before, if left out")] = "",
    processes: Annotated[int, typer.Option(help="processes that share the work; 0: one a processor", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Simulate a zone: departments, enterprises, mistakes, cards, complaints, through the commands of everybody."""
    chosen = settings()
    asked = Asked(projects, seed, day_of(until) if until else last_day(), day_of(begin) if begin else None, processes)
    url = serving.ready(chosen)
    with serving.kept_alive(chosen), bar(screen, "projects") as advance:
        done = uvloop.run(simulate_zone(url, asked, advance))
    screen.print("bringing the views up to date")
    catch_up(url)
    tell(done, as_json, lambda: show_simulated(done))


def show_simulated(done: Simulated) -> None:
    """The figures, what was told most, and why people were refused."""
    figures = {name: value for name, value in to_builtins(done).items() if not isinstance(value, dict)}
    figures["seed"] = str(done.seed)  # a name more than a number
    pairs(f"{done.projects:,} projects, {done.begin} to {done.until}", figures)
    for title, counted in (("facts", done.facts_by_name), ("refused", done.refused_by_code)):
        table = Table(title, "times")
        for name, number in sorted(counted.items(), key=lambda pair: -pair[1])[:LINES_SHOWN_MAX]:
            table.add_row(name, f"{number:,}")
        out.print(table)
