"""The command line's verbs that verify: the ledger, attached files, the views against a rebuild, the clocks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import psycopg
import typer

from infrastructure.ledger.clock_check import utc_now
from infrastructure.postgres.lease import takes_no_changes
from infrastructure.projector.rebuild import rebuild as rebuild_views
from infrastructure.projector.rebuild import together
from infrastructure.proof.log import LogError
from infrastructure.proof.publisher import ProofFolder
from infrastructure.verifier.checkpoint import Checkpoint, CheckpointUnreadableError
from infrastructure.verifier.checkpoint import read as read_checkpoint
from infrastructure.verifier.checkpoint import write as write_checkpoint
from infrastructure.verifier.results import store_whole
from infrastructure.verifier.verify import Verified
from infrastructure.verifier.verify import verify as verify_ledger
from projections.histories import HISTORIES
from scripts import golden
from scripts.console import EXIT_FINDINGS, AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.materials.sweep import DAYS, sweep
from scripts.materials.verifying import verify as verified_materials
from scripts.proof import statements
from scripts.server import database
from scripts.server.catching_up import catch_up


def replay(
    statement: Annotated[
        Path | None, typer.Option(help="sign the content of the views as a rebuild statement, in this new file")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="compare with the rebuild statement in this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Rebuild all views and histories in scratch tables and compare them with the live ones. Exit 1 if they differ."""
    compare(swap=False, as_json=as_json, statement=statement, against=against)


def rebuild(as_json: AsJson = False) -> None:
    """Rebuild all views and histories from the ledger and replace the live ones. Exit 1 if those differed."""
    compare(swap=True, as_json=as_json)


def compare(*, swap: bool, as_json: bool, statement: Path | None = None, against: Path | None = None) -> None:
    """Rebuild, print the result, and write or compare a rebuild statement where one is asked for."""
    if statement:
        statements.require_statable(statement)
    stated = statements.read_rebuild_statement(against) if against else None
    url = database.ready(settings())
    catch_up(url)
    with bar(screen, "rebuilding") as advance:
        digest = bool(statement or against)
        views = rebuild_views(url, swap=swap, digest=digest, progress=advance)
        result = together([views, rebuild_views(url, HISTORIES, swap=swap, progress=advance)])
    print_result(result, as_json, lambda: pairs("rebuilt" if swap else "replayed", result))
    if result.differences:
        raise typer.Exit(EXIT_FINDINGS)
    if statement:
        statements.write_rebuild_statement(statement, result)
    if stated and not statements.is_as_stated(stated, result):
        raise typer.Exit(EXIT_FINDINGS)


def verify(
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="write a checkpoint to this new file, to store elsewhere; not written if faults are found"),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="compare the ledger with the checkpoint in this file")] = None,
    since: Annotated[Path | None, typer.Option(help="verify only what came after the checkpoint in this file")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the ledger: hash chains, stored answers, database objects that prevent changes, the transparency log.

    The server verifies too, and shows its results in /readyz, as well as those of this command without --since.

    Exit 0: no faults. Exit 1: something was changed, removed or cut off. Exit 2: the ledger could not be verified.
    """
    if checkpoint:
        statements.require_new(checkpoint)
    try:
        earlier, begin = (read_checkpoint(path) if path else None for path in (against, since))
        with bar(screen, "verifying") as advance:
            chosen = settings()
            url = database.ready(chosen)
            log = ProofFolder(chosen.proof_folder).read_log()
            result, now = verify_ledger(url, advance, earlier, log, since=begin)
        if begin is None and result.position:
            _store(url, result, now)
        if checkpoint and now:
            write_checkpoint(checkpoint, now)
    except (CheckpointUnreadableError, LogError, psycopg.Error) as failure:
        fail(f"The ledger could not be verified: {str(failure).strip()}")
    print_result(result, as_json, lambda: pairs("verified", result))
    raise typer.Exit(EXIT_FINDINGS if result.faults else 0)


def _store(url: str, result: Verified, now: Checkpoint | None) -> None:
    """Store the result of a whole verification for /readyz, where the database is not one that only reads."""
    with psycopg.connect(url, autocommit=True) as connection:
        if takes_no_changes(connection):
            screen.print("Not shown in /readyz: this database takes no changes.")
        else:
            store_whole(connection, result, now, utc_now())


def verify_materials(as_json: AsJson = False) -> None:
    """Compare every file ever attached with its digest. Exit 1 if one is missing or damaged."""
    chosen = settings()
    with bar(screen, "verifying") as advance:
        result = verified_materials(database.ready(chosen), chosen, advance)
    print_result(result, as_json, lambda: pairs("materials", result))
    raise typer.Exit(EXIT_FINDINGS if result.faults else 0)


def sweep_materials(
    days: Annotated[int, typer.Option(min=1, max=10_000, help="minimum age in days of an unattached file")] = DAYS,
    remove: Annotated[bool, typer.Option("--remove", help="delete the files (default: dry run)")] = False,
    as_json: AsJson = False,
) -> None:
    """Count uploaded files that were never attached to a project; with --remove, delete them (takes two minutes)."""
    chosen = settings()
    result = sweep(database.ready(chosen), chosen, days, remove=remove)
    print_result(result, as_json, lambda: pairs("unattached files", result))
    if result.files and not remove:
        screen.print("Dry run: no file was deleted. Add --remove to delete them.")


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
