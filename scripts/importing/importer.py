"""Who imports: an administrator named with `--as`, or the system."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.core.ledger import Actor, Role
from infrastructure.access.directory import LedgerDirectory
from infrastructure.ledger.approvals import Approvals
from scripts.access.acting import acting
from scripts.importing.planning import IMPORTER

SYSTEM_IMPORTER = Actor(IMPORTER, "", Role.SYSTEM)
AsImporter = Annotated[
    str,
    typer.Option("--as", help="the administrator who imports, recorded beside who acted there; left out: the system"),
]


async def importing_as(approvals: Approvals, person: str) -> Actor:
    """*person* as an administrator; the system where that is empty. Ends the command line without such a grant."""
    if not person:
        return SYSTEM_IMPORTER
    return await acting(LedgerDirectory(approvals.store, approvals.clock), person, approvals.clock())
