"""`countersign demo`: imports a real permit log, simulates a zone, prints a summary and the addresses to open."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import psycopg
import uvloop
from rich.console import Console

from domain.catalogue.state import stream_of as catalogue_stream
from domain.law.calendar.moment import day_before, local_day
from infrastructure.settings import Settings
from projections.registry import VIEWS
from scripts import ledger
from scripts.catalogues.zone import CATALOGUE
from scripts.demo.people import offer_demo_people
from scripts.importing.import_log import RECEIPT_LOG, import_log
from scripts.importing.report import ImportReport, show
from scripts.importing.screen import bar
from scripts.server import database
from scripts.server.catching_up import catch_up
from scripts.simulation.office_time import ZONE
from scripts.simulation.simulate import SimulationPlan, simulate

DATASET = "receipt"
PROJECTS, SEED = 40, 2026  # of the simulated zone: takes some seconds
INTERRUPTED_DEMO = (
    "Interrupted. Run the same command again to finish the import. A simulation can't be resumed: for a complete zone, "
    "set COUNTERSIGN_DATA to an empty folder."
)


def fill(url: str, settings: Settings, screen: Console) -> None:
    """Import the shipped log and simulate a zone, unless there is data already, and update the current views."""
    if is_filled(url):
        screen.print("The database has data already; nothing is imported.")
    else:
        report = asyncio.run(_import(url, settings, screen))
        show(report, screen)
        with database.supervised_server(settings), bar(screen, "simulating a zone") as advance:
            done = uvloop.run(simulate(url, SimulationPlan(PROJECTS, SEED, last_day(), in_order=True), advance))
        screen.print(
            f"simulated zone: {done.projects} projects since {done.begin}, {done.commands:,} commands, "
            f"{done.commands_per_second:,.0f} a second"
        )
    catch_up(url, [VIEWS])  # the server makes the histories, at its own pace


def is_filled(url: str) -> bool:
    """Whether the ledger holds anything but an interrupted import of this demonstration, without its zone."""
    with psycopg.connect(url) as connection:
        first = connection.execute(
            "SELECT convert_from(meta, 'UTF8')::jsonb ->> 'source' FROM ledger.event ORDER BY seq LIMIT 1"
        ).fetchone()
        zone = connection.execute(
            "SELECT EXISTS (SELECT FROM ledger.event WHERE stream = %s)", [catalogue_stream(CATALOGUE)]
        ).fetchone()
    interrupted = first is not None and (first[0] or "").startswith(f"{DATASET}:") and zone == (False,)
    return first is not None and not interrupted


def last_day() -> date:
    """Yesterday in the zone: a simulation of today would partly lie in the future."""
    return day_before(local_day(datetime.now(UTC), ZONE))


async def _import(url: str, settings: Settings, screen: Console) -> ImportReport:
    async with database.opened(url, settings) as approvals:
        await offer_demo_people(approvals, SEED)
        with bar(screen) as advance:
            return await import_log(
                approvals, RECEIPT_LOG / "events.csv.gz", RECEIPT_LOG / "cases.csv.gz", progress=advance
            )


def announce(url: str, settings: Settings, out: Console) -> None:
    """Print counts, and the addresses to open."""
    now = ledger.status(url)
    home = f"http://{settings.host}:{settings.port}"
    out.print(f"{now.projects:,} projects, {now.facts:,} facts")
    out.print(f"{now.items:,} items: {now.items_done:,} done, {now.items_open:,} under way")
    out.print(f"positions: ledger {now.last_position:,}, " + ", ".join(f"{v} {n:,}" for v, n in now.views.items()))
    out.print(f"sign in as ...   {home}/sign-in")
    out.print(f"progress table   {home}/")
    out.print(f"department desks {home}/desk")
    out.print(f"supervision      {home}/supervision")
    out.print(f"API description  {home}/schema/openapi.json")
    out.print(f"health           {home}/readyz")
    out.print("Ctrl-C stops the server; `countersign stop` stops the database.", highlight=False)
