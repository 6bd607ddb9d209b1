"""`countersign support-bundle`: how the installation is, without personal data, for who has to help."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infrastructure.support.bundle import write_support_bundle
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.server import database


def support_bundle(
    archive: Annotated[Path, typer.Argument(help="zip file to write", metavar="ARCHIVE")],
    log: Annotated[Path | None, typer.Option(help="log file in JSON whose end is added, scrubbed")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="also verify the ledger, which reads all of it")] = False,
    as_json: AsJson = False,
) -> None:
    """Write versions, settings without texts, positions, lags and checks to an archive that may leave the house.

    It names no project, person, enterprise, address, path or account, and holds no free text.
    """
    chosen = settings()
    url = database.ready(chosen)
    try:
        with ExitStack() as opened, archive.open("wb") as file:
            lines = opened.enter_context(log.open(encoding="utf-8", errors="replace")) if log else ()
            progress = opened.enter_context(bar(screen, "verifying")) if verify else None
            written = write_support_bundle(file, chosen, url, datetime.now(UTC), lines, progress)
    except OSError as failure:
        fail(f"Can't use {failure.filename or archive}: {failure.strerror or failure}.")
    print_result(written, as_json, lambda: pairs("support bundle", written))
