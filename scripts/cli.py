"""The command `countersign`: its subcommands, their options and help, and how errors end it."""

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
from infrastructure.case_record.codes import PlatformCodesError
from infrastructure.doctor import diagnose
from infrastructure.materials.store import StorageAwayError
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.embedded import EmbeddedPostgres, ServerStatus
from infrastructure.postgres.migrate import FORBIDDEN
from infrastructure.privacy.keystore import KeystoreError
from infrastructure.projector.ledger_stream import LedgerGapError
from infrastructure.projector.rebuild import rebuild as rebuild_views
from infrastructure.projector.rebuild import together
from infrastructure.projector.workers import FillFailedError
from infrastructure.proof.keys import SigningKeyError
from infrastructure.proof.log import LogError
from infrastructure.proof.policy import PolicyError
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import SettingRefusedError, without_password
from infrastructure.verifier.checkpoint import CheckpointUnreadableError
from infrastructure.verifier.checkpoint import read as read_checkpoint
from infrastructure.verifier.checkpoint import write as write_checkpoint
from infrastructure.verifier.verify import verify as verify_ledger
from projections.histories import HISTORIES
from scripts import demo as demonstration
from scripts import facts, golden, identity, ledger, privacy, zone_commands
from scripts.access.grants import grants
from scripts.access.keys import keys
from scripts.access.users import users
from scripts.catalogues.rows import CatalogueUnreadableError
from scripts.client.verbs import events, webhooks
from scripts.console import EXIT_FINDINGS, INTERRUPTED, AsJson, cli, fail, out, pairs, print_result, screen, settings
from scripts.exports.case_records import export_case_records
from scripts.history import history
from scripts.importing import cases as case_table
from scripts.importing.event_log import export_log
from scripts.importing.import_log import import_log as import_register
from scripts.importing.lines import LogUnreadableError
from scripts.importing.report import show as show_report
from scripts.importing.screen import bar
from scripts.materials import verify as verified_materials
from scripts.proof import log as proof
from scripts.proof import statements
from scripts.server import sandbox as sandboxes
from scripts.server import serving
from scripts.simulation.simulate import SimulationRefusedError
from scripts.sweep import DAYS, sweep

__all__ = ["cli", "main"]

SANDBOX_PORT = 8001  # beside that of a live installation

# Errors that the user can fix: printed as a sentence, without a traceback.
USER_ERRORS = (
    PostgresUnavailableError,
    SettingRefusedError,
    LogUnreadableError,
    CatalogueUnreadableError,
    SimulationRefusedError,
    StorageAwayError,
    KeystoreError,
    serving.AddressTakenError,
    golden.VectorsUnreadableError,
    LedgerGapError,
    FillFailedError,
    SigningKeyError,
    PolicyError,
    LogError,
    PlatformCodesError,
)


def print_version(is_given: bool) -> None:
    if is_given:
        out.print(version("countersign"))
        raise typer.Exit


@cli.callback()
def about(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=print_version)
    ] = False,
) -> None:
    del show_version  # its callback has printed it


cli.command("import-catalogue")(zone_commands.import_catalogue)
cli.command("publish-zone")(zone_commands.publish_zone)
cli.command("simulate")(zone_commands.simulate)
cli.add_typer(users, name="users")
cli.add_typer(grants, name="grants")
cli.add_typer(keys, name="keys")
cli.add_typer(events, name="events")
cli.add_typer(webhooks, name="webhooks")
cli.add_typer(proof.log_key, name="log-key")
cli.command("checkpoint")(proof.checkpoint)
cli.command("proof")(proof.proof)
cli.command("export-audit")(proof.export_audit)
cli.command("witness")(proof.witness)
cli.command("morning-report")(statements.morning_report)
cli.command("export-log")(export_log)
cli.command("export-case-records")(export_case_records)
cli.command("export-facts")(facts.export_facts)
cli.command("import-facts")(facts.import_facts)
cli.command("number-cases")(facts.number_cases_again)
cli.command("erase-person")(privacy.erase_person)
cli.command("security-log")(identity.security_log)


@cli.command()
def demo() -> None:
    """Load the demonstration data and serve it until Ctrl-C: 1,434 real permit applications and a simulated zone."""
    chosen = settings()
    url = serving.ready(chosen)
    try:
        demonstration.fill(url, chosen, screen)
    except KeyboardInterrupt:
        screen.print(demonstration.INTERRUPTED_DEMO)
        raise typer.Exit(INTERRUPTED) from None
    serving.serve(url, chosen, lambda: demonstration.announce(url, chosen, out))


@cli.command()
def serve() -> None:
    """Serve the API and the pages until Ctrl-C. Starts the embedded PostgreSQL unless DATABASE_URL is set."""
    chosen = settings()
    url = serving.ready(chosen)
    where = chosen.socket or f"http://{chosen.host}:{chosen.port}/"
    serving.serve(url, chosen, lambda: screen.print(f"Serving {where}"))


@cli.command()
def sandbox(port: Annotated[int, typer.Option(min=1, max=65_535, help="port to listen on")] = SANDBOX_PORT) -> None:
    """Serve a sandbox until Ctrl-C: a zone with data of its own beside the live one, whose clock tests move."""
    live = settings()
    if live.database_url:
        fail("A sandbox has an embedded database of its own: unset DATABASE_URL.")
    chosen = sandboxes.settings_of_sandbox(live, port)
    url = serving.ready(chosen)
    sentence = f"Serving a sandbox at http://{chosen.host}:{chosen.port}/, its data in {chosen.data}"
    sandboxes.serve(url, chosen, lambda: screen.print(sentence, soft_wrap=True))


@cli.command()
def migrate() -> None:
    """Apply pending database migrations. `serve` does this by itself."""
    chosen = settings()
    serving.ready(chosen)
    screen.print(f"The database is up to date: {without_password(chosen.database_url) or chosen.data}", highlight=False)


@cli.command("import-log")
def import_log(
    events: Annotated[
        Path,
        typer.Argument(
            help="CSV file of events, also .gz, in the format of docs/reference/importing.md", metavar="EVENTS"
        ),
    ],
    cases: Annotated[Path, typer.Argument(help="CSV file of cases, also .gz", metavar="CASES")],
    law: Annotated[str, typer.Option(help="law pack that applies to the cases")] = "nl-wabo",
    as_json: AsJson = False,
) -> None:
    """Import the event log of another permit register. Importing the same log again changes nothing."""
    chosen = settings()
    url = serving.ready(chosen)

    async def run() -> Any:
        async with serving.opened(url, chosen) as approvals:
            with bar(screen) as advance:
                return await import_register(approvals, events, cases, law, progress=advance)

    try:
        report = asyncio.run(run())
    except KeyboardInterrupt:
        screen.print("Interrupted. Imported events remain stored: run the same command again to import the rest.")
        raise typer.Exit(INTERRUPTED) from None
    print_result(report, as_json, lambda: show_report(report, out))
    raise typer.Exit(report.exit_status)


@cli.command()
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
    url = serving.ready(settings())
    with bar(screen, "computing") as advance:
        rows = case_table.case_rows(url, as_of=effective, known_at=known, dataset=dataset, progress=advance)
    print_result(rows, as_json, lambda: case_table.write_csv(rows, sys.stdout))


@cli.command()
def status(as_json: AsJson = False) -> None:
    """Print the number of projects, events and facts, the ledger's last position, and the position of each view."""
    answer = ledger.status(serving.ready(settings()))
    print_result(answer, as_json, lambda: pairs("ledger", answer))


cli.command("history")(history)


@cli.command()
def replay(
    statement: Annotated[
        Path | None, typer.Option(help="sign what the views were as a rebuild statement, in this new file")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="compare with the rebuild statement in this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild all views and histories in scratch tables and compare them with the live ones. Exit 1 if they differ."""
    compare(swap=False, as_json=as_json, statement=statement, against=against)


@cli.command()
def rebuild(as_json: AsJson = False) -> None:
    """Rebuild all views and histories from the ledger and replace the live ones. Exit 1 if those differed."""
    compare(swap=True, as_json=as_json)


def compare(*, swap: bool, as_json: bool, statement: Path | None = None, against: Path | None = None) -> None:
    """Rebuild, print the result, and write or compare a rebuild statement where one is asked for."""
    url = serving.ready(settings())
    demonstration.catch_up(url)
    with bar(screen, "rebuilding") as advance:
        digest = bool(statement or against)
        views = rebuild_views(url, swap=swap, digest=digest, progress=advance)
        result = together([views, rebuild_views(url, HISTORIES, swap=swap, progress=advance)])
    print_result(result, as_json, lambda: pairs("rebuilt" if swap else "replayed", result))
    if result.differences:
        raise typer.Exit(EXIT_FINDINGS)
    if statement:
        statements.write_rebuild_statement(statement, result)
    if against and not statements.is_as_stated(against, result):
        raise typer.Exit(EXIT_FINDINGS)


@cli.command()
def verify(
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="write a checkpoint to this new file, to store elsewhere; not written if faults are found"),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="compare the ledger with the checkpoint in this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger: hash chains, stored answers, database objects that prevent changes, the transparency log.

    Exit 0: no faults. Exit 1: something was changed, removed or cut off. Exit 2: the ledger could not be verified.
    """
    try:
        earlier = read_checkpoint(against) if against else None
        with bar(screen, "verifying") as advance:
            chosen = settings()
            url = serving.ready(chosen)
            result, now = verify_ledger(url, advance, earlier, ProofFolder(chosen.proof_folder).read_log())
        if checkpoint and now:
            write_checkpoint(checkpoint, now)
    except (CheckpointUnreadableError, LogError, psycopg.Error) as failure:
        fail(f"The ledger could not be verified: {str(failure).strip()}")
    print_result(result, as_json, lambda: pairs("verified", result))
    raise typer.Exit(EXIT_FINDINGS if result.faults else 0)


@cli.command("verify-materials")
def verify_materials(as_json: AsJson = False) -> None:
    """Compare every file ever attached with its digest. Exit 1 if one is missing or damaged."""
    chosen = settings()
    with bar(screen, "verifying") as advance:
        result = verified_materials(serving.ready(chosen), chosen, advance)
    print_result(result, as_json, lambda: pairs("materials", result))
    raise typer.Exit(EXIT_FINDINGS if result.faults else 0)


@cli.command("sweep-materials")
def sweep_materials(
    days: Annotated[int, typer.Option(min=1, help="minimum age in days of an unattached file")] = DAYS,
    remove: Annotated[bool, typer.Option("--remove", help="delete the files (default: dry run)")] = False,
    as_json: AsJson = False,
) -> None:
    """Count uploaded files that were never attached to a project; with --remove, delete them (takes two minutes)."""
    chosen = settings()
    result = sweep(serving.ready(chosen), chosen, days, remove=remove)
    print_result(result, as_json, lambda: pairs("unattached files", result))
    if result.files and not remove:
        screen.print("Dry run: no file was deleted. Add --remove to delete them.")


@cli.command()
def vectors(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines files of test vectors", metavar="FILES...")],
    packs: Annotated[
        bool, typer.Option("--packs", help="the vectors are for law packs other than Chinese licensing")
    ] = False,
    calendars: Annotated[
        Path | None,
        typer.Option(help="calendar file [default: calendars.json beside the vectors, else the shipped calendars]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the statutory clocks against files of test vectors and print every mismatch. Exit 1 if there are any."""
    mismatches = []
    for file in files:
        if not file.is_file():
            fail(f"No such file: {file}.")
        mismatches += golden.pack_mismatches(file) if packs else golden.vector_mismatches(file, calendars)
        for warning in () if packs else golden.ignored_fields(file):
            screen.print(warning, style="yellow", highlight=False)
    print_result(
        golden.VectorsChecked(len(files), mismatches),
        as_json,
        lambda: typer.echo("".join(f"{line}\n" for line in mismatches), nl=False),
    )
    screen.print(f"{len(mismatches)} mismatches in {len(files)} file{'s' * (len(files) > 1)}")
    raise typer.Exit(EXIT_FINDINGS if mismatches else 0)


@cli.command()
def doctor(as_json: AsJson = False) -> None:
    """Check the installation (settings, database, disk, clock) and say how to fix what is wrong. Exit 1 on problems."""
    checks = diagnose(settings())

    def show() -> None:
        table = Table("", "check", "result", "remedy")
        for check in checks:
            table.add_row("ok" if check.ok else "NOT OK", check.name, check.detail, "" if check.ok else check.remedy)
        out.print(table)

    print_result(checks, as_json, show)
    raise typer.Exit(0 if all(check.ok for check in checks) else EXIT_FINDINGS)


@cli.command()
def stop() -> None:
    """Stop the embedded PostgreSQL. Its data remains."""
    chosen = settings()
    server = EmbeddedPostgres(chosen.data)
    was_running = server.status() not in {ServerStatus.ABSENT, ServerStatus.STOPPED}
    server.stop()
    screen.print("Stopped." if was_running else f"No server was running in {chosen.data}.")
    if chosen.database_url:
        screen.print("The server of DATABASE_URL is not managed by Countersign and keeps running.")


def main() -> None:
    """Run the command line. Errors that the user can fix are printed as one sentence, with exit status 2."""
    try:
        cli()
    except USER_ERRORS as problem:
        screen.print(str(problem), style="red", highlight=False)
        sys.exit(2)
    except Refused as refusal:
        screen.print(f"{refusal.sentence}. {refusal.remedy}", style="red", highlight=False)
        sys.exit(2)
    except (psycopg.OperationalError, *FORBIDDEN) as failure:
        screen.print(f"Database error: {str(failure).strip()}", style="red", highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
