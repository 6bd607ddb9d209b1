"""`countersign`: everything an installation needs, from the command line."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from rich.table import Table

from domain.core.ledger import Refused
from infrastructure.doctor import diagnose
from infrastructure.materials.store import StorageAway
from infrastructure.postgres.binaries import PostgresUnavailable
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from infrastructure.postgres.migrate import FORBIDDEN
from infrastructure.projector.ledger_stream import GapInLedger
from infrastructure.projector.rebuild import rebuild as rebuild_views
from infrastructure.projector.workers import FillFailed
from infrastructure.settings import SettingRefused, without_password
from infrastructure.verifier.checkpoint import CheckpointUnreadable
from infrastructure.verifier.checkpoint import read as read_checkpoint
from infrastructure.verifier.checkpoint import write as write_checkpoint
from infrastructure.verifier.verify import verify as verify_ledger
from scripts import demo as demonstration
from scripts import golden, identity, ledger, zone_commands
from scripts.catalogues.rows import CatalogueUnreadable
from scripts.console import FOUND_SOMETHING, INTERRUPTED, AsJson, cli, fail, out, pairs, screen, settings, tell
from scripts.history import history
from scripts.importing import cases as case_table
from scripts.importing.export_log import export_log as export_register
from scripts.importing.import_log import import_log as import_register
from scripts.importing.lines import LogUnreadable
from scripts.importing.report import show as show_report
from scripts.importing.screen import bar
from scripts.materials import verify as verified_materials
from scripts.server import serving
from scripts.simulation.simulate import SimulationRefused
from scripts.sweep import DAYS, sweep

__all__ = ["cli", "main"]

# What a person can mend, told in a sentence of its own.
KNOWN_PROBLEMS = (
    PostgresUnavailable,
    SettingRefused,
    LogUnreadable,
    CatalogueUnreadable,
    SimulationRefused,
    StorageAway,
    serving.AddressTaken,
    golden.VectorsUnreadable,
    GapInLedger,
    FillFailed,
)


def print_version(asked: bool) -> None:
    if asked:
        out.print(version("countersign"))
        raise typer.Exit


@cli.callback()
def about(
    *,
    asked: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    del asked  # answered already


cli.command("import-catalogue")(zone_commands.import_catalogue)
cli.command("publish-zone")(zone_commands.publish_zone)
cli.command("simulate")(zone_commands.simulate)
cli.command("security-log")(identity.security_log)
cli.add_typer(identity.users, name="users")


@cli.command()
def demo() -> None:
    """Import 1,434 real permit applications, simulate a zone beside them, print a summary, and serve until Ctrl-C."""
    chosen = settings()
    url = serving.ready(chosen)
    try:
        demonstration.fill(url, chosen, screen)
    except KeyboardInterrupt:
        screen.print(demonstration.CUT_SHORT)
        raise typer.Exit(INTERRUPTED) from None
    serving.serve(url, chosen, lambda: demonstration.announce(url, chosen, out))


@cli.command()
def serve() -> None:
    """Serve the API and the pages until Ctrl-C. Starts the embedded PostgreSQL where DATABASE_URL names none."""
    chosen = settings()
    url = serving.ready(chosen)
    where = chosen.socket or f"http://{chosen.host}:{chosen.port}/"
    serving.serve(url, chosen, lambda: screen.print(f"Serving {where}"))


@cli.command()
def migrate() -> None:
    """Bring the database up to date. `serve` does this by itself."""
    chosen = settings()
    serving.ready(chosen)
    screen.print(f"up to date: {without_password(chosen.database_url) or chosen.data}", highlight=False)


@cli.command("import-log")
def import_log(
    events: Annotated[Path, typer.Argument(help="events.csv or .csv.gz in the neutral form (docs/importing.md)")],
    cases: Annotated[Path, typer.Argument(help="cases.csv or .csv.gz")],
    law: Annotated[str, typer.Option(help="the law the cases ran under")] = "nl-wabo",
    as_json: AsJson = False,
) -> None:
    """Import a permit register's log. A second import of the same log changes nothing."""
    chosen = settings()
    url = serving.ready(chosen)

    async def run() -> Any:
        async with serving.opened(url, chosen) as approvals:
            with bar(screen) as advance:
                return await import_register(approvals, events, cases, law, progress=advance)

    try:
        report = asyncio.run(run())
    except KeyboardInterrupt:
        screen.print("Cut short. What got in stays: run the same command again to finish it.")
        raise typer.Exit(INTERRUPTED) from None
    tell(report, as_json, lambda: show_report(report, out))
    raise typer.Exit(report.exit_status)


@cli.command("export-log")
def export_log(
    events: Annotated[Path, typer.Argument(help="where to write the events")],
    cases: Annotated[Path | None, typer.Argument(help="where to write the cases")] = None,
    dataset: Annotated[str, typer.Option(help="only this imported log")] = "",
    as_json: AsJson = False,
) -> None:
    """Write imported cases out again in the neutral form, case by case in source order."""
    url = serving.ready(settings())
    try:
        with bar(screen, "reading") as advance:
            report = export_register(url, events, cases, dataset=dataset, progress=advance)
    except OSError as failure:
        fail(f"{failure.filename or events} can't be written: {failure.strerror or failure}")
    tell(report, as_json, lambda: pairs("exported", report))


@cli.command()
def cases(
    csv: Annotated[bool, typer.Option("--csv", help="print CSV, as without --json")] = True,
    as_of: Annotated[str, typer.Option(help="count what had happened by this day or instant")] = "",
    known_at: Annotated[str, typer.Option(help="count what was recorded by this day or instant")] = "",
    dataset: Annotated[str, typer.Option(help="only this imported log")] = "",
    as_json: AsJson = False,
) -> None:
    """A row a project: days gross and net, suspensions, extensions, deadline, lateness."""
    del csv
    try:
        asked = [case_table.asked(text) if text else None for text in (as_of, known_at)]
    except ValueError as error:
        fail(str(error))
    url = serving.ready(settings())
    with bar(screen, "counting") as advance:
        rows = case_table.case_rows(url, as_of=asked[0], known_at=asked[1], dataset=dataset, progress=advance)
    tell(rows, as_json, lambda: case_table.write_csv(rows, sys.stdout))


@cli.command()
def status(as_json: AsJson = False) -> None:
    """Projects, imported events, facts, the last position, and how far every view has come."""
    answer = ledger.status(serving.ready(settings()))
    tell(answer, as_json, lambda: pairs("ledger", answer))


cli.command("history")(history)


@cli.command()
def replay(as_json: AsJson = False) -> None:
    """Fold the whole ledger again and compare with the live views; exit 1 where they differ. Changes nothing."""
    compare(swap=False, as_json=as_json)


@cli.command()
def rebuild(as_json: AsJson = False) -> None:
    """Fold the whole ledger into fresh tables, compare with the live ones, and put them in their place."""
    compare(swap=True, as_json=as_json)


def compare(*, swap: bool, as_json: bool) -> None:
    url = serving.ready(settings())
    demonstration.catch_up(url)
    with bar(screen, "folding") as advance:
        found = rebuild_views(url, swap=swap, progress=advance)
    tell(found, as_json, lambda: pairs("rebuilt" if swap else "replayed", found))
    raise typer.Exit(FOUND_SOMETHING if found.differences else 0)


@cli.command()
def verify(
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="write what was found to this new file, to be kept elsewhere; not where faults are"),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="compare with the checkpoint in this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Walk every hash chain from its first entry, and look at stored answers and guards.

    Exit 0 where all is sound, 1 where anything was changed, removed or cut off, 2 where that could not be found out.
    """
    try:
        earlier = read_checkpoint(against) if against else None
        with bar(screen, "verifying") as advance:
            found, now = verify_ledger(serving.ready(settings()), advance, earlier)
        if checkpoint and now:
            write_checkpoint(checkpoint, now)
    except (CheckpointUnreadable, psycopg.Error) as failure:
        fail(f"The ledger could not be verified: {str(failure).strip()}")
    tell(found, as_json, lambda: pairs("verified", found))
    raise typer.Exit(FOUND_SOMETHING if found.faults else 0)


@cli.command("verify-materials")
def verify_materials(as_json: AsJson = False) -> None:
    """Read every file ever attached, and compare it with its digest; exit 1 where any is missing or damaged."""
    chosen = settings()
    with bar(screen, "verifying") as advance:
        found = verified_materials(serving.ready(chosen), chosen, advance)
    tell(found, as_json, lambda: pairs("materials", found))
    raise typer.Exit(FOUND_SOMETHING if found.faults else 0)


@cli.command("sweep-materials")
def sweep_materials(
    days: Annotated[int, typer.Option(min=1, help="how long a file may wait to be attached")] = DAYS,
    remove: Annotated[bool, typer.Option("--remove", help="remove them; else they are only counted")] = False,
    as_json: AsJson = False,
) -> None:
    """Find uploaded files that nobody ever attached; remove them with --remove, which takes two minutes."""
    chosen = settings()
    found = sweep(serving.ready(chosen), chosen, days, remove=remove)
    tell(found, as_json, lambda: pairs("unattached files", found))
    if found.files and not remove:
        screen.print("Nothing was removed: add --remove for that.")


@cli.command()
def vectors(
    files: Annotated[list[Path], typer.Argument(help="files of golden vectors, one JSON object a line")],
    packs: Annotated[bool, typer.Option("--packs", help="the files hold vectors of other laws")] = False,
    calendars: Annotated[Path | None, typer.Option(help="calendar file; else the one beside, else ours")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the statutory clocks against golden vectors; print every mismatch, and exit 1 on any."""
    found = []
    for file in files:
        if not file.is_file():
            fail(f"There is no file {file}.")
        found += golden.pack_mismatches(file) if packs else golden.vector_mismatches(file, calendars)
        for note in () if packs else golden.unheeded(file):
            screen.print(note, style="yellow", highlight=False)
    tell(
        golden.VectorsChecked(len(files), found),
        as_json,
        lambda: typer.echo("".join(f"{line}\n" for line in found), nl=False),
    )
    screen.print(f"{len(found)} mismatches in {len(files)} file{'s' * (len(files) > 1)}")
    raise typer.Exit(FOUND_SOMETHING if found else 0)


@cli.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at everything an installation needs, and say how to mend what is not right."""
    checks = diagnose(settings())

    def show() -> None:
        table = Table("", "check", "found", "remedy")
        for check in checks:
            table.add_row("ok" if check.ok else "NOT OK", check.name, check.detail, "" if check.ok else check.remedy)
        out.print(table)

    tell(checks, as_json, show)
    raise typer.Exit(0 if all(check.ok for check in checks) else FOUND_SOMETHING)


@cli.command()
def stop() -> None:
    """Stop the embedded PostgreSQL; what is in it stays."""
    chosen = settings()
    server = EmbeddedPostgres(chosen.data)
    ran = server.status() not in {ServerStatus.ABSENT, ServerStatus.STOPPED}
    server.stop()
    screen.print("stopped" if ran else f"Nothing was running in {chosen.data}.")
    if chosen.database_url:
        screen.print("The server that DATABASE_URL names is not ours to stop, and runs on.")


def main() -> None:
    """Run the command line; what a person can mend is told in a sentence, without a traceback."""
    try:
        cli()
    except KNOWN_PROBLEMS as problem:
        screen.print(str(problem), style="red", highlight=False)
        sys.exit(2)
    except Refused as refusal:
        screen.print(f"{refusal.sentence}. {refusal.remedy}", style="red", highlight=False)
        sys.exit(2)
    except (psycopg.OperationalError, *FORBIDDEN) as failure:
        screen.print(f"The database can't do that now: {str(failure).strip()}", style="red", highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
