"""`countersign import-catalogue`, `publish-zone` and `simulate`: the commands that fill a zone."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from msgspec import to_builtins
from rich.table import Table

from api.web.request_body import YEAR_FIRST, YEAR_LAST
from domain.core.ledger import Actor, Role
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from scripts.access.acting import acting
from scripts.catalogues.import_catalogue import IMPORTER, CatalogueReport
from scripts.catalogues.import_catalogue import import_catalogue as import_list
from scripts.catalogues.zone import ZoneReport
from scripts.catalogues.zone import publish_zone as publish_shipped
from scripts.client.errors import ClientError
from scripts.console import EXIT_FINDINGS, AsJson, fail, out, pairs, print_result, screen, settings
from scripts.demo.demo import last_day
from scripts.importing.screen import bar
from scripts.remote.ground import RemotePlan
from scripts.remote.play import RemotelySimulated, simulate_at
from scripts.server import database
from scripts.server.catching_up import catch_up
from scripts.simulation.simulate import Simulated, SimulationPlan
from scripts.simulation.simulate import simulate as simulate_zone

LINES_SHOWN_MAX = 12
KEEPERS = (Role.LEADER, Role.SUPERVISOR)  # of catalogues, by the table of access
NAME_CHARACTERS_MAX = 64  # of a catalogue
AsKeeper = Annotated[
    str, typer.Option("--as", help="the leader or supervisor who does this; left out: recorded as the system's act")
]


def covered(day: datetime | None) -> datetime | None:
    """*day*, as an option gives it, where the calendars have its year. Raises BadParameter elsewhere."""
    if day is not None and not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise typer.BadParameter(f"{day:%Y-%m-%d} is in a year that no calendar covers: {YEAR_FIRST} to {YEAR_LAST}")
    return day


def import_catalogue(
    path: Annotated[
        Path,
        typer.Argument(
            help="CSV or JSON file, also .gz, one row per item (docs/reference/catalogue.md)", metavar="LIST"
        ),
    ],
    name: Annotated[str, typer.Option(help="name of the catalogue")] = "zone",
    publish_from: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], callback=covered, help="also publish an edition, in force from this day"),
    ] = None,
    by: AsKeeper = "",
    as_json: AsJson = False,
) -> None:
    """Import a list of service items into the draft of a catalogue. Importing the same list again changes nothing."""
    if not path.is_file():
        fail(f"No such file: {path}.")
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX:
        fail(f"The name of a catalogue has 1 to {NAME_CHARACTERS_MAX} characters.")
    chosen, day = settings(), publish_from.date() if publish_from else None
    url = database.ready(chosen)

    async def run() -> CatalogueReport:
        async with database.opened(url, chosen) as approvals:
            actor = await cataloguer(approvals, by)
            with bar(screen) as advance:
                return await import_list(approvals, path, name, by=actor, publish_from=day, progress=advance)

    report = asyncio.run(run())
    print_result(report, as_json, lambda: show_catalogue(report))
    raise typer.Exit(EXIT_FINDINGS if report.refused or report.repeated else 0)


async def cataloguer(approvals: Approvals, person: str) -> Actor:
    """*person* as one who keeps catalogues; the system's importer where that is empty."""
    if not person:
        return IMPORTER
    return await acting(LedgerDirectory(approvals.store, approvals.clock), person, approvals.clock(), KEEPERS)


def show_catalogue(report: CatalogueReport) -> None:
    """Print the counts, and the first few findings of each kind."""
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
    table = Table("finding", "times", "examples", title="findings")
    for kind, number in report.kinds.items():
        examples = "\n".join(f"line {finding.line}: {finding.detail}" for finding in report.examples(kind))
        table.add_row(kind, f"{number:,}", examples)
    out.print(table)


def publish_zone(
    valid_from: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], callback=covered, help="first day on which the first edition is in force"),
    ] = datetime(2018, 1, 2),  # noqa: DTZ001 a day, not an instant
    by: AsKeeper = "",
    as_json: AsJson = False,
) -> None:
    """Publish the shipped zone: 131 service items, and the flow from consultation to trial production."""
    chosen, day = settings(), valid_from.date()
    url = database.ready(chosen)

    async def run() -> ZoneReport:
        async with database.opened(url, chosen) as approvals:
            return await publish_shipped(approvals, by=await cataloguer(approvals, by), valid_from=day)

    report = asyncio.run(run())

    def show() -> None:
        show_catalogue(report.catalogue)
        done = "published" if report.flow_published else "unchanged"
        out.print(f"flow {report.flow}: edition {report.flow_edition}, {done}")

    print_result(report, as_json, show)


def day_of(text: str) -> date:
    """Parse a day. Ends the command with a message if *text* is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is not a date: write it as 2026-06-30.")


def simulate(
    projects: Annotated[int, typer.Option(help="number of projects")] = 100,
    seed: Annotated[int, typer.Option(help="random seed: the same seed gives the same facts")] = 1,
    until: Annotated[
        str, typer.Option(help="last day [default: yesterday; over HTTP 40 working days on]", metavar="DATE")
    ] = "",
    begin: Annotated[
        str,
        typer.Option(
            "--from",
            help="first day [default: about three years before the last; over HTTP the sandbox's next day]",
            metavar="DATE",
        ),
    ] = "",
    processes: Annotated[int, typer.Option(help="number of worker processes; 0: one per CPU", min=0)] = 0,
    over_http: Annotated[
        str,
        typer.Option(
            "--over-http",
            help="send every act to the sandbox at this address, as the person whose act it is",
            metavar="URL",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Fill the ledger with a simulated zone: projects, departments and enterprises, their mistakes and complaints."""
    first, last = (day_of(text) if text else None for text in (begin, until))
    if over_http:
        simulate_over_http(over_http, RemotePlan(projects, seed, first, last), as_json)
        return
    chosen = settings()
    plan = SimulationPlan(projects, seed, last or last_day(), first, processes)
    url = database.ready(chosen)
    database.require_no_way_back(url, chosen)
    with database.supervised_server(chosen), bar(screen, "projects") as advance:
        done = uvloop.run(simulate_zone(url, plan, advance))
    screen.print("Updating the views ...")
    catch_up(url)
    print_result(done, as_json, lambda: show_simulated(done))


def simulate_over_http(address: str, plan: RemotePlan, as_json: bool) -> None:
    """The same at a served sandbox, whose clock is moved on meanwhile."""
    with bar(screen, "days") as advance:
        try:
            done = uvloop.run(simulate_at(address, plan, advance))
        except ClientError as failure:
            fail(f"The simulation ended early, what it did remains: {failure}")
    print_result(done, as_json, lambda: show_simulated(done))


def show_simulated(done: Simulated | RemotelySimulated) -> None:
    """Print the counts, the most frequent facts, and the most frequent refusals."""
    figures = {name: value for name, value in to_builtins(done).items() if not isinstance(value, dict)}
    figures["seed"] = str(done.seed)  # without a thousands separator
    pairs(f"{done.projects:,} projects, {done.begin} to {done.until}", figures)
    for title, counted in (("facts", done.facts_by_name), ("refused", done.refused_by_code)):
        table = Table(title, "times")
        for name, number in sorted(counted.items(), key=lambda pair: -pair[1])[:LINES_SHOWN_MAX]:
            table.add_row(name, f"{number:,}")
        out.print(table)
