"""The command line's verbs for operators: a support bundle, and the retention of records outside the ledger."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.table import Table

from infrastructure.access.directory import LedgerDirectory
from infrastructure.durable_files import replace_file
from infrastructure.ledger.approvals import Approvals
from infrastructure.postgres.binaries import PostgresUnavailableError
from infrastructure.postgres.connect import connect_url
from infrastructure.retention import RecordRetention, RetentionReport
from infrastructure.settings import Settings
from infrastructure.support.bundle import write_support_bundle
from scripts.access.acting import As, acting, with_ledger
from scripts.console import EXIT_FINDINGS, AsJson, fail, out, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.server import database


def support_bundle(
    archive: Annotated[Path, typer.Argument(help="zip file to write", metavar="ARCHIVE")],
    log: Annotated[Path | None, typer.Option(help="log file in JSON, whose end is added without personal data")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="also verify the ledger, which reads all of it")] = False,
    as_json: AsJson = False,
) -> None:
    """Write versions, settings without texts, positions, lags and checks to an archive for support from outside.

    It names no project, person, enterprise, address, path or account, and holds no free text. A database that can't be
    used is no obstacle; exit 1 where something of it could not be read.
    """
    chosen, file = settings(), BytesIO()
    url, refusal = _reachable(chosen)
    try:
        with ExitStack() as opened:
            lines = opened.enter_context(log.open(encoding="utf-8", errors="replace")) if log else ()
            progress = opened.enter_context(bar(screen, "verifying")) if verify else None
            written = write_support_bundle(file, chosen, url, datetime.now(UTC), lines, progress)
        replace_file(archive, file.getvalue())
    except OSError as failure:
        fail(f"Can't use {failure.filename or archive}: {failure.strerror or failure}.")
    print_result(written, as_json, lambda: pairs("support bundle", written))
    if refusal:
        screen.print(f"{refusal} The bundle was written without it.", highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_FINDINGS if refusal or written.unread else 0)


def _reachable(chosen: Settings) -> tuple[str, str]:
    """The URL of the database, empty where there is none to connect to, and why it is not ready for use."""
    try:
        return database.ready(chosen), ""
    except (PostgresUnavailableError, psycopg.Error) as failure:
        refusal = str(failure).strip()
    try:
        return connect_url(chosen), refusal  # of a newer release, perhaps, or one that takes no changes
    except PostgresUnavailableError:
        return "", refusal


def retention(
    remove: Annotated[bool, typer.Option("--remove", help="delete expired records (default: a preview)")] = False,
    by: As = "",
    as_json: AsJson = False,
) -> None:
    """Show the records outside the ledger, how long they are stored, and how many have expired; with --remove, delete
    those.

    Servers do the same once a day. Facts are never deleted; erase-person deletes a person's data. A fact records what
    was removed, by which rule, how many, and by whom.
    """
    chosen = settings()

    async def work(approvals: Approvals, directory: LedgerDirectory) -> RetentionReport:
        beside = RecordRetention(approvals, chosen)
        return await beside.remove(await acting(directory, by, approvals.clock())) if remove else await beside.preview()

    report = with_ledger(work)
    print_result(report, as_json, lambda: _show(report))
    if not remove:
        screen.print("Preview: nothing was deleted. Add --remove to delete expired records.")


def _show(report: RetentionReport) -> None:
    table = Table("what", "stays", "records", "expired", "removed", title="outside the ledger")
    for kind in report.kinds:
        table.add_row(kind.name, kind.stays, f"{kind.records:,}", f"{kind.past:,}", f"{kind.removed:,}")
    out.print(table)
    if report.position:
        out.print(f"Recorded at position {report.position:,}.", highlight=False)
