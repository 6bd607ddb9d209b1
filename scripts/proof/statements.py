"""The command line's signed statements: what the views are, recomputed; and the bureau's morning report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Annotated

import httpx2
import typer

from infrastructure.durable_files import replace_file
from infrastructure.projector.rebuild import Rebuilt
from infrastructure.proof.checkpoint import LogCheckpoint
from infrastructure.proof.keys import SigningKeys
from infrastructure.proof.morning import REQUEST_SECONDS_MAX, MorningReportError, PublishedLog
from infrastructure.proof.morning import morning_report as make_morning_report
from infrastructure.proof.note import ED25519, ED25519_KINDS, NoteError
from infrastructure.proof.statement import RebuildStatement, read_statement, rebuild_statement, signed_statement
from scripts.console import EXIT_FINDINGS, fail, screen
from scripts.proof.log import keys_in, known_logs, parsed_keys, proof_folder

REPORTS, REPORTED, OF_REPORTS = "reports", "checkpoint", (ED25519,)


def morning_report(
    folder: Annotated[Path, typer.Argument(help="the witness's folder; the reports' key and state are in `reports`")],
    url: Annotated[str, typer.Argument(help="address of the zone's server")],
    file: Annotated[Path, typer.Argument(help="the new file to write the signed report to")],
    key: Annotated[
        str, typer.Option(envvar="COUNTERSIGN_REPORT_KEY", help="key of a program that sees the whole zone, scope feed")
    ] = "",
    log: Annotated[str, typer.Option(help="public key of the log; else the one that the witness knows")] = "",
    name: Annotated[str, typer.Option(help="the name to sign reports under; needed the first time")] = "",
) -> None:
    """Sign the bureau's morning report: nothing was rewritten since the last one, and these clocks passed a limit.

    Exit 1 where something does not hold: then nothing is signed.
    """
    require_new(file)
    reports = folder / REPORTS
    missing = "Reports have no key yet: give the name to sign under with --name."
    signer = keys_in(reports, name, OF_REPORTS, missing).signers[0]
    logs = parsed_keys([log]) if log else known_logs(folder, [])
    known = [verifier for verifier in logs if verifier.algorithm in ED25519_KINDS]
    if len(known) != 1:
        fail(f"The witness knows {len(known)} logs: name the public key of one with --log.")
    state = reports / REPORTED
    before = LogCheckpoint.parse(state.read_text(encoding="utf-8")) if state.exists() else None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with httpx2.Client(base_url=url, headers=headers, timeout=REQUEST_SECONDS_MAX) as client:
        try:
            report = make_morning_report(PublishedLog(client, known[0]), before, datetime.now(UTC))
        except MorningReportError as error:
            screen.print(str(error), highlight=False)
            raise typer.Exit(EXIT_FINDINGS) from error
    write_new(file, str(signed_statement(report.text, [signer], int(time()))))
    replace_file(state, report.now.text.encode())
    screen.print(
        f"{report.before.size} to {report.now.size} entries, nothing rewritten; {len(report.passed)} limits passed."
        f" Signed by {signer.verifier.text}",
        highlight=False,
        soft_wrap=True,
    )


def write_rebuild_statement(file: Path, result: Rebuilt) -> None:
    """Sign what the views were, and write it to the new *file*."""
    folder = proof_folder()
    log, keys, now = folder.read_log(), SigningKeys.read(folder.path), datetime.now(UTC)
    ed25519 = [signer for signer in keys.signers if signer.algorithm in ED25519_KINDS]
    statement = rebuild_statement(log, result.position, result.digest, result.rows, now)
    write_new(file, str(signed_statement(statement.text, ed25519, int(now.timestamp()))))


def require_statable(file: Path) -> None:
    """Refuse, before views are rebuilt for an hour, a *file* that can't be written, and a log that can't sign."""
    require_new(file)
    folder = proof_folder()
    folder.read_log()
    SigningKeys.read(folder.path)


def read_rebuild_statement(file: Path) -> RebuildStatement:
    """The rebuild statement in *file*, signed by the log."""
    try:
        text = read_statement(file.read_text(encoding="utf-8"), proof_folder().trusted_keys())
        return RebuildStatement.parse(text)
    except OSError as error:
        fail(f"The statement in {file} can't be read: {error.strerror or error}.")
    except (UnicodeDecodeError, NoteError) as error:
        fail(f"The statement in {file} can't be used: {error}.")


def is_as_stated(stated: RebuildStatement, result: Rebuilt) -> bool:
    """Whether the views are what the rebuild statement says; prints where they are not."""
    if stated.position != result.position:
        fail(f"The statement is about position {stated.position}, the views are at {result.position}.")
    if stated.views != result.digest:
        screen.print(f"The views differ from the statement: {stated.views} was stated, {result.digest} recomputed.")
    return stated.views == result.digest


def require_new(file: Path) -> None:
    """Refuse a *file* that is there already or can't be created, before the work whose result it is to hold."""
    write_new(file, "")
    file.unlink()


def write_new(file: Path, text: str) -> None:
    """Write *text* to *file*, which must not exist yet."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        fail(f"{file} is there already: name a new file.")
    except OSError as failure:
        fail(f"Can't write {file}: {failure.strerror or failure}.")
