"""`countersign backup-keys` and `restore-keys`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infrastructure.backup.keys import back_up_keys, restore_keys_file
from scripts.access.acting import with_ledger
from scripts.console import AsJson, pairs, print_result, screen, settings


def backup_keys(
    file: Annotated[Path, typer.Argument(help="a new file on a medium of its own, apart from backups of the data")],
    as_json: AsJson = False,
) -> None:
    """Write all keys, those that sign and those of personal data, to a file that only its owner can read."""
    chosen = settings()
    report = back_up_keys(file, chosen)
    print_result(report, as_json, lambda: pairs("keys", report))
    if chosen.master_key:
        screen.print("The master key is in COUNTERSIGN_MASTER_KEY: store it as well, in a place of its own.")


def restore_keys(
    file: Annotated[Path, typer.Argument(help="a file that `backup-keys` wrote")], as_json: AsJson = False
) -> None:
    """Put the keys of a backup in place; those that are there stay. Keys of erased persons are destroyed again."""
    report = restore_keys_file(file, settings())

    async def open_only(_: object, __: object) -> None:
        """Opening the ledger destroys the keys of those who were erased."""

    with_ledger(open_only)
    print_result(report, as_json, lambda: pairs("keys put in place", report))
