"""Puts a restored data directory in the place of the present one, so that a killed process leaves one of the two whole.

A file in the data folder says which folder takes which name. It is written first and removed last, and every start of
the server finishes what it says: between the two renames there is no database, and none must be created.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec import Struct, json

from infrastructure.durable_files import replace_file, sync_folder

JOURNAL = "postgres.exchange"
CURRENT = "postgres"


class Exchange(Struct, frozen=True):
    """Names in the data folder: *fresh* becomes `postgres`, and what had that name is called *former* from then on."""

    fresh: str
    former: str


def exchange(data: Path, fresh: Path, former: str) -> None:
    """Let *fresh*, in a work folder below *data*, be the database; the present one is then called *former*.

    The work folder is removed with what else is in it: logs and passwords of the server that made *fresh*.

    No server runs on either, and the caller holds the lock for starting one.
    """
    journal = Exchange(str(fresh.relative_to(data)), former)
    replace_file(data / JOURNAL, json.encode(journal))
    sync_folder(data)
    finish_exchange(data)


def finish_exchange(data: Path) -> None:
    """Finish an exchange that was begun; does nothing where there is none."""
    file = data / JOURNAL
    try:
        journal = json.decode(file.read_bytes(), type=Exchange)
    except FileNotFoundError:
        return
    current, fresh, former = data / CURRENT, data / journal.fresh, data / journal.former
    if fresh.exists():
        if current.exists():
            current.rename(former)
            sync_folder(data)
        fresh.rename(current)
        sync_folder(fresh.parent)
        sync_folder(data)
    work = fresh.parent
    if work != data and work.exists():
        shutil.rmtree(work)
    file.unlink()
    sync_folder(data)
