"""The command line's verbs that move a ledger into another database: all its facts into a file, and from a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from infrastructure.facts_file.export import export_facts as write_facts
from infrastructure.facts_file.lines import FactsFileUnfitError
from infrastructure.facts_file.load import FactsImported
from infrastructure.facts_file.load import import_facts as read_facts
from infrastructure.facts_file.numbering import number_cases
from infrastructure.postgres.connect import connect_url
from infrastructure.settings import Settings
from scripts.console import AsJson, fail, pairs, print_result, screen, settings
from scripts.importing.screen import bar
from scripts.server import database

FILE = typer.Argument(help="the facts file, packed where its name ends with .gz")


class CasesNumbered(Struct, frozen=True):
    """How many applications were given a case number."""

    cases_numbered: int


def export_facts(file: Annotated[Path, FILE], as_json: AsJson = False) -> None:
    """Write every fact to a new file, from a database of this release or any before it. Changes nothing.

    Uploaded files are not in it: copy their folder, or keep using the same bucket.
    """
    try:
        with bar(screen, "exporting") as advance:
            exported = write_facts(connect_url(settings()), file, advance)
    except FactsFileUnfitError as unfit:
        fail(str(unfit))
    print_result(exported, as_json, lambda: pairs("exported", exported))


def import_facts(file: Annotated[Path, FILE], as_json: AsJson = False) -> None:
    """Read a facts file into a new, empty database: the same entries, positions, times and hashes.

    Applications without a case number are then given one.
    """
    chosen = settings()
    database.ready(chosen)
    try:
        with bar(screen, "importing") as advance:
            imported = read_facts(connect_url(chosen), file, advance)
    except FactsFileUnfitError as unfit:
        fail(str(unfit))
    _number(chosen)
    print_result(imported, as_json, lambda: _show(imported))


def _show(imported: FactsImported) -> None:
    pairs("imported", imported)
    screen.print("Now: countersign verify, and serve; views are filled by themselves.")


def number_cases_again(as_json: AsJson = False) -> None:
    """Give a case number to applications without one, if `import-facts` was interrupted while it did so."""
    numbered = CasesNumbered(_number(settings()))
    print_result(numbered, as_json, lambda: pairs("numbered", numbered))


def _number(chosen: Settings) -> int:
    async def run() -> int:
        async with database.opened(database.ready(chosen), chosen) as approvals:
            with bar(screen, "numbering cases") as advance:
                return await number_cases(approvals, advance)

    return asyncio.run(run())
