"""`countersign archive`: verified bundles of the projects that were settled before a day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infrastructure.proof.archive import ArchivedProjects, write_archive
from projections.registry import VIEWS
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.proof.log import proof_folder
from scripts.server import database
from scripts.server.catching_up import catch_up

DAMAGED = 1


def archive(
    folder: Annotated[Path, typer.Argument(help="the folder of the archive; an unfinished one is continued")],
    settled_before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="projects to which nothing has happened from this day on")
    ],
    as_json: AsJson = False,
) -> None:
    """Write an audit bundle of each settled project into one folder with an index, and verify all of them.

    A project is settled when all its items were granted or have ended and no one has to act on anything. It stays in
    the ledger. The command can be interrupted and run again; with a later day it adds what was settled since. It
    exits with 1 where a bundle is damaged.
    """
    chosen = settings()
    url, before = database.ready(chosen), settled_before.date()
    catch_up(url, (VIEWS,))
    try:
        with bar(screen, "archiving") as advance:
            archived = write_archive(url, proof_folder(chosen), folder, before, datetime.now(UTC), advance)
    except OSError as failure:
        fail(
            f"Can't write {failure.filename or folder}: {failure.strerror or failure}. Give the command again to go on."
        )
    print_result(archived, as_json, lambda: pairs("archived", archived))
    _say(archived)
    if archived.damaged:
        raise typer.Exit(DAMAGED)


def _say(archived: ArchivedProjects) -> None:
    """What is to be done about what the archive does not hold."""
    if archived.damaged:
        screen.print("Take damaged bundles out of the archive and give the command again: it rewrites them.")
    if archived.unlogged:
        screen.print(f"{archived.unlogged} projects are not in the log yet: sign it by `countersign checkpoint`.")
    if archived.behind:
        screen.print(f"{archived.behind} projects have entries that the views have not read: see `countersign status`.")
