"""`countersign backup`, `restore` and `declare-restore`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct, structs
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from infrastructure.backup.declare import KnownLoss, examined
from infrastructure.backup.folder import BackupFolder
from infrastructure.backup.keys import require_apart
from infrastructure.backup.materials import copy_missing
from infrastructure.backup.restore import RestoredLedger, Restorer
from infrastructure.backup.take import BackupTaker, TakenBackup
from infrastructure.backup.tools import Advance
from infrastructure.ledger.clock_check import utc_now
from infrastructure.postgres.embedded import EmbeddedPostgres
from infrastructure.postgres.roles import login_of
from infrastructure.proof.log import SignedReader
from infrastructure.proof.publisher import ProofFolder
from infrastructure.settings import Settings
from scripts.backup.recording import command_of, new_log, recorded
from scripts.console import EXIT_FINDINGS, AsJson, fail, pairs, print_result, screen, settings
from scripts.server.database import ready
from scripts.server.processes import orderly

Place = Annotated[Path, typer.Argument(help="folder of the backups, on another disk than the data")]

HOURS_A_DAY = 24  # of the wall clock: how long backups stay is no legal time


class BackupReport(Struct, frozen=True):
    """The backup that was taken, and how many uploaded files were copied; None where they are in a bucket."""

    backup: TakenBackup
    materials: int | None


class RestoreReport(Struct, frozen=True):
    """What was restored or rehearsed. *epoch* is the new one; *former*: the folder of the database of before."""

    rehearsal: bool
    ledger: RestoredLedger
    epoch: int
    log: str
    former: str
    materials: int | None


@contextmanager
def steps() -> Iterator[Advance]:
    """A progress bar for one step after another. Hidden unless the screen is a terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advance(step: str, done: int, of: int) -> None:
            progress.update(task, description=step, completed=done, total=of or None)

        yield advance


def embedded(chosen: Settings) -> EmbeddedPostgres:
    """The embedded server; ends the command line where another one is used."""
    if chosen.database_url:
        fail("These backups are of the embedded database. Back the server of DATABASE_URL up by its own means.")
    return EmbeddedPostgres(chosen.data)


def materials_folder(chosen: Settings) -> Path | None:
    """The local folder of uploaded files; None where they are in a bucket."""
    if "://" in chosen.materials:
        return None
    return Path(chosen.materials).expanduser() if chosen.materials else chosen.data / "materials"


def backup(
    folder: Place,
    full: Annotated[bool, typer.Option("--full", help="copy everything, whatever was copied before")] = False,
    keep_days: Annotated[
        int,
        typer.Option(
            min=0, max=10_000, help="remove what is needed only for instants longer ago than this; 0: remove nothing"
        ),
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Back up the embedded database and the uploaded files; from then on the write-ahead log is archived there, too.

    The first backup is full, later ones hold what changed. It can run beside a server. Keys are not included.
    """
    chosen = settings()
    server, place = embedded(chosen), BackupFolder(folder)
    require_apart(place.path, chosen)
    ready(chosen)
    source = materials_folder(chosen)
    with orderly(), steps() as advance:
        taken = BackupTaker(server, place, utc_now).take(
            advance, full=full, keep=timedelta(hours=HOURS_A_DAY * keep_days) if keep_days else None
        )
        copied = copy_missing(source, place.materials, advance) if source else None  # after the facts that name them
    report = BackupReport(taken, copied)
    print_result(report, as_json, lambda: pairs("backed up", report))
    screen.print(
        "Keys are not in it: `countersign backup-keys FILE` writes them to a place of their own.", soft_wrap=True
    )


def restore(
    folder: Place,
    at: Annotated[str, typer.Option(help="instant, e.g. 2026-12-31T08:00+08:00 [default: the latest]")] = "",
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="restore into a temporary folder, verify, and remove it again")
    ] = False,
    reasons: Annotated[str, typer.Option(help="why, for the record")] = "",
    as_json: AsJson = False,
) -> None:
    """Restore the embedded database to the latest state, or to an instant; with --rehearse only show that it works.

    The ledger is verified before it replaces the present database, which stays in a folder beside it. Exit 1: faults
    were found, and nothing was changed.
    """
    chosen = settings()
    instant = parsed(at)
    server, place, proofs = embedded(chosen), BackupFolder(folder), ProofFolder(chosen.proof_folder)
    require_apart(place.path, chosen)
    restorer = Restorer(server, place, SignedReader(proofs.log), utc_now)
    with orderly(), steps() as advance:
        with restorer.recovered(instant, advance, rehearsal=rehearse) as outcome:
            ledger = outcome.ledger
            if rehearse or ledger.faults:
                report = RestoreReport(rehearse, ledger, 0, "", "", None)
            else:
                command = command_of(ledger, proofs, instant, reasons)
                epoch = recorded(login_of(outcome.database.url), chosen, command)
                former = restorer.take_its_place(outcome)
                report = RestoreReport(False, ledger, epoch, new_log(server.url(), proofs), former, None)
        target = materials_folder(chosen)
        if target and not rehearse and not ledger.faults:
            copied = copy_missing(place.materials, target, advance)
            report = structs.replace(report, materials=copied)
    print_result(report, as_json, lambda: pairs("rehearsed" if rehearse else "restored", report))
    if ledger.faults:
        screen.print("The ledger in the backup has faults: nothing was changed.", style="red")
        raise typer.Exit(EXIT_FINDINGS)


def declare_restore(
    reasons: Annotated[str, typer.Option(help="why, for the record")],
    lost_to: Annotated[
        int,
        typer.Option(min=0, max=2**63 - 1, help="the last position that there was, if there is no transparency log"),
    ] = 0,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="verify, name what is lost, and change nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Declare that other tools restored the database to an earlier moment: verify it, name what is lost, record that.

    This begins a new epoch with a transparency log of its own. Stop all servers first. Exit 1: the ledger has faults,
    or differs from what its log has signed, and nothing was recorded.
    """
    chosen = settings()
    url, proofs = ready(chosen), ProofFolder(chosen.proof_folder)
    with orderly(), steps() as advance:
        ledger = examined(url, KnownLoss(SignedReader(proofs.log), lost_to), advance)
    report = RestoreReport(rehearse, ledger, 0, "", "", None)
    if not rehearse and not ledger.faults:
        epoch = recorded(url, chosen, command_of(ledger, proofs, None, reasons))
        report = structs.replace(report, epoch=epoch, log=new_log(url, proofs))
    print_result(report, as_json, lambda: pairs("examined" if rehearse else "declared", report))
    if ledger.faults:
        screen.print("The ledger is not the beginning of what was signed: nothing was recorded.", style="red")
        raise typer.Exit(EXIT_FINDINGS)


def parsed(text: str) -> datetime | None:
    """The instant in *text*, of this machine's zone where it names none; None where it is empty."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no instant. Write 2026-12-31T08:00+08:00.")
    return at if at.tzinfo else at.astimezone()
